use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.put("started", &true)?;
        Ok(())
    }
}

fn main() {
    let mut world = lumenize::testing::World::new(1);
    world.register::<Desk>();
    let _ = (Desk::new, Desk::start);
}
