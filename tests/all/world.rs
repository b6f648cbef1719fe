//! The world of tests itself: its clock, its faults, and that crashes are tried everywhere.

use crate::redeploy::releases::{first, second, third};
use chrono::TimeDelta;
use lumenize::prelude::*;
use lumenize::testing::{CrashFailure, CrashPoint, World};
use lumenize::{CallError, Outcome, Why};
use lumenize_tests::planner::{Moment, Planner, Task};
use lumenize_tests::{At, Job, Lab};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

fn schedule(world: &mut World, at: At, job: Job) {
    world
        .object::<Lab>("main")
        .run(Lab::c().schedule(at, job))
        .unwrap();
}

fn logged(world: &mut World) -> Vec<String> {
    world.object::<Lab>("main").run(Lab::c().log()).unwrap()
}

#[test]
fn time_goes_from_alarm_to_alarm() {
    let mut world = World::new(1);
    assert_eq!(world.advance_to_next(), None);
    let begin = world.now();
    schedule(&mut world, At::After(20), log("second"));
    schedule(&mut world, At::After(10), log("first"));
    for (at, lines) in [(10, &["first"][..]), (20, &["first", "second"])] {
        assert_eq!(
            world.advance_to_next(),
            Some(begin + TimeDelta::milliseconds(at))
        );
        assert_eq!(logged(&mut world), lines);
    }
    assert_eq!(world.advance_to_next(), None);

    // What is overdue rings without that time passes.
    schedule(&mut world, At::After(10), log("third"));
    let late = begin + TimeDelta::seconds(1);
    world.set_clock(late);
    assert_eq!(world.advance_to_next(), Some(late));
    assert_eq!(logged(&mut world), ["first", "second", "third"]);
}

#[test]
fn it_is_idle_when_all_is_done_but_what_recurs() {
    let mut world = World::new(1);
    assert_eq!(world.run_until_idle(), Ok(()));
    let begin = world.now();
    schedule(&mut world, At::Every(1_000), log("tick"));
    world.run_until_idle().unwrap();
    assert_eq!(world.now(), begin);

    schedule(
        &mut world,
        At::After(1_500),
        Job::FailBefore(2, "done".into()),
    );
    let mut other = world.object::<Planner>("other");
    let later = Planner::c().plan(None, Moment::After(3_100), Task::Log("later".into()));
    other.run(later).unwrap();
    world.run_until_idle().unwrap();
    assert_eq!(logged(&mut world), ["tick", "tick", "done", "tick"]);
    let log = world.object::<Planner>("other").run(Planner::c().log());
    assert_eq!(log.unwrap(), ["later"]);
    assert_eq!(world.now(), begin + TimeDelta::milliseconds(3_100));

    // An occurrence that failed is waited for.
    schedule(
        &mut world,
        At::Every(10_000),
        Job::FailBefore(3, "tock".into()),
    );
    world.advance(Duration::from_secs(10));
    world.run_until_idle().unwrap();
    let tocks = logged(&mut world);
    assert_eq!(tocks.iter().filter(|line| *line == "tock").count(), 1);
}

/// An object that is never done.
pub struct Restless {
    svc: Services<Self>,
}

#[durable_object]
impl Restless {
    pub fn new(svc: Services<Self>) -> Result<Self> {
        match svc.name() {
            "broken" if svc.get::<bool>("begun")?.is_some() => Err("broken".into()),
            _ => Ok(Self { svc }),
        }
    }

    pub fn again(&mut self) -> Result<()> {
        self.svc.put("begun", &true)?;
        let day = Duration::from_secs(86_400);
        self.svc.alarms.schedule(day, Self::c().again())?;
        Ok(())
    }
}

#[test]
fn what_is_never_idle_is_told() {
    for (name, passed) in [("main", 10_000 * 86_400), ("broken", 10_000 * 300)] {
        let mut world = World::new(1);
        let mut restless = world.object::<Restless>(name);
        restless.run(Restless::c().again()).unwrap();
        restless.evict();
        let told = world.run_until_idle().unwrap_err();
        assert_eq!(told.wakes, World::MAX_WAKES);
        let about = Duration::from_secs(passed - 3_600)..=Duration::from_secs(passed + 86_400);
        assert!(about.contains(&told.passed), "{:?}", told.passed);
        let [pending] = &told.pending[..] else {
            panic!("{told}")
        };
        assert_eq!((pending.class, &*pending.object), ("Restless", name));
        assert_eq!(pending.work.steps[0].handler, "again");
        assert_eq!(
            matches!(pending.work.why, Why::CannotBeBuilt(_)),
            name == "broken"
        );
        let text = told.to_string();
        assert!(text.contains("not idle after 10000 alarms"), "{text}");
        assert!(text.contains("again()"), "{text}");
    }
}

