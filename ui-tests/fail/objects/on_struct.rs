use lumenize::prelude::*;

#[durable_object]
pub struct Desk {
    svc: Services<Self>,
}

impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
}

fn main() {
    let _ = Desk::new;
    let _ = |desk: Desk| desk.svc;
}
