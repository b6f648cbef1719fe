use lumenize::prelude::*;
use lumenize::testing::World;

pub struct Receipt;

pub struct Desk {
    _svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { _svc: svc }
    }
    pub fn receipt(&self) -> Receipt {
        Receipt
    }
}

fn main() {
    let mut world = World::new(1);
    let _ = world.object::<Desk>("main").run(Desk::c());
    let _ = world.object::<Desk>("main").run(Desk::c().receipt());
}
