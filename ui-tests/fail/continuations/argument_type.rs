use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().add("one"))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().add(Self::c().name()))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().name().then(|name| Self::c().add(name)))?;
        Ok(())
    }
    fn add(&mut self, _by: u32) {}
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
