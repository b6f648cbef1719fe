use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
    name: String,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>, name: String) -> Self {
        Self { svc, name }
    }
    pub fn start(&mut self) -> Result<()> {
        let _ = &self.name;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().start())?;
        Ok(())
    }
}

fn main() {}
