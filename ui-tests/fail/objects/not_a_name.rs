use lumenize::prelude::*;

#[durable_object]
impl (u8, u8) {
    pub fn new(_svc: Services<Self>) -> Self {
        (0, 0)
    }
}

fn main() {}
