use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().poke(1))?;
        Ok(())
    }
    unsafe fn poke(&mut self, at: u64) {
        let _ = at;
    }
}

fn main() {}
