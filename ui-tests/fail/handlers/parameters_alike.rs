use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn greet(&mut self, name: String, _name: String) {
        let _ = (&self.svc, name);
        let _ = Self::c().greet("Ada", "Eve");
    }
}

fn main() {}
