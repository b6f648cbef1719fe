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
    #[on_failed]
    fn undo(&self, work: FailedWork) {
        let _ = work;
    }
}

fn main() {}
