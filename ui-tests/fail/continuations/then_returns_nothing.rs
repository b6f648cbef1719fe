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
        let steps = Self::c().number().then(|number| {
            let _ = Self::c().count(number);
        });
        self.svc.alarms.schedule(Duration::ZERO, steps)?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

fn main() {}
