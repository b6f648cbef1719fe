use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().start())?;
        Ok(())
    }
}

fn main() {}
