//! Alarms ring at their time, in order, once.

use chrono::{TimeDelta, TimeZone, Utc};
use lumenize::testing::World;
use lumenize_tests::{At, Job, Lab};
use std::time::Duration;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

fn logged(world: &mut World) -> Vec<String> {
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().log()).unwrap()
}

fn schedule(world: &mut World, at: At, job: Job) -> lumenize::ScheduleId {
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().schedule(at, job)).unwrap()
}

#[test]
fn nothing_is_early_and_nothing_is_lost() {
    let mut world = World::new(1);
    let past = Utc.with_ymd_and_hms(1999, 1, 1, 0, 0, 0).unwrap();
    schedule(&mut world, At::After(0), log("now"));
    schedule(&mut world, At::Date(past), log("past"));
    schedule(&mut world, At::After(5), log("5 ms"));
    schedule(&mut world, At::After(365 * 86_400_000), log("a year"));
    assert_eq!(logged(&mut world), [""; 0]);
    world.advance(ms(1));
    assert_eq!(logged(&mut world), ["now", "past"]);
    world.advance(ms(3));
    assert_eq!(logged(&mut world).len(), 2);
    world.advance(ms(1));
    assert_eq!(logged(&mut world).len(), 3);
    world.advance(ms(365 * 86_400_000 - 6));
    assert_eq!(logged(&mut world).len(), 3);
    world.advance(ms(1));
    assert_eq!(logged(&mut world), ["now", "past", "5 ms", "a year"]);
    assert_eq!(world.next_wake(), None);
}

#[test]
fn a_thousand_at_one_instant_run_in_the_order_of_scheduling() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().schedule_many(1000)).unwrap();
    world.advance(ms(2000));
    let expected: Vec<String> = (0..1000).map(|n| format!("count({n})")).collect();
    assert_eq!(logged(&mut world), expected);
}

#[test]
fn a_clock_that_jumps_loses_and_doubles_nothing() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        let start = world.now();
        for n in 0..40_i64 {
            let jump = TimeDelta::milliseconds((n * 7_919 + seed as i64 * 13) % 4_000 - 2_000);
            world.set_clock(start + jump);
            schedule(
                &mut world,
                At::After(n as u64 * 37 % 500),
                log(&n.to_string()),
            );
            world.advance(ms(n as u64 % 90));
            if n % 5 == 0 {
                world.crash();
            }
        }
        world.set_clock(start);
        world.advance(ms(10_000));
        let mut ran: Vec<i64> = logged(&mut world)
            .iter()
            .map(|n| n.parse().unwrap())
            .collect();
        ran.sort_unstable();
        assert_eq!(ran, (0..40).collect::<Vec<_>>(), "seed {seed}");
    }
}

/// Ids are greater than those of all that is pending, also when the clock was set back in between.
#[test]
fn work_of_one_instant_keeps_its_order_whatever_the_clock_and_the_process_do() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        let start = world.now();
        let instant = start + TimeDelta::days(2);
        for n in 0..20_i64 {
            world.set_clock(start - TimeDelta::hours(n));
            schedule(&mut world, At::Date(instant), log(&n.to_string()));
            world.crash();
        }
        world.set_clock(start);
        world.advance(ms(3 * 86_400_000));
        let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(logged(&mut world), expected, "seed {seed}");
    }
}

#[test]
fn an_interval_stays_on_its_grid_and_makes_up_for_missed_ticks_once() {
    let mut world = World::new(1);
    let start = world.now();
    let id = schedule(&mut world, At::Every(100), log("tick"));
    world.advance(ms(350));
    assert_eq!(logged(&mut world).len(), 3);
    world.set_clock(start + TimeDelta::milliseconds(1_050));
    world.advance(ms(1));
    assert_eq!(logged(&mut world).len(), 4, "seven missed ticks are one");
    assert_eq!(
        world.next_wake(),
        Some(start + TimeDelta::milliseconds(1_100))
    );
    world.advance(ms(60));
    assert_eq!(logged(&mut world).len(), 5);
    let mut lab = world.object::<Lab>("main");
    assert!(lab.run(Lab::c().cancel(id)).unwrap());
    assert!(!lab.run(Lab::c().cancel(id)).unwrap());
    world.advance(ms(1_000));
    assert_eq!(logged(&mut world).len(), 5);
    assert_eq!(world.next_wake(), None);
}

