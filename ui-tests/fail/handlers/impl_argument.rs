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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().each(["a"].into_iter()))?;
        Ok(())
    }
    fn each(&mut self, names: impl Iterator<Item = String>) {
        let _ = names;
    }
}

fn main() {}
