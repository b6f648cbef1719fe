use lumenize::prelude::*;

pub struct Desk;

#[durable_object]
impl Desk {
    pub fn new(&self, _svc: Services<Self>) -> Self {
        Self
    }
}

fn main() {}
