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
    #[handler(was = "end")]
    fn done(&self) {}
    fn end(&self) {}
    async fn ask(&self) {}
    #[handler(was = "ask")]
    fn asked(&self) {}
}

fn main() {}
