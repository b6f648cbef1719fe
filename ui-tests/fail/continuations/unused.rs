#![deny(unused_must_use)]
use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) {
        let _ = &self.svc;
        Self::c().start();
    }
}

fn main() {}
