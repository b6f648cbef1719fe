use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn start(&mut self) {
        let _ = &self.svc;
        let _ = Self::c().done();
    }
    #[handler(was = "create")]
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    fn done(&self) {}
    #[handler(was = "end")]
    fn associated() {}
    #[handler(skip, was = "help")]
    fn helper(&self) {}
    #[handler(was = "failed")]
    #[on_failed]
    fn told(&mut self, _work: FailedWork) {}
}

fn main() {}
