use lumenize::prelude::*;

pub struct Desk {
    count: u32,
}

#[durable_object]
impl Desk {
    pub fn new(_svc: Services<Self>) -> Self {
        Self { count: 0 }
    }
    pub fn count(&self) {
        self.count += 1;
    }
}

fn main() {}
