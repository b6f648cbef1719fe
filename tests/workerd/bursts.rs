//! Much that is due: at once, one after the other, and while the process was down. What an object
//! notes of when its handlers run is measured.

use crate::server::Server;
use chrono::{DateTime, TimeDelta, Utc};
use lumenize::RetryPolicy;
use lumenize_tests::bells::{BellAsk, Ring};
use lumenize_tests::{At, Job};
use std::time::{Duration, Instant, SystemTime};

/// How often what is measured is tried: a machine may have something else to do.
const TRIES: i64 = 4;

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

impl Server {
    /// Sets a bell for these dates, by as many requests as are needed, and says whether that was done
    /// before the first of them.
    fn set(&self, bell: &str, dates: &[DateTime<Utc>], busy_ms: u32) -> bool {
        for (n, some) in dates.chunks(1_000).enumerate() {
            let ask = BellAsk::Set(1_000 * n as u32, some.to_owned(), busy_ms);
            let told: Vec<Ring> = self.run(&format!("/bell/{bell}"), &ask).unwrap();
            assert!(told.is_empty());
        }
        now() < dates[0]
    }

    pub(crate) fn rings(&self, bell: &str) -> Vec<Ring> {
        self.run(&format!("/bell/{bell}"), &BellAsk::Rings).unwrap()
    }