#[test]
fn a_failed_occurrence_is_set_aside_and_the_interval_goes_on() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let never = lumenize::RetryPolicy::none();
    lab.run(Lab::c().schedule_with(At::Every(100), Job::Fail("no".into()), never))
        .unwrap();
    world.advance(ms(350));
    let mut lab = world.object::<Lab>("main");
    assert_eq!(lab.failed().unwrap().len(), 3);
    assert_eq!(lab.pending().unwrap().len(), 1);
    // Trying one again does not begin a second recurrence.
    assert_eq!(lab.run(Lab::c().retry_failed()).unwrap(), 3);
    world.advance(ms(25));
    let mut lab = world.object::<Lab>("main");
    assert_eq!(lab.failed().unwrap().len(), 3);
    assert_eq!(lab.pending().unwrap().len(), 1);
}

#[test]
fn handlers_schedule_and_cancel_within_the_same_wake() {
    let mut world = World::new(1);
    schedule(&mut world, At::After(10), Job::Cancel("sibling".into()));
    let sibling = schedule(&mut world, At::After(10), log("sibling"));
    let tick = schedule(&mut world, At::Every(10), Job::Cancel("tick".into()));
    let once = schedule(&mut world, At::After(10), Job::Cancel("once".into()));
    schedule(&mut world, At::After(10), Job::Again(0, 9));
    schedule(&mut world, At::After(20), Job::Many(10));
    for (name, id) in [("sibling", sibling), ("tick", tick), ("once", once)] {
        let mut lab = world.object::<Lab>("main");
        lab.run(Lab::c().remember(name.to_owned(), id)).unwrap();
    }
    world.advance(ms(1_000));
    let log = logged(&mut world);
    assert_eq!(
        log[..3],
        [
            "cancelled sibling: true",
            "cancelled tick: true",
            "cancelled once: false",
        ]
    );
    let again: Vec<String> = (0..10).rev().map(|n| format!("again {n}")).collect();
    assert_eq!(log[3..13], again);
    let many: Vec<String> = (0..10).map(|n: u32| n.to_string()).collect();
    assert_eq!((log[13].as_str(), &log[14..]), ("many", many.as_slice()));
    assert_eq!(world.next_wake(), None);
}

#[test]
fn times_out_of_range_are_typed_errors() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let far = lab.run(Lab::c().schedule(At::After(u64::MAX), log("never")));
    assert!(far.unwrap_err().to_string().contains("years 1970 and 9999"));
    let short = lab.run(Lab::c().schedule(At::Every(0), log("never")));
    assert!(
        short
            .unwrap_err()
            .to_string()
            .contains("at least one millisecond")
    );
    assert_eq!(lab.pending().unwrap(), []);
}

/// Its occurrences fail as long as it is told so.
mod recurring {
    use lumenize::prelude::*;

    pub struct Clock {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Clock {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            let ticks = Every(Duration::from_secs(10));
            let alarms = self.svc.alarms.named("tick").retry(RetryPolicy::none());
            alarms.schedule(ticks, Self::c().tick())?;
            Ok(())
        }
        pub fn mend(&mut self) -> Result<()> {
            Ok(self.svc.put("mended", &true)?)
        }
        pub fn ticks(&self) -> Result<u32> {
            Ok(self.svc.get("ticks")?.unwrap_or_default())
        }
        fn tick(&mut self) -> Result<()> {
            if self.svc.get::<bool>("mended")? != Some(true) {
                return Err("it is not wound up".into());
            }
            let ticks = self.ticks()? + 1;
            Ok(self.svc.put("ticks", &ticks)?)
        }
        pub fn retry(&mut self, id: WorkId) -> Result<bool> {
            Ok(self.svc.failed.retry(id)?)
        }
        /// By the names of those that are due.
        pub fn stop(&mut self) -> Result<u32> {
            let due = ScheduleFilter::default()
                .name_prefix("t")
                .due_before(self.svc.now() + Duration::from_secs(1));
            let mut stopped = 0;
            for work in self.svc.alarms.list(due)?.items {
                let name = work.name.unwrap_or_default();
                stopped += u32::from(self.svc.alarms.cancel_named(&name)?);
            }
            Ok(stopped)
        }
        pub fn cancel(&mut self) -> Result<bool> {
            Ok(self.svc.alarms.cancel_named("tick")?)
        }
        /// How many are due from then on, and how many before.
        pub fn due(&self, at: DateTime<Utc>) -> Result<(usize, usize)> {
            let filter = ScheduleFilter::default;
            let from = self.svc.alarms.list(filter().due_from(at))?;
            let before = self.svc.alarms.list(filter().due_before(at))?;
            Ok((from.items.len(), before.items.len()))
        }
    }
}

