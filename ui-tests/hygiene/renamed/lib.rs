//! An object where the crate is called otherwise in `Cargo.toml`, and nothing is called `lumenize`.

use durable::prelude::*;

/// Adds up.
pub struct Counter {
    svc: Services<Self>,
}

#[durable_object(crate = "::durable")]
impl Counter {
    /// Makes one.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Adds `by`, every day.
    pub fn add_daily(&mut self, by: u32) -> Result<ScheduleId> {
        let daily = cron!("0 0 * * *", crate = "::durable");
        let steps = Self::c().add(by);
        Ok(self.svc.alarms.schedule(daily, steps)?.id)
    }

    /// The sum so far.
    pub fn sum(&self) -> Result<u32> {
        Ok(self.svc.get("sum")?.unwrap_or_default())
    }

    fn add(&mut self, by: u32) -> Result<()> {
        let sum = self.sum()? + by;
        Ok(self.svc.put("sum", &sum)?)
    }
}

#[test]
fn it_runs() {
    let mut world = durable::testing::World::new(1);
    let mut counter = world.object::<Counter>("main");
    counter.run(Counter::c().add_daily(2)).unwrap();
    world.advance(Duration::from_secs(3 * 24 * 60 * 60));
    let sum = world.object::<Counter>("main").run(Counter::c().sum());
    assert_eq!(sum, Ok(6));
}

#[test]
fn it_is_locked() {
    durable::testing::assert_lock!(Counter);
}
