use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn greet(&mut self, #[handler(defualt)] name: String, #[handler(skip)] times: u8, #[handler] at: u64) {
        let _ = (&self.svc, name, times, at);
        let _ = Self::c().greet("Ada", 1, 2);
    }
}

fn main() {}
