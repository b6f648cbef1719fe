//! Objects whose code changes while they have work: their Worker is exchanged for one that was built of another
//! release. Who asks for them is a Worker of the first.

use crate::server::Server;
use chrono::{DateTime, TimeDelta, Utc};
use lumenize::{CallError, Outcome};
use lumenize_tests::clerks::{ClerkAsk, Clerked, DeskAsk};
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

impl Server {
    pub(crate) fn clerk(&self, asked: &ClerkAsk) -> Result<Clerked, CallError> {
        self.run_from_elsewhere("/clerk/main", asked)
    }

    pub(crate) fn desk(&self, asked: &DeskAsk) -> Result<Clerked, CallError> {
        self.run_from_elsewhere("/desk/main", asked)
    }

    /// Waits until nothing is pending of a clerk and its log has so many lines.
    fn clerked(&self, lines: usize) -> Clerked {
        let done = |seen: &Clerked| seen.pending.is_empty() && seen.log.len() >= lines;
        settled(|| self.clerk(&ClerkAsk::Look).unwrap(), done)
    }
}

/// How much there is to see: pending, set aside, and done.
fn extent(seen: &Clerked) -> [usize; 3] {
    [seen.pending.len(), seen.failed.len(), seen.log.len()]
}

/// Looks again and again until it is as it is to be; in 90 s something changes.
pub(crate) fn until(look: impl Fn() -> Clerked, mut done: impl FnMut(&Clerked) -> bool) -> Clerked {
    let (mut changed, mut before) = (Instant::now(), [0; 3]);
    loop {
        let seen = look();
        if done(&seen) {
            return seen;
        }
        let now = extent(&seen);
        if now != before {
            (changed, before) = (Instant::now(), now);
        }
        assert!(changed.elapsed() < Duration::from_secs(90), "{seen:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As `until`, and until it stays so: a look takes one part after the other.
pub(crate) fn settled(look: impl Fn() -> Clerked, done: impl Fn(&Clerked) -> bool) -> Clerked {
    let mut before = None;
    until(look, |seen| {
        let now = extent(seen);
        before.replace(now) == Some(now) && done(seen)
    })
}

/// The first release, the second, which lacks a handler and takes another argument for one, and the
/// first again.
#[test]
fn what_a_release_does_not_understand_waits_for_one_that_does() {
    let mut server = Server::start_releases("first", "first");
    let due = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(1);
    let planned = server.clerk(&ClerkAsk::Plan(due)).unwrap();
    assert_eq!((planned.log.len(), planned.pending.len()), (0, 4));
    server.kill();

    server.deploy("second", "first");
    let seen = server.clerked(1);
    assert_eq!(seen.log, ["noted"]);
    assert_eq!(seen.failed.len(), 3, "{:?}", seen.failed);
    for (work, reason) in seen.failed.iter().zip([
        "missing field `address`",
        "no handler `stamp`",
        "no handler `stamp`",
    ]) {
        assert_eq!((work.parked, work.attempts), (true, 0), "{work:?}");
        assert!(work.why.message.contains(reason), "{work:?}");
    }
    assert_eq!(seen.failed[2].steps.len(), 2);
    // Asked for by a caller of the first release.
    match server.clerk(&ClerkAsk::Stamp(3)) {
        Err(CallError::Refused { reason }) => assert!(reason.contains("`stamp`"), "{reason}"),
        told => panic!("{told:?}"),
    }
    // It stays so.
    server.kill();
    server.start_again();
    let again = server.clerked(1);
    assert_eq!((again.log, again.failed.len()), (seen.log, 3));
    server.kill();

    server.deploy("first", "first");
    let seen = server.clerked(5);
    let expected = [
        "noted",
        "hello, Ada (36)",
        "stamp 1",
        "for a stamp",
        "stamp 2",
    ];
    assert_eq!(seen.log, expected);
    assert_eq!(seen.failed, []);
    let seen = server.clerk(&ClerkAsk::Stamp(3)).unwrap();
    assert_eq!(seen.log.last().unwrap(), "stamp 3");
}

/// A release in which a handler has another name, the first again, and the other again, killed in between with
/// work pending: all of it runs once, and callers of the first release reach the handler in both.
#[test]
fn work_is_run_once_by_a_release_with_other_names_and_by_the_one_before() {
    let mut server = Server::start_releases("first", "first");
    let soon = || DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(1);
    server.clerk(&ClerkAsk::Plan(soon())).unwrap();
    server.kill();

    server.deploy("renamed", "first");
    let seen = server.clerked(5);
    let mut log = vec![
        "noted",
        "hello, Ada (36) of None",
        "seal 1",
        "for a stamp",
        "seal 2",
    ];
    assert_eq!(seen.log, log);
    assert_eq!(seen.failed, []);
    let seen = server.clerk(&ClerkAsk::Stamp(3)).unwrap();
    log.push("seal 3");
    assert_eq!(seen.log, log);
    let planned = server.clerk(&ClerkAsk::Plan(soon())).unwrap();
    assert_eq!(planned.pending.len(), 3);
    server.kill();

    server.deploy("first", "first");
    let seen = server.clerked(7);
    log.push("noted again");
    assert_eq!(seen.log, log);
    assert_eq!(seen.failed.len(), 2, "{:?}", seen.failed);
    for work in &seen.failed {
        assert_eq!((work.parked, work.attempts), (true, 0), "{work:?}");
        assert_eq!(work.why.message, "there is no handler `seal`");
    }
    let seen = server.clerk(&ClerkAsk::Stamp(4)).unwrap();
    log.push("stamp 4");
    assert_eq!(seen.log, log);
    server.kill();

    server.deploy("renamed", "first");
    let seen = server.clerked(11);
    log.extend(["seal 10", "for a seal", "seal 11"]);
    assert_eq!(seen.log, log);
    assert_eq!(seen.failed, []);
}

/// A `new` that panics ends the wasm instance, again and again, and spends no attempt.
#[test]
fn a_release_that_cannot_be_built_costs_nothing_but_time() {
    let mut server = Server::start_releases("first", "first");
    let due = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(1);
    server.clerk(&ClerkAsk::Plan(due)).unwrap();
    server.kill();

    server.deploy("broken", "first");
    let begin = Instant::now();
    let trapped = || server.console().matches("a release that is broken").count();
    // The alarm rings by itself.
    while trapped() < 4 {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{}",
            server.console()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    match server.clerk(&ClerkAsk::Stamp(3)) {
        Err(CallError::Unreachable { reason, outcome }) => {
            assert!(reason.contains("a release that is broken"), "{reason}");
            assert_eq!(outcome, Outcome::NotExecuted);
        }
        told => panic!("{told:?}"),
    }
    let seen = server.clerk(&ClerkAsk::Inspect).unwrap();
    assert_eq!((seen.pending.len(), seen.failed.len()), (4, 0));
    assert!(seen.pending.iter().all(|work| work.attempts == 0));
    server.kill();

    server.deploy("first", "first");
    let seen = server.clerked(5);
    assert_eq!(seen.log[0], "noted");
    assert_eq!(seen.failed, []);
}

/// What is done of a clerk's stamps: in which word, and its number.
pub(crate) fn stamps(log: &[String]) -> impl Iterator<Item = (&str, u32)> {
    log.iter().map(|line| {
        let (word, number) = line.split_once(' ').unwrap();
        (word, number.parse().unwrap())
    })
}

/// Some hundreds planned by each of two releases, which take turns while they are due, killed in between.
#[test]
fn rolled_out_and_back_in_the_middle_of_work_each_item_is_done_once() {
    const OLD: u32 = 500;
    const NEW: u32 = 300;
    let mut server = Server::start_releases("first", "first");
    let now = || DateTime::<Utc>::from(SystemTime::now());
    let plan = |server: &Server, number, count| {
        let plan = ClerkAsk::PlanStamps(number, count, now());
        server.clerk(&plan).unwrap();
    };
    // Killed once so many are done, with others pending.
    let kill_after = |server: &Server, lines: usize| {
        let look = || server.clerk(&ClerkAsk::Look).unwrap();
        let seen = until(look, |seen| seen.log.len() >= lines);
        server.kill();
        assert!(!seen.pending.is_empty(), "all was done before the kill");
    };
    plan(&server, 0, OLD);
    kill_after(&server, 100);

    server.deploy("renamed", "first");
    plan(&server, OLD, NEW);
    kill_after(&server, 300);

    server.deploy("first", "first");
    let seen = server.clerked(OLD as usize);
    let parked = seen.failed.len();
    assert_eq!(seen.log.len() + parked, (OLD + NEW) as usize);
    for work in &seen.failed {
        assert!(work.parked, "{work:?}");
        assert_eq!(work.why.message, "there is no handler `seal`");
    }
    server.kill();

    server.deploy("renamed", "first");
    let seen = server.clerked((OLD + NEW) as usize);
    assert_eq!(seen.failed, []);
    assert_eq!(seen.log.len(), (OLD + NEW) as usize);
    let numbers: BTreeSet<u32> = stamps(&seen.log).map(|(_, number)| number).collect();
    assert_eq!(numbers, (0..OLD + NEW).collect());
    let by_old = stamps(&seen.log).filter(|(word, _)| *word == "stamp");
    let by_old: Vec<u32> = by_old.map(|(_, number)| number).collect();
    println!(
        "{} of {OLD} were done by the release that planned them, {parked} of {NEW} waited for theirs",
        by_old.len()
    );
    assert!(by_old.iter().all(|number| *number < OLD), "{by_old:?}");
    assert!(by_old.len() < OLD as usize, "none was taken over");
    assert!(by_old.len() >= 100 && parked > 0);
}
