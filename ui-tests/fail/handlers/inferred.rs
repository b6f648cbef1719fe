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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().take(1))?;
        Ok(())
    }
    fn take(&mut self, number: _) {
        let _ = number;
    }
}

fn main() {}
