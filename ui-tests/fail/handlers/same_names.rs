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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().add(1, 2))?;
        Ok(())
    }
    fn add(&mut self, number: u64, number: u64) {
        let _ = number;
    }
}

fn main() {}
