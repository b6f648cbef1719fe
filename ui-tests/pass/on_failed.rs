use lumenize::prelude::*;

pub struct Bookings {
    svc: Services<Self>,
}

#[durable_object]
impl Bookings {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn book(&mut self, seat: String) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().confirm(seat))?;
        Ok(())
    }

    fn confirm(&mut self, _seat: String) -> Result<()> {
        Err("no seats".into())
    }

    #[on_failed]
    fn release(&mut self, work: FailedWork) -> Result<()> {
        Ok(self.svc.put("released", &work.id)?)
    }
}

pub struct Plain(#[allow(dead_code)] Services<Plain>);

#[durable_object]
impl Plain {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }

    #[cfg(any())]
    #[on_failed]
    fn told(&mut self, _work: FailedWork) {}

    #[cfg(all())]
    #[on_failed]
    fn told(self: &mut Plain, _work: FailedWork) {}
}

fn main() {}
