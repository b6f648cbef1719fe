use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn greet(&mut self, #[handler(was = "text")] name: String, #[handler(was = "text")] word: String) {
        let _ = (&self.svc, name, word);
    }
}

fn main() {}