    /// Waits until a bell has rung so many times.
    pub(crate) fn rung(&self, bell: &str, times: usize) -> Vec<Ring> {
        let begin = Instant::now();
        loop {
            let rings = self.rings(bell);
            if rings.len() >= times {
                return rings;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{bell}: {} of {times} rang\n{}",
                rings.len(),
                self.console()
            );
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

/// Each rang once, in order, and none early.
fn check(rings: &[Ring], count: usize) {
    let numbers: Vec<u32> = rings.iter().map(|ring| ring.number).collect();
    let expected: Vec<u32> = (0..count as u32).collect();
    assert!(numbers == expected, "not each once, in order: {numbers:?}");
    for ring in rings {
        assert!(ring.began >= ring.due, "early: {ring:?}");
    }
}

/// Runs `measure`, for a bell and the first of its dates, until the milliseconds that it returns are
/// at most `bound`.
fn at_most(bound: i64, what: &str, measure: impl Fn(&str, DateTime<Utc>) -> Option<i64>) {
    for n in 1..=TRIES {
        let first = now() + TimeDelta::seconds(n);
        match measure(&format!("bell-{n}"), first) {
            Some(ms) if ms <= bound => return,
            Some(ms) => println!("{what}: {ms} ms, over the bound of {bound} ms"),
            None => println!("{what}: it took too long to set the bell"),
        }
    }
    panic!("{what}: not once at most {bound} ms");
}

/// The thousand need ten seconds, but are due within three: most of them are overdue most of the time.
#[test]
fn a_thousand_within_three_seconds_run_one_right_after_the_other() {
    let server = Server::start_alone();
    // An alarm that failed would ring again after two seconds.
    at_most(500, "the longest pause between two", |bell, first| {
        let dates: Vec<_> = (0..1_000)
            .map(|place| first + TimeDelta::seconds(place * 3 / 1_000))
            .collect();
        if !server.set(bell, &dates, 10) {
            return None;
        }
        // Nobody asks the object meanwhile: it goes on by itself.
        std::thread::sleep(Duration::from_secs(11));
        let rings = server.rung(bell, 1_000);
        check(&rings, 1_000);
        assert!(rings.iter().all(|ring| ring.ended - ring.began >= 10));
        let pauses: Vec<i64> = rings
            .windows(2)
            .map(|two| two[1].began - two[1].due.max(two[0].ended))
            .collect();
        let longest = pauses.iter().copied().max().unwrap();
        println!(
            "1,000 of 10 ms within 3 s: {} ms, the longest pause {longest} ms, all pauses {} ms",
            rings[999].ended - rings[0].due,
            pauses.iter().sum::<i64>(),
        );
        Some(longest)
    });
}

/// The 99th percentile of how late a thread wakes up that sleeps until these dates: what the machine
/// adds by itself.
fn late_by_itself(dates: &[DateTime<Utc>]) -> i64 {
    let late = |date: &DateTime<Utc>| {
        std::thread::sleep((*date - now()).to_std().unwrap_or_default());
        (now() - *date).num_milliseconds()
    };
    let mut late: Vec<i64> = dates.iter().map(late).collect();
    late.sort();
    late[dates.len() * 99 / 100 - 1]
}

#[test]
fn a_thousand_a_few_milliseconds_apart_are_on_time() {
    let server = Server::start_alone();
    at_most(
        50,
        "the 99th percentile, beyond that of a thread that sleeps",
        |bell, first| {
            let dates: Vec<_> = (0..1_000)
                .map(|place| first + TimeDelta::milliseconds(place * 4))
                .collect();
            if !server.set(bell, &dates, 0) {
                return None;
            }
            let by_itself = late_by_itself(&dates);
            std::thread::sleep(Duration::from_millis(500));
            let rings = server.rung(bell, 1_000);
            check(&rings, 1_000);
            let mut late: Vec<i64> = rings.iter().map(|ring| ring.began - ring.due).collect();
            late.sort();
            println!(
                "1,000 each 4 ms: late by {} ms (median), {} ms (99%), {} ms (all); a thread that sleeps: {by_itself} ms (99%)",
                late[499], late[989], late[999]
            );
            Some(late[989] - by_itself)
        },
    );
}

#[test]
fn ten_thousand_at_once_all_run_in_order() {
    let server = Server::start();
    at_most(60_000, "10,000 at once", |bell, first| {
        // Longer and longer, so that all are there before the first is due.
        let due = first + (first - now()) * 5;
        if !server.set(bell, &vec![due; 10_000], 0) {
            return None;
        }
        std::thread::sleep((due - now()).to_std().unwrap_or_default());
        let rings = server.rung(bell, 10_000);
        check(&rings, 10_000);
        let took = rings[9_999].ended - due.timestamp_millis();
        println!("10,000 at once: {took} ms");
        Some(took)
    });
}

#[test]
fn two_thousand_alarms_in_a_chain_none_stops() {
    let server = Server::start();
    // The one is due again within its wake, the other needs an alarm for each.
    for (name, delay) in [("at-once", 0), ("a-millisecond", 1)] {
        let policy = RetryPolicy::default();
        server.schedule(name, At::After(0), Job::Again(delay, 2_000), policy);
    }
    for name in ["at-once", "a-millisecond"] {
        let begin = Instant::now();
        while !server.pending(name).is_empty() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{:?}",
                server.log(name).last()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let expected: Vec<String> = (0..=2_000).rev().map(|n| format!("again {n}")).collect();
        assert!(
            server.log(name) == expected,
            "{name}: not each once, in order"
        );
    }
}

/// Nobody asks for it: workerd rings by itself when it starts, and the object knows its name.
#[test]
fn what_was_due_while_the_process_was_down_runs_when_it_starts() {
    let mut server = Server::start();
    let bells = ["one", "two", "three", "four"];
    let due = now() + TimeDelta::seconds(3);
    let in_time = bells.map(|bell| server.set(bell, &[due; 5], 0));
    server.kill();
    assert_eq!(in_time, [true; 4], "it took too long to set the bells");
    std::thread::sleep(Duration::from_secs(5));
    let started = now().timestamp_millis();
    server.start_again();
    // Later and later, until the first that is asked has rung before.
    let unasked = bells.iter().any(|bell| {
        std::thread::sleep(Duration::from_secs(1));
        let asked = now().timestamp_millis();
        let rings = server.rung(bell, 5);
        rings.iter().all(|ring| ring.ended < asked)
    });
    assert!(unasked, "none rang before it was asked");
    for bell in bells {
        let rings = server.rung(bell, 5);
        check(&rings, 5);
        for ring in rings {
            assert!(ring.began >= started, "{ring:?}");
            assert_eq!(ring.name, bell);
        }
    }
}

#[test]
fn an_object_without_a_name_is_asked_by_its_id() {
    let mut server = Server::start();
    let (status, id) = server.get("/new-id");
    assert_eq!((status, id.len()), (200, 64), "{id}");
    let path = format!("/bell-by-id/{id}");
    let due = now() + TimeDelta::milliseconds(1_500);
    let set = BellAsk::Set(0, vec![due; 3], 0);
    let told: Vec<Ring> = server.run(&path, &set).unwrap();
    assert!(told.is_empty());
    server.kill();
    server.start_again();
    let begin = Instant::now();
    let rings = loop {
        let rings: Vec<Ring> = server.run(&path, &BellAsk::Rings).unwrap();
        if rings.len() >= 3 {
            break rings;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{rings:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    check(&rings, 3);
    assert!(rings.iter().all(|ring| ring.name == id), "{rings:?}");
    // One that has the same text for its name is another object.
    assert!(server.rings(&id).is_empty());
    for wrong in ["x", &id[1..], &"0".repeat(64)] {
        let (status, told) = server
            .ask("POST", &format!("/bell-by-id/{wrong}"), &[], b"\"Rings\"")
            .unwrap();
        assert_eq!(status, 404, "{wrong}: {told}");
        assert!(
            told.contains(&format!("`{wrong}` is no id of a `Bell`")),
            "{told}"
        );
    }
}
