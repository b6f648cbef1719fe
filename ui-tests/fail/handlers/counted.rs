use lumenize::prelude::*;
use std::rc::Rc;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().share().pin())?;
        Ok(())
    }
    fn share(self: Rc<Self>) {}
    fn pin(self: std::pin::Pin<&mut Self>) {}
}

fn main() {}
