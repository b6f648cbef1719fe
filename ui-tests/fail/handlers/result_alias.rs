use lumenize::prelude::*;

type Answer<T> = Result<T, String>;

pub struct Object(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Object {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn hidden(&self) -> Answer<u32> {
        Ok(1)
    }
}

fn main() {}
