use lumenize::prelude::*;

pub struct Task;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.put("task", &Task)?;
        Ok(())
    }
}

fn main() {}
