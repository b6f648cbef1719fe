use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn greet(&mut self, name: String, #[handler(default, default)] times: u8) {
        let _ = (&self.svc, name, times);
    }
}

fn main() {}
