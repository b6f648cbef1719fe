use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub async fn wait(&mut self) {
        let _ = &self.svc;
    }
}

fn main() {}
