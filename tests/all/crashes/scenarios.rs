//! What is done while the process dies, each on objects of its own world.

use super::Scenario;
use super::ledger::Ledger;
use super::seen::{Seen, lab_seen, lab_seen_in_any_order, ledger_seen, planner_seen, seen};
use crate::redeploy::releases::{first, second, third};
use chrono::TimeDelta;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{ContinuationOf, Output};
use lumenize_tests::planner::{Moment, Planner, Task};
use lumenize_tests::{At, Job, Lab};

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "a chain",
        before: |world| ledger(world, Ledger::c().chain()),
        during: idle,
        seen: ledger_seen,
        log: &["a", "b", "c"],
        left: (0, 0),
    },
    Scenario {
        name: "a pipe",
        before: |world| ledger(world, Ledger::c().pipe()),
        during: idle,
        seen: ledger_seen,
        log: &["number 7", "kept 7"],
        left: (0, 0),
    },
    Scenario {
        name: "a pipe within a pipe",
        before: |world| ledger(world, Ledger::c().pipe_in_a_pipe()),
        during: idle,
        seen: ledger_seen,
        log: &["number 1", "1 + 10", "11 + 1"],
        left: (0, 0),
    },
    Scenario {
        name: "a nest",
        before: |world| ledger(world, Ledger::c().nest()),
        during: idle,
        seen: ledger_seen,
        log: &["number 1", "number 2", "1 + 2", "3 + 3"],
        left: (0, 0),
    },
    Scenario {
        name: "steps that read",
        before: |world| ledger(world, Ledger::c().reads()),
        during: idle,
        seen: ledger_seen,
        log: &["a", "kept 1"],
        left: (0, 0),
    },
    Scenario {
        name: "SQL, and a mistake in it that the handler gets over",
        before: |world| ledger(world, Ledger::c().mistakes()),
        during: idle,
        seen: ledger_seen,
        log: &["a", "there", "b"],
        left: (0, 0),
    },
    Scenario {
        name: "a chain that fails twice in its middle",
        before: |world| ledger(world, Ledger::c().chain_that_is_retried()),
        during: idle,
        seen: ledger_seen,
        log: &["a", "attempt 3", "b"],
        left: (0, 0),
    },
    Scenario {
        name: "a chain that fails for good at its end",
        before: |world| {
            lab(world, Lab::c().schedule_failing_chain());
        },
        during: idle,
        seen: lab_seen,
        log: &[],
        left: (0, 1),
    },
    Scenario {
        name: "state that is written and deleted",
        before: |world| ledger(world, Ledger::c().state()),
        during: idle,
        seen: ledger_seen,
        log: &["goes None, comes Some(1)", "goes None, comes Some(2)"],
        left: (0, 0),
    },
    Scenario {
        name: "an interval",
        before: |world| {
            lab(world, Lab::c().schedule(At::Every(1_000), log("tick")));
        },
        during: three_seconds,
        seen: lab_seen,
        log: &["tick", "tick", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "an interval whose object is evicted between two ticks",
        before: |world| {
            lab(world, Lab::c().schedule(At::Every(1_000), log("tick")));
        },
        during: |world| {
            for _ in 0..3 {
                world.advance(Duration::from_millis(1_010));
                world.object::<Lab>("main").evict();
            }
        },
        seen: lab_seen,
        log: &["tick", "tick", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "cron",
        before: |world| {
            let at = Moment::Cron("* * * * * *".to_owned());
            plan(world, at, Task::Log("tick".to_owned()));
        },
        during: three_seconds,
        seen: planner_seen,
        log: &["tick", "tick", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "cron that a caller asks for twice",
        before: |_| {},
        during: |world| {
            ledger(world, Ledger::c().nightly());
            world.advance(Duration::from_secs(40 * 3_600));
            ledger(world, Ledger::c().nightly());
            world.advance(Duration::from_secs(20 * 3_600));
        },
        seen: ledger_seen,
        log: &["2026-01-02", "2026-01-03"],
        left: (1, 0),
    },
    Scenario {
        name: "an interval that always fails, and is told of it",
        before: |world| plan(world, Moment::Every(1_000), Task::Fail("no".to_owned())),
        during: three_seconds,
        seen: planner_seen,
        log: &[
            "told after 1 attempts: no",
            "told after 1 attempts: no",
            "told after 1 attempts: no",
        ],
        left: (1, 3),
    },
    Scenario {
        name: "one that schedules itself again at once",
        before: |world| jobs(world, [Job::Again(0, 4)]),
        during: idle,
        seen: lab_seen,
        log: &["again 4", "again 3", "again 2", "again 1", "again 0"],
        left: (0, 0),
    },
    Scenario {
        name: "one that schedules itself again later",
        before: |world| jobs(world, [Job::Again(1_000, 3)]),
        during: idle,
        seen: lab_seen,
        log: &["again 3", "again 2", "again 1", "again 0"],
        left: (0, 0),
    },
    Scenario {
        name: "one that schedules one that schedules one",
        before: |world| {
            let inner = Job::Schedule(At::After(500), Box::new(log("inner")));
            jobs(world, [Job::Schedule(At::After(0), Box::new(inner))]);
        },
        during: idle,
        seen: lab_seen,
        log: &["scheduled", "scheduled", "inner"],
        left: (0, 0),
    },
    Scenario {
        name: "one that schedules ten in its wake",
        before: |world| jobs(world, [Job::Many(10), log("beside")]),
        during: idle,
        seen: lab_seen,
        log: &[
            "many", "beside", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
        ],
        left: (0, 0),
    },
    Scenario {
        name: "one that cancels another of its wake",
        before: |world| {
            jobs(world, [Job::Cancel("other".to_owned())]);
            let other = lab(world, Lab::c().schedule(At::After(1_000), log("other")));
            lab(world, Lab::c().remember("other".to_owned(), other));
            jobs(world, [log("last")]);
        },
        during: idle,
        seen: lab_seen,
        log: &["cancelled other: true", "last"],
        left: (0, 0),
    },
    Scenario {
        name: "an interval that cancels itself",
        before: |world| {
            let job = Job::Cancel("itself".to_owned());
            let id = lab(world, Lab::c().schedule(At::Every(1_000), job));
            lab(world, Lab::c().remember("itself".to_owned(), id));
        },
        during: three_seconds,
        seen: lab_seen,
        log: &["cancelled itself: true"],
        left: (0, 0),
    },
    Scenario {
        name: "a caller who cancels",
        before: |world| {
            jobs(world, [log("first")]);
            let id = lab(world, Lab::c().schedule(At::After(2_000), log("second")));
            lab(world, Lab::c().remember("second".to_owned(), id));
        },
        during: |world| {
            world.advance(Duration::from_millis(1_050));
            let id = world.object::<Lab>("main").pending().unwrap()[0].id;
            let id = ScheduleId::from(uuid::Uuid::from(id));
            let _ = lab(world, Lab::c().cancel(id));
            idle(world);
        },
        seen: lab_seen,
        log: &["first"],
        left: (0, 0),
    },
    Scenario {
        name: "one that fails three times, then not",
        before: |world| jobs(world, [Job::FailBefore(4, "fourth".to_owned())]),
        during: idle,
        seen: lab_seen,
        log: &["fourth"],
        left: (0, 0),
    },
    Scenario {
        name: "one that fails for good",
        before: |world| jobs(world, [Job::Fail("no".to_owned())]),
        during: idle,
        seen: lab_seen,
        log: &[],
        left: (0, 1),
    },
    Scenario {
        name: "one that panics for good",
        before: |world| {
            let twice = RetryPolicy::default().attempts(2);
            let panics = Job::Panic("no".to_owned());
            lab(
                world,
                Lab::c().schedule_with(At::After(1_000), panics, twice),
            );
        },
        during: idle,
        seen: lab_seen,
        log: &[],
        left: (0, 1),
    },
    Scenario {
        name: "one that fails, and is told of it at the third attempt",
        before: |world| {
            planner(world, Planner::c().fail_when_told(2));
            plan(world, Moment::After(1_000), Task::Fail("no".to_owned()));
        },
        during: idle,
        seen: planner_seen,
        log: &["told after 1 attempts: no"],
        left: (0, 1),
    },
    Scenario {
        name: "one that failed and is retried on demand",
        before: |world| {
            plan(world, Moment::After(1_000), Task::Fail("no".to_owned()));
            idle(world);
        },
        during: |world| {
            planner(world, Planner::c().retry_all());
            idle(world);
        },
        seen: planner_seen,
        log: &["told after 1 attempts: no", "told after 1 attempts: no"],
        left: (0, 1),
    },
    Scenario {
        name: "a named schedule that is replaced",
        before: |world| plan_named(world, Moment::After(1_000), "first"),
        during: |world| {
            plan_named(world, Moment::After(2_000), "second");
            idle(world);
            // Its name is free.
            plan_named(
                world,
                Moment::Date(world.now() + TimeDelta::days(1)),
                "third",
            );
        },
        seen: planner_seen,
        log: &["second"],
        left: (1, 0),
    },
    Scenario {
        name: "a named schedule that stays as it is",
        before: |world| plan_named(world, Moment::Every(1_000), "tick"),
        during: |world| {
            world.advance(Duration::from_millis(1_500));
            plan_named(world, Moment::Every(1_000), "tick");
            world.advance(Duration::from_millis(1_550));
        },
        seen: planner_seen,
        log: &["tick", "tick", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "a hundred due at once",
        before: |world| lab(world, Lab::c().schedule_many(100)),
        during: idle,
        seen: |world| {
            let Seen {
                log,
                pending,
                failed,
            } = lab_seen(world)?;
            let expected: Vec<_> = (0..100).map(|n| format!("count({n})")).collect();
            assert_eq!(log, expected);
            Ok(Seen {
                log: Vec::new(),
                pending,
                failed,
            })
        },
        log: &[],
        left: (0, 0),
    },
    Scenario {
        name: "some due at once, one of which fails and one of which panics",
        before: |world| {
            let once = RetryPolicy::none();
            for job in [
                log("1"),
                Job::Fail("2".to_owned()),
                log("3"),
                Job::Panic("4".to_owned()),
                log("5"),
            ] {
                lab(world, Lab::c().schedule_with(At::After(1_000), job, once));
            }
        },
        during: idle,
        seen: lab_seen,
        log: &["1", "3", "5"],
        left: (0, 2),
    },
    Scenario {
        name: "many due one after another",
        before: |world| {
            for (ms, line) in [(40, "e"), (10, "b"), (30, "d"), (20, "c"), (0, "a")] {
                lab(world, Lab::c().schedule(At::After(ms), log(line)));
            }
        },
        during: idle,
        seen: lab_seen,
        log: &["a", "b", "c", "d", "e"],
        left: (0, 0),
    },
    Scenario {
        name: "an object that is destroyed, and begins anew",
        before: |world| {
            planner(world, Planner::c().run(Task::Log("before".to_owned())));
            plan(world, Moment::After(1_000), Task::Destroy);
            plan(world, Moment::After(1_500), Task::Log("never".to_owned()));
        },
        during: |world| {
            idle(world);
            plan_named(world, Moment::After(1_000), "after");
            idle(world);
        },
        seen: planner_seen,
        log: &["after"],
        left: (0, 0),
    },
    Scenario {
        name: "an object that is destroyed and then not",
        before: |world| {
            plan(world, Moment::After(1_000), Task::DestroyAndFail);
            plan(world, Moment::After(1_500), Task::Log("still".to_owned()));
        },
        during: idle,
        seen: planner_seen,
        log: &["told after 1 attempts: not destroyed", "still"],
        left: (0, 1),
    },
    Scenario {
        name: "work that is parked, and goes on under the next version",
        before: |world| {
            let due = world.now() + TimeDelta::seconds(1);
            let steps = first::Greeter::c().greet_at(due, person());
            world.object::<first::Greeter>("main").run(steps).unwrap();
            world.redeploy::<second::Greeter>();
        },
        during: |world| {
            idle(world);
            world.redeploy::<third::Greeter>();
            // To be asked is what loads it.
            let asked = third::Greeter::c().greeted();
            let _ = world
                .object::<third::Greeter>("main")
                .run_at_least_once(asked)
                .unwrap();
            idle(world);
        },
        seen: |world| seen::<third::Greeter>(world, third::Greeter::c().greeted()),
        log: &["Ada alias A., 36"],
        left: (0, 0),
    },
    Scenario {
        name: "alarms that ring late and twice",
        before: |world| {
            world.delay_alarms(Duration::from_millis(300));
            world.repeat_alarms(true);
            lab(world, Lab::c().schedule(At::Every(1_000), log("tick")));
            jobs(
                world,
                [Job::Again(0, 1), Job::FailBefore(2, "second".to_owned())],
            );
        },
        during: |world| world.advance(Duration::from_millis(3_900)),
        seen: lab_seen,
        log: &["tick", "again 1", "again 0", "tick", "second", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "a clock that jumps ahead and back",
        before: |world| {
            jobs(world, [log("first")]);
            lab(world, Lab::c().schedule(At::Every(60_000), log("tick")));
        },
        during: |world| {
            world.set_clock(world.now() + TimeDelta::minutes(10));
            world.advance(Duration::from_millis(50));
            world.set_clock(world.now() - TimeDelta::minutes(5));
            world.advance(Duration::from_secs(6 * 60));
        },
        seen: lab_seen,
        log: &["first", "tick", "tick"],
        left: (1, 0),
    },
    Scenario {
        name: "what is due after an unclean stop, each with its attempt on disk before",
        before: |world| {
            jobs(world, [log("a"), Job::FailBefore(2, "b".to_owned())]);
            jobs(world, [Job::Again(0, 1), log("c")]);
            unclean_stop(world);
        },
        during: idle,
        seen: lab_seen_in_any_order,
        log: &["a", "again 0", "again 1", "b", "c"],
        left: (0, 0),
    },
    Scenario {
        name: "one that fails for good after an unclean stop",
        before: |world| {
            jobs(world, [Job::Fail("no".to_owned()), log("beside")]);
            unclean_stop(world);
        },
        during: idle,
        seen: lab_seen,
        log: &["beside"],
        left: (0, 1),
    },
    Scenario {
        name: "two objects at once",
        before: |world| {
            jobs(world, [Job::Again(10, 2)]);
            let other = Lab::c().schedule(At::After(1_005), Job::Again(10, 2));
            world.object::<Lab>("other").run(other).unwrap();
        },
        during: idle,
        seen: |world| {
            let other = world.object::<Lab>("other").run(Lab::c().log())?;
            assert_eq!(other, ["again 2", "again 1", "again 0"]);
            lab_seen(world)
        },
        log: &["again 2", "again 1", "again 0"],
        left: (0, 0),
    },
];

fn idle(world: &mut World) {
    world.run_until_idle().unwrap();
}

/// Fifty milliseconds more than full seconds: after a crash work is a little late.
fn three_seconds(world: &mut World) {
    world.advance(Duration::from_millis(3_050));
}

/// The process dies, and what is due in a second is overdue when it starts.
fn unclean_stop(world: &mut World) {
    world.set_clock(world.now() + TimeDelta::seconds(2));
    world.crash();
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

fn lab<R: Output>(world: &mut World, steps: impl ContinuationOf<'static, Lab, R>) -> R {
    world
        .object::<Lab>("main")
        .run_at_least_once(steps)
        .unwrap()
}

/// Each of them after a second.
fn jobs(world: &mut World, jobs: impl IntoIterator<Item = Job>) {
    for job in jobs {
        lab(world, Lab::c().schedule(At::After(1_000), job));
    }
}

fn planner<R: Output>(world: &mut World, steps: impl ContinuationOf<'static, Planner, R>) -> R {
    let mut planner = world.object::<Planner>("main");
    planner.run_at_least_once(steps).unwrap()
}

/// Plans a task without a name.
fn plan(world: &mut World, at: Moment, task: Task) {
    planner(world, Planner::c().plan(None, at, task));
}

/// Plans a task under the name `named`.
fn plan_named(world: &mut World, at: Moment, line: &str) {
    let task = Task::Log(line.to_owned());
    planner(world, Planner::c().plan(Some("named".to_owned()), at, task));
}

fn ledger<R: Output>(world: &mut World, steps: impl ContinuationOf<'static, Ledger, R>) -> R {
    world
        .object::<Ledger>("main")
        .run_at_least_once(steps)
        .unwrap()
}

fn person() -> first::Person {
    first::Person {
        name: "Ada".to_owned(),
        age: 36,
        nick: "A.".to_owned(),
    }
}
