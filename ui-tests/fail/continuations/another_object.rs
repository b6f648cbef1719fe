use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

pub struct Other(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Other {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn number(&self) -> u32 {
        1
    }
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Other::c().number())?;
        Ok(())
    }
}

fn main() {}
