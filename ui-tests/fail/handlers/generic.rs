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
        self.svc.alarms.schedule(Duration::ZERO, Self::c().keep(1))?;
        Ok(())
    }
    fn keep<T: Serialize>(&mut self, value: T) {
        let _ = value;
    }
}

fn main() {}
