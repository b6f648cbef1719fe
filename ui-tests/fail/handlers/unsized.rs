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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet("Ada").sum([1].as_slice()))?;
        Ok(())
    }
    fn greet(&mut self, name: str) {}
    fn sum(&mut self, numbers: [u64]) {}
}

fn main() {}
