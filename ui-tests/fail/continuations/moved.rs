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
        let steps = Self::c().number();
        self.svc.alarms.schedule(Duration::ZERO, steps)?;
        self.svc.alarms.schedule(Duration::ZERO, steps)?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

fn main() {}
