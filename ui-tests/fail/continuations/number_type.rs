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
        let items = vec![1, 2, 3];
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count(items.len()))?;
        Ok(())
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

fn main() {}
