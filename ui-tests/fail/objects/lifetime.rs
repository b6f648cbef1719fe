use lumenize::prelude::*;

pub struct Desk<'a>(&'a str);

#[durable_object]
impl<'a> Desk<'a> {
    pub fn new(_svc: Services<Self>) -> Self {
        Self("")
    }
    pub fn name(&self) -> String {
        self.0.to_owned()
    }
}

fn main() {}
