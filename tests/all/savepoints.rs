//! What runs in one commit, where handlers have no savepoints: if one fails, what ran before it runs once more,
//! and nobody can tell by what is stored.

use lumenize::prelude::*;
use lumenize::testing::World;
use std::cell::{Cell, RefCell};

thread_local! {
    /// The steps that ran, whatever became of them.
    static RAN: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    /// The time that each had, and the id of what it scheduled.
    static DREW: RefCell<Vec<(u32, i64, ScheduleId)>> = const { RefCell::new(Vec::new()) };
    /// A step that behaves otherwise each second time: it fails, or cancels the one behind it.
    static FICKLE: Cell<(u32, bool)> = const { Cell::new((u32::MAX, false)) };
    /// The steps that had failed before, though nothing in them does.
    static BLAMED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

pub struct Steps {
    svc: Services<Self>,
    /// How many have been taken since it was made.
    taken: u32,
}

#[durable_object]
impl Steps {
    pub fn new(svc: Services<Self>) -> Result<Self> {
        let taken = svc.get::<Vec<u32>>("log")?.unwrap_or_default().len() as u32;
        Ok(Self { svc, taken })
    }

    /// So many steps, all due at once; some of them fail at the first attempt.
    pub fn plan(&mut self, steps: u32, fail: Vec<u32>) -> Result<()> {
        let mut ids = Vec::new();
        for number in 0..steps {
            let step = Self::c().step(number, fail.contains(&number));
            ids.push(self.svc.alarms.schedule(Duration::from_secs(1), step)?.id);
        }
        Ok(self.svc.put("ids", &ids)?)
    }

    /// The steps that were taken, how many of these it has in memory, and how much work they have begot.
    pub fn log(&self) -> Result<(Vec<u32>, u32, usize)> {
        let begot = self.svc.alarms.list(Default::default())?.items.len();
        let log = self.svc.get("log")?.unwrap_or_default();
        Ok((log, self.taken, begot))
    }

    fn step(&mut self, number: u32, fails: bool) -> Result<()> {
        RAN.with_borrow_mut(|ran| ran.push(number));
        let mut log: Vec<u32> = self.svc.get("log")?.unwrap_or_default();
        log.push(number);
        self.svc.put("log", &log)?;
        self.taken += 1;
        let later = self
            .svc
            .alarms
            .schedule(Duration::from_secs(3_600), Self::c().later())?;
        let drew = (number, self.svc.now().timestamp_millis(), later.id);
        DREW.with_borrow_mut(|all| all.push(drew));
        if fails && self.svc.attempt() == 1 {
            return Err("as it was told".into());
        }
        let times = RAN.with_borrow(|ran| ran.iter().filter(|n| **n == number).count());
        let (fickle, cancels) = FICKLE.get();
        if number == fickle && times.is_multiple_of(2) {
            if !cancels {
                return Err("it is another time".into());
            }
            let ids: Vec<ScheduleId> = self.svc.get("ids")?.unwrap_or_default();
            if let Some(next) = ids.get(number as usize + 1) {
                self.svc.alarms.cancel(*next)?;
            }
        } else if !fails && self.svc.attempt() > 1 {
            BLAMED.with_borrow_mut(|blamed| blamed.push(number));
        }
        Ok(())
    }

    fn later(&mut self) {}

    /// So many steps of another kind.
    pub fn plan_others(&mut self, steps: u32) -> Result<()> {
        for _ in 0..steps {
            let step = Self::c().other();
            self.svc.alarms.schedule(Duration::from_secs(1), step)?;
        }
        Ok(())
    }

    fn other(&mut self) {
        RAN.with_borrow_mut(|ran| ran.push(u32::MAX));
    }
}

fn world(spares: bool, steps: u32, fail: &[u32]) -> World {
    let mut world = World::new(7);
    world.spare_savepoints(spares);
    RAN.take();
    FICKLE.set((u32::MAX, false));
    BLAMED.take();
    DREW.take();
    let plan = Steps::c().plan(steps, fail.to_vec());
    world.object::<Steps>("main").run(plan).unwrap();
    world
}

fn log(world: &mut World) -> (Vec<u32>, u32, usize) {
    world.object::<Steps>("main").run(Steps::c().log()).unwrap()
}

/// What ran when the first alarm rang, and until all was done: before it, and from it on.
fn run(world: &mut World) -> (Vec<u32>, Vec<u32>) {
    world.advance_to_next().unwrap();
    let first = RAN.take();
    world.advance(Duration::from_secs(600));
    (first, RAN.take())
}

fn all(steps: u32) -> Vec<u32> {
    (0..steps).collect()
}

#[test]
fn what_ran_before_a_failure_runs_once_more_and_what_failed_does_not() {
    let mut world = world(true, 10, &[6]);
    let (first, rest) = run(&mut world);
    let again: Vec<u32> = (0..=6).chain(0..6).chain(7..10).collect();
    assert_eq!((first, rest), (again, vec![6]));
    let (log, taken, begot) = log(&mut world);
    let order: Vec<u32> = (0..6).chain(7..10).chain([6]).collect();
    assert_eq!((log, taken, begot), (order, 10, 10));
    // The second time is as the first.
    let drew = DREW.take();
    assert_eq!(drew.get(..6), drew.get(7..13));
}

#[test]
fn with_savepoints_nothing_runs_twice_for_the_failure_of_another() {
    let mut world = world(false, 10, &[6]);
    let (first, rest) = run(&mut world);
    assert_eq!((first, rest), (all(10), vec![6]));
    assert_eq!(log(&mut world).1, 10);
}

/// One failure is seldom alone.
#[test]
fn after_a_failure_no_other_has_what_ran_before_it_run_again() {
    let fail: Vec<u32> = (0..50).filter(|number| number % 5 == 3).collect();
    let mut world = world(true, 50, &fail);
    let (first, _) = run(&mut world);
    let again: Vec<u32> = (0..=3).chain(0..3).chain(4..50).collect();
    assert_eq!(first, again);
    // And none in the next wakes.
    let plan = Steps::c().plan(20, vec![10]);
    world.object::<Steps>("main").run(plan).unwrap();
    assert_eq!(run(&mut world).0, all(20));
    let (log, taken, begot) = log(&mut world);
    assert_eq!((log.len(), taken, begot), (70, 70, 70));
    // But not for ever.
    let plan = Steps::c().plan(100, Vec::new());
    world.object::<Steps>("main").run(plan).unwrap();
    assert_eq!(run(&mut world).0, all(100));
    let plan = Steps::c().plan(20, vec![10]);
    world.object::<Steps>("main").run(plan).unwrap();
    assert_eq!(run(&mut world).0.len(), 30);
}

/// A handler that depends on what outlives its object's memory. What it does is its own: no other is taken for
/// failed, none is lost, and none done twice.
#[test]
fn what_goes_otherwise_the_second_time_takes_nothing_with_it() {
    for (fickle, failing, cancels) in (0..10)
        .flat_map(|fickle| (0..10).map(move |failing| (fickle, failing)))
        .flat_map(|(fickle, failing)| [false, true].map(|cancels| (fickle, failing, cancels)))
    {
        let mut world = world(true, 10, &[failing]);
        FICKLE.set((fickle, cancels));
        world.advance(Duration::from_secs(900));
        let (mut log, taken, begot) = log(&mut world);
        log.sort_unstable();
        let what = format!("{fickle}, {failing}, {cancels}: {log:?}");
        let cancelled = (cancels && !log.contains(&(fickle + 1))).then_some(fickle + 1);
        let expected: Vec<u32> = (0..10).filter(|n| Some(*n) != cancelled).collect();
        let count = expected.len();
        assert_eq!(
            (log, taken, begot),
            (expected, count as u32, count),
            "{what}"
        );
        let blamed = BLAMED.take();
        assert!(
            blamed.iter().all(|number| *number == fickle),
            "{what}: {blamed:?}"
        );
    }
}

/// What a wake runs in one commit grows as long as that is quick.
#[test]
fn a_wake_runs_more_the_quicker_the_one_before_was() {
    let ran = |takes: i64| {
        let mut world = world(false, 1_000, &[]);
        for _ in 0..2 {
            let plan = Steps::c().plan(1_000, Vec::new());
            world.object::<Steps>("main").run(plan).unwrap();
        }
        let mut ran = Vec::new();
        while ran.iter().sum::<usize>() < 3_000 {
            let now = world.advance_to_next().unwrap();
            world.set_clock(now + chrono::TimeDelta::milliseconds(takes));
            ran.push(RAN.take().len());
        }
        ran
    };
    assert_eq!(ran(20), [100, 200, 400, 800, 1_000, 500]);
    assert_eq!(ran(21), [100; 30]);
}

/// But only of what was quick: the first of another handler may take long.
#[test]
fn a_wake_runs_more_of_those_handlers_alone_that_ran_in_the_one_before() {
    let mut world = world(false, 300, &[]);
    let others = Steps::c().plan_others(300);
    world.object::<Steps>("main").run(others).unwrap();
    let mut ran = Vec::new();
    while ran.iter().sum::<usize>() < 600 {
        world.advance_to_next().unwrap();
        ran.push(RAN.take().len());
    }
    assert_eq!(ran, [100, 200, 101, 100, 99]);
    // The first hundred of a wake may be any.
    let plan = Steps::c().plan(100, Vec::new());
    world.object::<Steps>("main").run(plan).unwrap();
    let others = Steps::c().plan_others(100);
    world.object::<Steps>("main").run(others).unwrap();
    let plan = Steps::c().plan(150, Vec::new());
    world.object::<Steps>("main").run(plan).unwrap();
    let mut ran = Vec::new();
    while ran.iter().sum::<usize>() < 350 {
        world.advance_to_next().unwrap();
        ran.push(RAN.take().len());
    }
    assert_eq!(ran, [100, 200, 50]);
}

/// Of a batch that was lost a hundred are run one by one in a turn, however many it had: each has a commit.
#[test]
fn what_was_lost_together_is_run_a_hundred_at_a_time() {
    let mut world = world(false, 1_000, &[]);
    for ran in [100, 200] {
        world.advance_to_next().unwrap();
        assert_eq!(RAN.take().len(), ran);
    }
    world.fail_write(40);
    world.advance_to_next().unwrap();
    let ran = RAN.take();
    let alone: Vec<u32> = (300..400).collect();
    assert!(ran.len() < 150 && ran.ends_with(&alone), "{ran:?}");
    world.advance_to_next().unwrap();
    assert_eq!(RAN.take(), (400..500).collect::<Vec<_>>());
    world.advance(Duration::from_secs(600));
    let (log, taken, _) = log(&mut world);
    assert_eq!((log, taken), (all(1_000), 1_000));
}