/// An object whose `new` writes, and which is more in memory than on disk.
pub struct Prepared {
    svc: Services<Self>,
    in_memory: u32,
}

#[durable_object]
impl Prepared {
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute("CREATE TABLE IF NOT EXISTS prepared (n INTEGER)", ())?;
        if svc.get::<bool>("broken")?.is_some() {
            return Err("broken on purpose".into());
        }
        Ok(Self { svc, in_memory: 0 })
    }

    pub fn add(&mut self, n: u32) -> Result<()> {
        self.in_memory += n;
        let sum = self.sum()? + n;
        Ok(self.svc.put("sum", &sum)?)
    }

    pub fn sum(&self) -> Result<u32> {
        Ok(self.svc.get("sum")?.unwrap_or(0))
    }

    pub fn break_new(&mut self) -> Result<()> {
        Ok(self.svc.put("broken", &true)?)
    }
}

#[test]
fn an_object_is_looked_at_as_it_is_in_memory() {
    fn seen(world: &mut World) -> Result<(u32, u32), CallError> {
        let mut object = world.object::<Prepared>("main");
        object.inspect(|object| (object.in_memory, object.sum().unwrap()))
    }
    let mut world = World::new(1);
    assert_eq!(seen(&mut world), Ok((0, 0)));
    // Nothing was written: the table is not there.
    let mut object = world.object::<Prepared>("main");
    let create = "CREATE TABLE prepared (n INTEGER)";
    object.tamper(create).unwrap();
    object.run(Prepared::c().add(5)).unwrap();
    assert_eq!(seen(&mut world), Ok((5, 5)));
    world.object::<Prepared>("main").evict();
    // No fault happens to one who looks.
    world.fail_write(1);
    world.crash_at(CrashPoint::BeforeCommit(1));
    assert_eq!(seen(&mut world), Ok((0, 5)));
    assert!(world.heal());

    // A failed assertion in a look harms nobody.
    let mut object = world.object::<Prepared>("main");
    let look = AssertUnwindSafe(|| object.inspect(|_| panic!("seen")));
    assert!(catch_unwind(look).is_err());
    let mut object = world.object::<Prepared>("main");
    object.run(Prepared::c().add(1)).unwrap();
    assert_eq!(seen(&mut world), Ok((1, 6)));

    let mut object = world.object::<Prepared>("main");
    object.run(Prepared::c().break_new()).unwrap();
    object.evict();
    let refused = seen(&mut world).unwrap_err();
    assert!(matches!(refused, CallError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("broken on purpose"));
}

#[test]
fn work_goes_on_under_another_version() {
    let mut world = World::new(1);
    let due = world.now() + TimeDelta::seconds(1);
    let person = || first::Person {
        name: "Ada".to_owned(),
        age: 36,
        nick: "A.".to_owned(),
    };
    for name in ["main", "other"] {
        let mut greeter = world.object::<first::Greeter>(name);
        greeter
            .run(first::Greeter::c().greet_at(due, person()))
            .unwrap();
    }
    world.redeploy::<second::Greeter>();
    world.run_until_idle().unwrap();
    let mut greeter = world.object::<second::Greeter>("main");
    let failed = greeter.failed().unwrap();
    assert_eq!((failed.len(), failed[0].parked), (1, true));

    world.redeploy::<third::Greeter>();
    for name in ["main", "other"] {
        let mut greeter = world.object::<third::Greeter>(name);
        let _ = greeter.run(third::Greeter::c().greeted()).unwrap();
        world.run_until_idle().unwrap();
        let mut greeter = world.object::<third::Greeter>(name);
        let greeted = greeter.run(third::Greeter::c().greeted()).unwrap();
        assert_eq!(greeted, ["Ada alias A., 36"]);
        assert_eq!(greeter.failed().unwrap(), []);
        assert!(greeter.inspect(|_| ()).is_ok());
    }

    // An object that begins now is of the new version, by whichever it is asked.
    let mut late = world.object::<first::Greeter>("late");
    late.run(first::Greeter::c().greet_at(due, person()))
        .unwrap();
    let refused = late.inspect(|_| ()).unwrap_err();
    assert!(matches!(refused, CallError::Refused { .. }), "{refused}");
    world.run_until_idle().unwrap();
    let mut late = world.object::<third::Greeter>("late");
    let greeted = late.run(third::Greeter::c().greeted()).unwrap();
    assert_eq!(greeted, ["Ada alias A., 36"]);
}

#[test]
fn alarms_ring_late_or_twice_and_work_runs_once() {
    let mut world = World::new(1);
    let begin = world.now();
    world.repeat_alarms(true);
    world.delay_alarms(Duration::from_millis(25));
    schedule(&mut world, At::Every(10), log("tick"));
    schedule(&mut world, At::After(0), Job::Again(0, 2));
    schedule(&mut world, At::After(0), Job::Fail("no".into()));
    assert_eq!(world.next_wake(), Some(begin + TimeDelta::milliseconds(25)));
    world.advance(Duration::from_millis(24));
    assert_eq!(logged(&mut world), [""; 0]);
    // Missed ticks are one.
    world.advance(Duration::from_millis(1));
    assert_eq!(
        logged(&mut world),
        ["again 2", "tick", "again 1", "again 0"]
    );

    assert!(!world.heal());
    world.advance(Duration::from_millis(4));
    assert_eq!(logged(&mut world).len(), 4);
    world.advance(Duration::from_millis(1));
    assert_eq!(logged(&mut world).len(), 5);
}

const POINTS: [CrashPoint; 4] = [
    CrashPoint::BeforeCommit(1),
    CrashPoint::AtCommit(1),
    CrashPoint::AfterCommit(1),
    CrashPoint::InHandler(1),
];

#[test]
fn a_request_that_the_process_dies_of_has_happened_if_it_was_committed() {
    for point in POINTS {
        let mut world = World::new(1);
        schedule(&mut world, At::Every(60_000), log("tick"));
        world.crash_at(point);
        // Reading is no point to die at.
        assert_eq!(logged(&mut world), [""; 0]);
        let mut lab = world.object::<Lab>("main");
        let died = lab.run(Lab::c().count(1)).unwrap_err();
        assert_eq!(died.outcome(), Outcome::Unknown, "{point}");
        let count = usize::from(point == CrashPoint::AfterCommit(1));
        assert_eq!(logged(&mut world), vec!["count(1)"; count], "{point}");
        assert!(!world.heal());

        // One who asks again is answered.
        world.crash_at(point);
        let mut lab = world.object::<Lab>("main");
        assert_eq!(lab.run_at_least_once(Lab::c().count(2)), Ok(2));
        let count = count + 1;
        let log = logged(&mut world);
        let twice = log.iter().filter(|line| *line == "count(2)").count();
        assert_eq!(twice, count, "{point}");
    }
}

#[test]
fn points_are_counted_from_when_they_are_asked_for_over_all_objects() {
    let mut world = World::new(1);
    let mut count = |name: &str, n| world_count(&mut world, name, n);
    assert_eq!((count("a", 1), count("b", 1)), (Ok(1), Ok(1)));
    world.crash_at(CrashPoint::AtCommit(3));
    let mut count = |name: &str, n| world_count(&mut world, name, n);
    assert_eq!((count("a", 2), count("b", 2)), (Ok(2), Ok(2)));
    assert!(count("a", 3).is_err());
    // It happens once.
    assert_eq!(count("a", 4), Ok(4));
    assert!(!world.heal());
    let log = world.object::<Lab>("a").run(Lab::c().log()).unwrap();
    assert_eq!(log, ["count(1)", "count(2)", "count(4)"]);
}

fn world_count(world: &mut World, name: &str, n: u32) -> Result<u32, CallError> {
    world.object::<Lab>(name).run(Lab::c().count(n))
}

thread_local! {
    /// How often `Outside::act` ran: what no database undoes.
    static ACTS: Cell<u32> = const { Cell::new(0) };
}

/// An object whose handler has an effect outside of its database.
pub struct Outside {
    svc: Services<Self>,
}

#[durable_object]
impl Outside {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn act_later(&mut self) -> Result<()> {
        let second = Duration::from_secs(1);
        self.svc.alarms.schedule(second, Self::c().act())?;
        Ok(())
    }

    fn act(&mut self) -> Result<()> {
        let acts = ACTS.get() + 1;
        ACTS.set(acts);
        self.svc.put("acts", &acts)?;
        let kept = self.kept()? + 1;
        Ok(self.svc.put("kept", &kept)?)
    }

    pub fn kept(&self) -> Result<u32> {
        Ok(self.svc.get("kept")?.unwrap_or(0))
    }

    pub fn acts(&self) -> Result<u32> {
        Ok(self.svc.get("acts")?.unwrap_or(0))
    }
}

fn act_later(world: &mut World) {
    ACTS.set(0);
    let mut outside = world.object::<Outside>("main");
    outside.run(Outside::c().act_later()).unwrap();
}

#[test]
fn a_crash_inside_a_handler_comes_after_its_code_and_undoes_what_it_wrote() {
    // The first row is that of the handler.
    for (point, acts) in POINTS.into_iter().zip([2, 2, 1, 2]) {
        let mut world = World::new(1);
        act_later(&mut world);
        world.crash_at(point);
        world.run_until_idle().unwrap();
        assert!(!world.heal(), "{point}");
        let kept = world.object::<Outside>("main").run(Outside::c().kept());
        assert_eq!((kept, ACTS.get()), (Ok(1), acts), "{point}");
    }
}

#[test]
fn whichever_write_fails_nothing_is_lost_or_done_twice() {
    let mut n = 1;
    loop {
        let mut world = World::new(1);
        schedule(&mut world, At::After(10), log("before"));
        world.fail_write(n);
        let mut lab = world.object::<Lab>("main");
        let answer = lab.run(Lab::c().count(1));
        for job in [Job::Fail("no".into()), Job::Many(3), Job::Again(1, 2)] {
            // A caller whose request was not executed asks again.
            for _ in 0..2 {
                let once = RetryPolicy::none();
                let call = Lab::c().schedule_with(At::After(10), job.clone(), once);
                match world.object::<Lab>("main").run(call) {
                    Ok(_) => break,
                    Err(error) => assert_eq!(error.outcome(), Outcome::NotExecuted, "{error}"),
                }
            }
        }
        if let Err(error) = &answer {
            assert_eq!(error.outcome(), Outcome::NotExecuted, "{error}");
        }
        world.run_until_idle().unwrap();
        let mut log = logged(&mut world);
        assert_eq!(log.contains(&"count(1)".to_owned()), answer.is_ok());
        log.retain(|line| line != "count(1)");
        log.sort();
        let expected = [
            "0", "1", "2", "again 0", "again 1", "again 2", "before", "many",
        ];
        assert_eq!(log, expected, "write {n}");
        // A failing disk spends no attempt.
        let failed = world.object::<Lab>("main").failed().unwrap();
        assert_eq!((failed.len(), failed[0].attempts), (1, 1), "write {n}");
        if world.heal() {
            break;
        }
        n += 1;
    }
    assert!(n > 20, "{n}");
}

#[test]
fn a_commit_that_fails_is_told_and_leaves_nothing() {
    let mut world = World::new(1);
    schedule(&mut world, At::After(10), log("first"));
    schedule(&mut world, At::After(10), log("second"));
    world.fail_commit(1);
    let mut lab = world.object::<Lab>("main");
    let error = lab.run(Lab::c().count(1)).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    assert!(error.to_string().contains("the commit failed"), "{error}");
    assert_eq!(logged(&mut world), [""; 0]);
    assert!(!world.heal());

    world.fail_commit(1);
    world.run_until_idle().unwrap();
    assert!(!world.heal());
    assert_eq!(logged(&mut world), ["first", "second"]);
}

#[test]
fn a_crash_that_makes_a_difference_is_reported() {
    // What is outside of the database happens once more.
    let acts = |world: &mut World| {
        world.run_until_idle().unwrap();
        world.object::<Outside>("main").run(Outside::c().acts())
    };
    let differs = World::crash_everywhere(1, act_later, acts).unwrap_err();
    let expected = CrashFailure::Differs {
        point: CrashPoint::BeforeCommit(1),
        undisturbed: Ok(1),
        crashed: Ok(2),
    };
    assert_eq!(differs, expected);
    let text = differs.to_string();
    assert!(
        text.contains("before commit 1 made a difference: Ok(2)"),
        "{text}"
    );

    let assertion = |world: &mut World| {
        world.run_until_idle().unwrap();
        assert_eq!(ACTS.get(), 1, "acts");
    };
    let panicked = World::crash_everywhere(1, act_later, assertion).unwrap_err();
    assert!(
        matches!(&panicked, CrashFailure::Panicked { point, message }
            if *point == CrashPoint::BeforeCommit(1) && message.contains("acts")),
        "{panicked}"
    );

    // A caller who does not ask again.
    let asks = |world: &mut World| world_count(world, "main", 1);
    let differs = World::crash_everywhere(1, |_| {}, asks).unwrap_err();
    assert!(matches!(differs, CrashFailure::Differs { .. }), "{differs}");

    let mut runs = 0;
    let forgets = |world: &mut World| {
        runs += 1;
        if runs == 1 {
            world.run_until_idle().unwrap();
        }
    };
    let other = World::crash_everywhere(1, act_later, forgets).unwrap_err();
    let point = CrashPoint::BeforeCommit(1);
    assert_eq!(other, CrashFailure::NotReached { point });
    assert!(other.to_string().contains("more than its seed"), "{other}");
}

#[test]
fn a_crash_is_tried_at_each_point_and_none_where_nothing_is_written() {
    let kept = |world: &mut World| {
        world.run_until_idle().unwrap();
        world.object::<Outside>("main").run(Outside::c().kept())
    };
    // One commit, one handler.
    assert_eq!(World::crash_everywhere(1, act_later, kept), Ok(4));
    let reads = |world: &mut World| world.object::<Outside>("main").run(Outside::c().kept());
    assert_eq!(World::crash_everywhere(1, act_later, reads), Ok(0));
}
