use lumenize::prelude::*;

pub struct Receipt;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().receipt())?;
        let kept = Self::c().receipt().then(|_| Self::c().keep(Self::c().number()));
        self.svc.alarms.named("kept").schedule(Duration::ZERO, kept)?;
        self.svc
            .call("other", Self::c().receipt())
            .on_success(|_| Self::c().receipt())
            .on_error(|_| Self::c().receipt())
            .send()?;
        Ok(())
    }
    pub fn receipt(&self) -> Receipt {
        Receipt
    }
    fn number(&self) -> u64 {
        1
    }
    fn keep(&self, _number: u64) {}
}

fn main() {}
