//! What fails affects nobody else, and is never dropped.

use lumenize::testing::{CrashPoint, World};
use lumenize::{CallError, Outcome, RetryPolicy, Why};
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

/// Five items in one wake, the third of which goes wrong.
fn five(third: Job, prepare: impl FnOnce(&mut World)) -> World {
    five_with(2, third, prepare)
}

/// Five items in one wake, one of which goes wrong.
fn five_with(place: usize, wrong: Job, prepare: impl FnOnce(&mut World)) -> World {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let mut jobs = ["1", "2", "4", "5"].map(log).to_vec();
    jobs.insert(place, wrong);
    for job in jobs {
        lab.run(Lab::c().schedule_with(At::After(10), job, RetryPolicy::none()))
            .unwrap();
    }
    prepare(&mut world);
    world.advance(ms(10));
    // Each reading compares memory with disk.
    assert_eq!(logged(&mut world), ["1", "2", "4", "5"]);
    world
}

#[test]
fn an_error_in_a_batch_concerns_only_its_item() {
    for place in 0..5 {
        let mut world = five_with(place, Job::Fail("3".into()), |_| {});
        let failed = world.object::<Lab>("main").failed().unwrap();
        assert_eq!((failed.len(), failed[0].attempts), (1, 1));
        assert_eq!(failed[0].why.message, "3");
    }
}

#[test]
fn a_panic_in_a_batch_concerns_only_its_item() {
    for place in 0..5 {
        let mut world = five_with(place, Job::Panic("3".into()), |_| {});
        let failed = world.object::<Lab>("main").failed().unwrap();
        assert_eq!(failed[0].why.code.as_deref(), Some("panic"));
        assert_eq!(failed[0].why.message, "panicked: 3");
    }
}

#[test]
fn a_lost_transaction_concerns_only_its_item_and_a_full_disk_spends_no_attempt() {
    for third in [
        Job::Fill(1_000_000, "3".into()),
        Job::FillRegardless(1_000_000, "3".into()),
    ] {
        let mut world = five(third, |world| {
            let mut lab = world.object::<Lab>("main");
            lab.limit_disk(Some(200_000)).unwrap();
        });
        let mut lab = world.object::<Lab>("main");
        assert_eq!(lab.failed().unwrap(), []);
        let pending = lab.pending().unwrap();
        assert_eq!((pending.len(), pending[0].attempts), (1, 0));
        assert!(
            matches!(&pending[0].why, Why::Retrying(error) if error.message.contains("full")),
            "{:?}",
            pending[0].why
        );
        lab.limit_disk(None).unwrap();
        world.advance(ms(10_000));
        assert_eq!(logged(&mut world), ["1", "2", "4", "5", "3"]);
    }
}

/// The third item ends its own transaction, or can't be committed; SQLite itself does it.
#[test]
fn an_item_that_loses_its_own_transaction_spends_its_attempts_alone() {
    let ends_it = "CREATE TRIGGER ends AFTER UPDATE ON lumenize_state
        WHEN instr(NEW.value, CAST('poison' AS BLOB)) > 0
        BEGIN SELECT RAISE(ROLLBACK, 'ended by itself'); END";
    let cannot_be_committed = "PRAGMA foreign_keys = ON;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER breaks AFTER UPDATE ON lumenize_state
        WHEN instr(NEW.value, CAST('poison' AS BLOB)) > 0
        BEGIN INSERT INTO child VALUES (99); END";
    for (trigger, reason) in [
        (ends_it, "ended by itself"),
        (cannot_be_committed, "FOREIGN KEY"),
    ] {
        let mut world = five(log("poison"), |world| {
            world.object::<Lab>("main").tamper(trigger).unwrap();
        });
        let mut lab = world.object::<Lab>("main");
        let failed = lab.failed().unwrap();
        assert_eq!((failed.len(), failed[0].attempts), (1, 1));
        assert_eq!(failed[0].why.code.as_deref(), Some("transaction_lost"));
        assert!(failed[0].why.message.contains(reason), "{}", failed[0].why);
        assert_eq!(lab.pending().unwrap(), []);

        // A caller's request hears of it, and the object goes on.
        let error = lab.run(Lab::c().job(log("poison"))).unwrap_err();
        assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
        assert_eq!(logged(&mut world), ["1", "2", "4", "5"]);
    }
}

