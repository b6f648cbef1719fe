use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) {
        let _ = &self.svc;
    }
    unsafe extern "C" fn print(&self, format: u8, ...) {
        let _ = format;
    }
}

fn main() {}
