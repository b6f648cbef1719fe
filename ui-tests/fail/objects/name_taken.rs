use lumenize::prelude::*;

pub struct Desk(#[allow(dead_code)] Services<Self>);
pub struct DeskContinuation;

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
}

fn main() {}
