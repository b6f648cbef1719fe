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
    #[handler(skpi)]
    fn help(&self) {}
    #[handler(wsa = "old")]
    fn renamed(&self) {}
    #[handler(whatever)]
    fn unknown(&self) {}
}

fn main() {}
