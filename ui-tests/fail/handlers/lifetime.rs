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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet("Ada"))?;
        Ok(())
    }
    fn greet<'a>(&mut self, name: &'a str) {
        let _ = name;
    }
}

fn main() {}