#[test]
fn a_request_on_a_full_disk_is_answered_and_leaves_nothing() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().count(1)).unwrap();
    lab.limit_disk(Some(100_000)).unwrap();
    let error = lab
        .run(Lab::c().job(Job::Fill(1_000_000, "big".into())))
        .unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    lab.limit_disk(None).unwrap();
    assert_eq!(lab.run(Lab::c().log()).unwrap(), ["count(1)"]);
}

#[test]
fn a_failing_handler_is_retried_by_its_policy_then_set_aside() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let policy = RetryPolicy::default()
        .attempts(3)
        .jitter(false)
        .initial_delay(ms(100));
    lab.run(Lab::c().schedule_with(At::After(0), Job::Fail("no".into()), policy))
        .unwrap();
    lab.run(Lab::c().schedule_with(At::After(0), Job::FailBefore(3, "third".into()), policy))
        .unwrap();
    world.advance(ms(1));
    let pending = world.object::<Lab>("main").pending().unwrap();
    assert_eq!(pending.len(), 2);
    assert!(pending.iter().all(|work| work.attempts == 1));
    assert_eq!(
        pending[0].due - pending[0].scheduled,
        chrono::TimeDelta::milliseconds(100)
    );
    world.advance(ms(98));
    assert!(
        world
            .object::<Lab>("main")
            .pending()
            .unwrap()
            .iter()
            .all(|w| w.attempts == 1)
    );
    world.advance(ms(1));
    assert_eq!(logged(&mut world), [""; 0]);
    world.advance(ms(200));
    assert_eq!(
        logged(&mut world),
        ["third"],
        "the third attempt succeeded, once"
    );
    let mut lab = world.object::<Lab>("main");
    assert_eq!(lab.pending().unwrap(), []);
    let failed = lab.failed().unwrap();
    assert_eq!(
        (failed.len(), failed[0].attempts, failed[0].parked),
        (1, 3, false)
    );
    assert_eq!(failed[0].why.message, "no");
    assert_eq!(failed[0].steps[0].handler, "job");

    assert_eq!(lab.run(Lab::c().retry_failed()).unwrap(), 1);
    world.advance(ms(1_000));
    let mut lab = world.object::<Lab>("main");
    let failed = lab.failed().unwrap();
    assert_eq!(failed[0].attempts, 3, "it had all its attempts again");
    assert!(lab.run(Lab::c().discard(failed[0].id)).unwrap());
    assert_eq!(lab.failed().unwrap(), []);
}

#[test]
fn what_is_not_understood_is_parked_and_goes_on_by_itself() {
    for (damage, repair, reason) in [
        (
            "UPDATE lumenize_queue SET program = x'0101036e6f7000'",
            true,
            "no handler `nop`",
        ),
        (
            "UPDATE lumenize_queue SET program = x'01ffffff'",
            true,
            "not a program",
        ),
        (
            "UPDATE lumenize_queue SET program = x'0900'",
            true,
            "format version 9",
        ),
        (
            "UPDATE lumenize_queue SET program = x'0101036a6f6200'",
            true,
            "was not stored, nor any other",
        ),
        (
            "UPDATE lumenize_queue SET program = x'0101036a6f62010001ff'",
            true,
            "`job`",
        ),
        (
            "UPDATE lumenize_queue SET detail = x'77'",
            true,
            "retry policy",
        ),
        ("UPDATE lumenize_queue SET kind = 77", true, "kind 77"),
    ] {
        let mut world = World::new(1);
        let mut lab = world.object::<Lab>("main");
        lab.run(Lab::c().schedule(At::After(10), log("good")))
            .unwrap();
        lab.tamper("CREATE TABLE keep AS SELECT program, detail, kind FROM lumenize_queue")
            .unwrap();
        lab.tamper(damage).unwrap();
        lab.run(Lab::c().schedule(At::After(10), log("neighbour")))
            .unwrap();
        world.advance(ms(10));
        assert_eq!(logged(&mut world), ["neighbour"], "{damage}");
        let mut lab = world.object::<Lab>("main");
        let failed = lab.failed().unwrap();
        assert!(failed[0].parked && failed[0].attempts == 0);
        assert!(failed[0].why.message.contains(reason), "{}", failed[0].why);
        // Under code that understands it (here: with its bytes mended) it runs after a restart.
        world.crash();
        world.advance(ms(10));
        assert_eq!(logged(&mut world), ["neighbour"], "still parked");
        if repair {
            let mut lab = world.object::<Lab>("main");
            lab.tamper(
                "UPDATE lumenize_failed SET program = (SELECT program FROM keep),
                    detail = (SELECT detail FROM keep), kind = (SELECT kind FROM keep)",
            )
            .unwrap();
            world.crash();
            world.advance(ms(10));
            assert_eq!(logged(&mut world), ["neighbour", "good"]);
        }
    }
}

