//! A call that is cancelled in the commit in which it is made, by a handler that may then fail.

use lumenize::prelude::*;
use lumenize::testing::World;

/// An object that calls another in one handler, and cancels that in the next.
pub struct Waverer {
    svc: Services<Self>,
}

#[durable_object]
impl Waverer {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Both are due at once, and so run in one commit.
    pub fn plan(&mut self, fails: bool) -> Result<()> {
        let at = Duration::from_secs(1);
        self.svc.alarms.schedule(at, Self::c().call())?;
        let policy = RetryPolicy::none();
        let alarms = self.svc.alarms.retry(policy);
        alarms.schedule(at, Self::c().cancel(fails))?;
        Ok(())
    }

    fn call(&mut self) -> Result<()> {
        let id = self.svc.call("other", Self::c().hear()).send()?;
        Ok(self.svc.put("call", &id)?)
    }

    fn cancel(&mut self, fails: bool) -> Result<()> {
        let id = self.svc.get("call")?.ok_or("there is no call")?;
        assert!(self.svc.calls.cancel(id)?);
        match fails {
            true => Err("on purpose".into()),
            false => Ok(()),
        }
    }

    pub fn hear(&mut self) -> Result<()> {
        Ok(self.svc.put("heard", &true)?)
    }

    pub fn heard(&self) -> Result<bool> {
        Ok(self.svc.get("heard")?.unwrap_or(false))
    }
}

#[test]
fn a_call_is_sent_at_once_if_the_handler_that_cancels_it_fails() {
    for fails in [true, false] {
        let mut world = World::new(1);
        let plan = Waverer::c().plan(fails);
        world.object::<Waverer>("main").run(plan).unwrap();
        world.advance(Duration::from_millis(1_050));
        let heard = Waverer::c().heard();
        assert_eq!(world.object::<Waverer>("other").run(heard), Ok(fails));
        let pending = world.object::<Waverer>("main").pending().unwrap();
        assert_eq!(pending, []);
    }
}
