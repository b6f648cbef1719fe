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
    #[handler(was)]
    fn done(&self) {}
    #[handler(was = 1)]
    fn number(&self) {}
    #[handler(was = "")]
    fn empty(&self) {}
    #[handler(was = "old name")]
    fn space(&self) {}
    #[handler(was = "r#type")]
    fn raw(&self) {}
    #[handler(was = "_")]
    fn blank(&self) {}
    #[handler(was = "Desk::old")]
    fn path(&self) {}
    #[handler(was = ["a", "b"])]
    fn list(&self) {}
}

fn main() {}
