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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().show(Box::new(1)))?;
        Ok(())
    }
    fn show(&mut self, it: Box<dyn std::fmt::Display>) {
        let _ = it;
    }
}

fn main() {}
