//! Handlers that end the process, in a world: what real processes do is in `native` and `calls::kills`.

use lumenize::prelude::*;
use lumenize::testing::{World, end_process};
use lumenize::{CallError, Outcome};

/// An object with a handler that ends its process, so many times or each time.
pub struct Fuse {
    svc: Services<Self>,
}

#[durable_object]
impl Fuse {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// One that ends the process at so many attempts, between two that don't.
    pub fn plan(&mut self, ends: u32) -> Result<()> {
        let at = Duration::from_secs(10);
        self.svc.alarms.schedule(at, Self::c().count())?;
        let policy = RetryPolicy::default().attempts(3).jitter(false);
        let alarms = self.svc.alarms.retry(policy);
        alarms.schedule(at, Self::c().count().blow(ends))?;
        self.svc.alarms.schedule(at, Self::c().count())?;
        Ok(())
    }

    pub fn blow(&mut self, ends: u32) -> Result<()> {
        self.count()?;
        // Nothing tells how often it began but the attempts that are on disk.
        match self.svc.attempt() <= ends {
            true => end_process(),
            false => Ok(()),
        }
    }

    pub fn counted(&self) -> Result<u32> {
        Ok(self.svc.get("count")?.unwrap_or(0))
    }

    fn count(&mut self) -> Result<()> {
        Ok(self.svc.put("count", &(self.counted()? + 1))?)
    }
}

/// An object that keeps more than its disk has room for.
pub struct Hoard {
    svc: Services<Self>,
}

#[durable_object]
impl Hoard {
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute("CREATE TABLE IF NOT EXISTS kept (bytes BLOB)", ())?;
        Ok(Self { svc })
    }

    pub fn plan(&mut self) -> Result<()> {
        let at = Duration::from_secs(1);
        self.svc.alarms.schedule(at, Self::c().keep())?;
        Ok(())
    }

    fn keep(&mut self) -> Result<()> {
        let keep = "INSERT INTO kept VALUES (zeroblob(100000))";
        self.svc.execute(keep, ())?;
        Ok(())
    }
}

#[test]
fn a_full_disk_is_tried_less_and_less_often_after_a_crash_too() {
    for crashes in [false, true] {
        let mut world = World::new(1);
        world
            .object::<Hoard>("main")
            .run(Hoard::c().plan())
            .unwrap();
        let mut hoard = world.object::<Hoard>("main");
        hoard.limit_disk(Some(20_000)).unwrap();
        if crashes {
            world.advance(Duration::from_millis(900));
            world.crash();
            world.set_clock(world.now() + Duration::from_secs(1));
        }
        let until = world.now() + Duration::from_secs(3_600);
        let mut rung = 0;
        while world.next_wake().unwrap() < until {
            world.advance_to_next();
            rung += 1;
        }
        assert!((10..60).contains(&rung), "{rung} times, {crashes}");
        let mut hoard = world.object::<Hoard>("main");
        hoard.limit_disk(None).unwrap();
        world.run_until_idle().unwrap();
        let mut hoard = world.object::<Hoard>("main");
        let rows = hoard.number("SELECT count(*) FROM kept");
        assert_eq!(rows, Ok(1));
        assert_eq!(hoard.failed().unwrap(), []);
    }
}

fn fuse(world: &mut World) -> lumenize::testing::WorldObject<'_, Fuse> {
    world.object("main")
}

#[test]
fn what_ends_the_process_each_time_runs_out_of_attempts() {
    let mut world = World::new(1);
    fuse(&mut world).run(Fuse::c().plan(u32::MAX)).unwrap();
    world.run_until_idle().unwrap();
    assert_eq!(fuse(&mut world).run(Fuse::c().counted()), Ok(2));
    let failed = fuse(&mut world).failed().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].attempts, 3);
    let why = failed[0].why.to_string();
    assert!(why.contains("the process ended while it ran"), "{why}");
}

#[test]
fn what_ends_the_process_at_first_is_done_once() {
    for ends in 1..=2 {
        let mut world = World::new(1);
        fuse(&mut world).run(Fuse::c().plan(ends)).unwrap();
        world.run_until_idle().unwrap();
        assert_eq!(fuse(&mut world).run(Fuse::c().counted()), Ok(4));
        assert_eq!(fuse(&mut world).failed().unwrap(), []);
    }
}

#[test]
fn who_asks_for_what_ends_the_process_is_told_that_nothing_is_known() {
    let mut world = World::new(1);
    let error = fuse(&mut world).run(Fuse::c().blow(1)).unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(fuse(&mut world).run(Fuse::c().counted()), Ok(0));
}
