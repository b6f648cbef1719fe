//! Workers of two releases that take over from each other, killed in the middle of their load.

use crate::kills::{kills, random};
use crate::redeploy::{settled, stamps};
use crate::server::{Out, Server};
use chrono::{DateTime, TimeDelta, Utc};
use lumenize_tests::clerks::{ClerkAsk, Clerked, DeskAsk};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// How many stamps a round has room for.
const ROUND: u32 = 100_000;
/// How many are planned, or called for, at once.
const AT_ONCE: u32 = 5;

const RELEASES: [&str; 2] = ["first", "renamed"];

/// What was acknowledged.
#[derive(Default)]
struct Acknowledged {
    planned: Vec<u32>,
    called: Vec<u32>,
}

/// Has stamps planned, or called for, until nobody answers any more; those that were acknowledged.
fn ask_until_killed(server: &Server, next: &AtomicU32, calls: bool) -> Vec<u32> {
    let mut acknowledged = Vec::new();
    loop {
        let number = next.fetch_add(AT_ONCE, Ordering::Relaxed);
        let told: Option<Result<Clerked, _>> = if calls {
            server.try_from_elsewhere("/desk/main", &DeskAsk::Stamps(number, AT_ONCE))
        } else {
            let due = DateTime::<Utc>::from(SystemTime::now());
            let due = due + TimeDelta::milliseconds(random(300) as i64);
            let plan = ClerkAsk::PlanStamps(number, AT_ONCE, due);
            server.try_from_elsewhere("/clerk/main", &plan)
        };
        match told {
            Some(Ok(_)) => acknowledged.extend(number..number + AT_ONCE),
            None if server.is_dead() => return acknowledged,
            // The object was taken out of memory: it may have been planned.
            told => println!("{number}: {told:?}"),
        }
    }
}

#[test]
fn killed_at_any_moment_releases_take_over_and_make_each_stamp_once() {
    let mut server = Server::start_releases(RELEASES[0], RELEASES[0]);
    let mut acknowledged = Acknowledged::default();
    for round in 0..kills() {
        let turn = round as usize;
        if round > 0 {
            server.deploy(RELEASES[turn % 2], RELEASES[turn / 2 % 2]);
        }
        server.desk(&DeskAsk::Look).unwrap();
        server.clerk(&ClerkAsk::Inspect).unwrap();
        let next = AtomicU32::new(round as u32 * ROUND);
        let until_killed = Duration::from_millis(100 + random(400));
        let evicts = random(2) == 0;
        std::thread::scope(|scope| {
            let (server, next) = (&server, &next);
            let asks = |calls| scope.spawn(move || ask_until_killed(server, next, calls));
            let threads = [asks(false), asks(true)];
            std::thread::sleep(until_killed / 2);
            if evicts {
                server.take_objects_out(Out::Evict);
            }
            std::thread::sleep(until_killed / 2);
            server.kill();
            let [planned, called] = threads.map(|thread| thread.join().unwrap());
            acknowledged.planned.extend(planned);
            acknowledged.called.extend(called);
        });
        assert!(next.into_inner() < (round as u32 + 1) * ROUND);
    }

    // What one release has no handler for, the other does.
    server.deploy("renamed", "renamed");
    let ended = |seen: &Clerked| seen.pending.is_empty() && seen.failed.is_empty();
    let desk = settled(|| server.desk(&DeskAsk::Look).unwrap(), ended);
    let clerk = settled(|| server.clerk(&ClerkAsk::Look).unwrap(), ended);

    let mut made = BTreeMap::new();
    for (word, number) in stamps(&clerk.log) {
        let before = made.insert(number, word);
        assert_eq!(before, None, "{number} was made twice");
    }
    let (mut heard, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for line in &desk.log {
        let (became, rest) = line.split_once("heard ").unwrap();
        let (number, told) = rest.split_once(": ").unwrap();
        let number: u32 = number.parse().unwrap();
        assert!(
            !heard.contains(&number) && !refused.contains(&number),
            "{line}"
        );
        if became.is_empty() {
            let word = made.get(&number).unwrap_or_else(|| panic!("{line}"));
            assert!(
                told.ends_with(&format!("line: \"{word} {number}\" }}")),
                "{line}"
            );
            heard.insert(number);
        } else {
            assert_eq!(told, "refused: `Clerk` has no handler `seal` (NotExecuted)");
            assert!(!made.contains_key(&number), "{line}");
            refused.insert(number);
        }
    }
    for number in &acknowledged.called {
        assert!(
            heard.contains(number) || refused.contains(number),
            "{number}"
        );
    }
    let mut taken_over = 0;
    for number in &acknowledged.planned {
        let word = made.get(number);
        let word = word.unwrap_or_else(|| panic!("{number} was not made"));
        match RELEASES[(number / ROUND) as usize % 2] {
            "first" => taken_over += u32::from(*word == "seal"),
            _ => assert_eq!(*word, "seal", "{number}"),
        }
    }
    println!(
        "{} kills, {} planned, {taken_over} of them made by the release after, {} called for, {} of them refused",
        kills(),
        acknowledged.planned.len(),
        acknowledged.called.len(),
        refused.len(),
    );
    if kills() > 3 {
        assert!(taken_over > 0 && !refused.is_empty() && !heard.is_empty());
    }
    let least = kills() as usize * AT_ONCE as usize;
    assert!(acknowledged.planned.len() > least && acknowledged.called.len() > least);
}
