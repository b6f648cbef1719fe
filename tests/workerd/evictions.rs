//! Objects that are taken out of memory, as workerd does with idle ones, and when something goes wrong.

use crate::server::{Out, Server};
use chrono::{DateTime, TimeDelta, Utc};
use lumenize::RetryPolicy;
use lumenize_tests::bells::{BellAsk, Ring};
use lumenize_tests::{At, Job};
use std::time::{Duration, Instant, SystemTime};

#[test]
fn an_alarm_rings_in_an_object_that_is_not_in_memory() {
    let server = Server::start();
    for (how, bell) in [(Out::Evict, "evicted"), (Out::Abort, "aborted")] {
        let due = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(1);
        let set = BellAsk::Set(0, vec![due], 0);
        let told: Vec<Ring> = server.run(&format!("/bell/{bell}"), &set).unwrap();
        assert!(told.is_empty());
        server.take_objects_out(how);
        let out = DateTime::<Utc>::from(SystemTime::now());
        assert!(out < due, "it took too long");
        // Asked earlier, it would be in memory again.
        std::thread::sleep(Duration::from_millis(1_500));
        let rings = server.rung(bell, 1);
        assert_eq!(rings.len(), 1, "{how:?}");
        assert!(rings[0].began >= due.timestamp_millis(), "{rings:?}");
        assert!(
            rings[0].made >= out.timestamp_millis(),
            "{how:?}: it stayed in memory: {rings:?}"
        );
        assert_eq!(rings[0].name, bell);
    }
}

/// No process starts anew here, which would ring what is overdue: an alarm that is lost stays lost.
#[test]
fn taken_out_at_any_moment_a_chain_goes_on_and_each_runs_once() {
    const LINKS: usize = 400;
    let server = Server::start();
    let labs = ["quick", "slow"];
    for (lab, delay) in labs.into_iter().zip([1, 10]) {
        let job = Job::Again(delay, LINKS as u32);
        server.schedule(lab, At::After(0), job, RetryPolicy::default());
    }
    let begin = Instant::now();
    let wait = |lab: &str, lines: usize| {
        // The answer may be lost together with the object.
        while server.try_log(lab).len() < lines {
            assert!(
                begin.elapsed() < Duration::from_secs(100),
                "{lab}: {:?} is the last\n{}",
                server.log(lab).last(),
                server.console()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    // workerd rings again two seconds after an abort that came in the middle of an alarm.
    for round in 0..12 {
        wait("slow", round * 15);
        std::thread::sleep(Duration::from_millis(round as u64 * 7));
        server.take_objects_out(match round % 3 {
            0 => Out::Abort,
            _ => Out::Evict,
        });
    }
    let expected: Vec<String> = (0..=LINKS).rev().map(|n| format!("again {n}")).collect();
    for lab in labs {
        wait(lab, expected.len());
        assert!(
            server.log(lab) == expected,
            "{lab}: not each once, in order"
        );
        assert_eq!(server.pending(lab), []);
        assert_eq!(server.failed(lab), []);
    }
}
