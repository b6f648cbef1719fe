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
    #[handler(was = "end", was = "finish", was = "end")]
    fn done(&self) {}
    #[handler(was = "begin")]
    #[handler(was = "begin")]
    fn begun(&self) {}
}

fn main() {}
