use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object(name = "DESK")]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) {
        let _ = &self.svc;
    }
}

fn main() {}
