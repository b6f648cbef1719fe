#![deny(unreachable_patterns)]

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
        let _ = Self::c().done();
    }
    #[cfg(all())]
    #[handler(was = "end")]
    fn done(&self) {}
    #[handler(was = "end")]
    fn finished(&self) {}
}

fn main() {}
