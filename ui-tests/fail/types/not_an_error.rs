use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

pub struct Wrong;

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<(), Wrong> {
        let _ = &self.svc;
        Err(Wrong)
    }
}

fn main() {}