/// The name is that of what recurs: who cancels by names that are listed does not end it for an occurrence.
#[test]
fn an_occurrence_that_is_retried_is_not_listed_under_the_name_that_the_next_ones_have() {
    use recurring::Clock;
    let failed_once = || {
        let mut world = World::new(1);
        let mut clock = world.object::<Clock>("main");
        clock.run(Clock::c().start()).unwrap();
        world.advance(Duration::from_secs(10));
        world
    };
    let mut world = failed_once();
    let mut clock = world.object::<Clock>("main");
    clock.run(Clock::c().mend()).unwrap();
    let failed = clock.failed().unwrap();
    assert_eq!(failed[0].name.as_deref(), Some("tick"));
    assert!(clock.run(Clock::c().retry(failed[0].id)).unwrap());
    let names = |pending: Vec<lumenize::PendingWork>| -> Vec<_> {
        pending.into_iter().map(|work| work.name).collect()
    };
    let tick = || Some("tick".to_owned());
    assert_eq!(names(clock.pending().unwrap()), [None, tick()]);
    assert_eq!(clock.run(Clock::c().stop()).unwrap(), 0);
    world.advance(Duration::from_secs(10));
    let mut clock = world.object::<Clock>("main");
    assert_eq!(clock.run(Clock::c().ticks()).unwrap(), 2);

    // It has lost its name for good, whatever becomes of it.
    let mut world = failed_once();
    let mut clock = world.object::<Clock>("main");
    let id = clock.failed().unwrap()[0].id;
    assert!(clock.run(Clock::c().retry(id)).unwrap());
    world.advance(Duration::from_secs(1));
    let mut clock = world.object::<Clock>("main");
    assert!(clock.run(Clock::c().cancel()).unwrap());
    let failed = clock.failed().unwrap();
    assert_eq!((failed[0].id, &failed[0].name), (id, &None));
    assert!(clock.run(Clock::c().retry(id)).unwrap());
    assert_eq!(names(clock.pending().unwrap()), [None]);

    // Where it is free, it has it again.
    let mut world = failed_once();
    let mut clock = world.object::<Clock>("main");
    let id = clock.failed().unwrap()[0].id;
    assert!(clock.run(Clock::c().cancel()).unwrap());
    assert!(clock.run(Clock::c().retry(id)).unwrap());
    assert_eq!(names(clock.pending().unwrap()), [tick()]);
    assert_eq!(clock.run(Clock::c().stop()).unwrap(), 1);
    assert_eq!(clock.pending().unwrap(), []);
}

#[test]
fn times_of_filters_may_have_fractions() {
    use recurring::Clock;
    let mut world = World::new(1);
    let due = world.now() + TimeDelta::seconds(10);
    let mut clock = world.object::<Clock>("main");
    clock.run(Clock::c().start()).unwrap();
    for (micros, counts) in [(0, (1, 0)), (500, (0, 1)), (-500, (1, 0)), (1_000, (0, 1))] {
        let at = due + TimeDelta::microseconds(micros);
        assert_eq!(clock.run(Clock::c().due(at)), Ok(counts), "{micros}");
    }
}