#[test]
fn while_an_object_cannot_be_built_its_work_waits_and_no_attempt_is_spent() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().schedule(At::After(10), log("waited")))
        .unwrap();
    lab.run(Lab::c().break_new()).unwrap();
    lab.evict();
    let error = lab.run(Lab::c().count(1)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("can't be built: broken on purpose"),
        "{error}"
    );
    world.advance(ms(60_000));
    let mut lab = world.object::<Lab>("main");
    let pending = lab.pending().unwrap();
    assert_eq!((pending.len(), pending[0].attempts), (1, 0));
    assert!(matches!(&pending[0].why, Why::CannotBeBuilt(e) if e.message == "broken on purpose"));
    lab.tamper("DELETE FROM lumenize_state WHERE key = 'broken'")
        .unwrap();
    world.advance(ms(300_000));
    assert_eq!(logged(&mut world), ["waited"]);
}

/// A scenario with a crash instead of each commit in turn: what the log says afterwards is the same.
#[test]
fn a_crash_at_any_commit_loses_and_doubles_nothing() {
    let mut crashes = 0;
    for n in 1..40 {
        let mut world = World::new(1);
        let policy = RetryPolicy::default().jitter(false).initial_delay(ms(10));
        world.crash_at(CrashPoint::AtCommit(n));
        for (at, job) in [
            (At::After(10), log("a")),
            (At::After(10), Job::FailBefore(3, "b".into())),
            (
                At::After(10),
                Job::Schedule(At::After(5), Box::new(log("c"))),
            ),
            (At::After(20), Job::Again(1, 5)),
        ] {
            // A caller who hears of a crash sends again what was not kept.
            let mut sent = false;
            while !sent {
                let mut lab = world.object::<Lab>("main");
                let call = Lab::c().schedule_with(at.clone(), job.clone(), policy);
                sent = lab.run(call).is_ok();
                crashes += u32::from(!sent);
            }
        }
        world.advance(ms(10_000));
        world.heal();
        let mut log = logged(&mut world);
        log.sort();
        assert_eq!(
            log,
            [
                "a",
                "again 0",
                "again 1",
                "again 2",
                "again 3",
                "again 4",
                "again 5",
                "b",
                "c",
                "scheduled"
            ],
            "crash at commit {n}"
        );
        assert_eq!(world.object::<Lab>("main").failed().unwrap(), []);
    }
    assert!(crashes > 0);
}

/// After an unclean stop nothing runs whose mark can't be made, and the next try is not at once.
#[test]
fn what_cannot_be_marked_does_not_run() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    lab.run(Lab::c().schedule(At::After(10), log("once")))
        .unwrap();
    lab.tamper(
        "CREATE TRIGGER unmarkable BEFORE UPDATE OF attempts ON lumenize_queue
            WHEN NEW.attempts > OLD.attempts BEGIN SELECT RAISE(FAIL, 'unmarkable'); END",
    )
    .unwrap();
    world.set_clock(world.now() + ms(20));
    world.crash();
    for seconds in [1, 2, 4] {
        world.advance(ms(1));
        let wake = world.next_wake().unwrap() - world.now();
        assert!((seconds * 1_000 - 20..=seconds * 1_000).contains(&wake.num_milliseconds()));
        world.advance(wake.to_std().unwrap() - ms(1));
    }
    assert_eq!(logged(&mut world), [""; 0]);
    let mut lab = world.object::<Lab>("main");
    lab.tamper("DROP TRIGGER unmarkable").unwrap();
    world.advance(ms(60_000));
    assert_eq!(logged(&mut world), ["once"]);
}
