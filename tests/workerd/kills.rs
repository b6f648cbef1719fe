//! `kill -9`, and chains that must not break.

use crate::server::Server;
use lumenize::RetryPolicy;
use lumenize_tests::{Ask, At, Job, Told};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often workerd is killed: 20 times unless `LUMENIZE_KILLS` says otherwise.
fn kills() -> u64 {
    match std::env::var("LUMENIZE_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 20,
    }
}

#[test]
fn killed_at_any_moment_every_handler_ran_exactly_once() {
    let mut server = Server::start();
    let mut acknowledged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut next = 0;
    for round in 0..kills() {
        if round > 0 {
            server.start_again();
        }
        // The killing moment comes in the middle of a request, or of an alarm.
        let end = Instant::now() + Duration::from_millis(60 + round * 37 % 170);
        while Instant::now() < end {
            next += 1;
            let (lab, line) = (format!("lab-{}", next % 3), next.to_string());
            let at = At::After(next % 40);
            let ask = Ask::Schedule(at, Job::Log(line.clone()), RetryPolicy::default());
            if let Some(Told::Scheduled(_)) = server.try_lab(&lab, &ask) {
                acknowledged.entry(lab).or_default().push(line);
            }
        }
        server.kill();
    }
    let total: usize = acknowledged.values().map(Vec::len).sum();
    assert!(total as u64 > kills(), "only {total} were scheduled");
    println!("{} kills, {total} schedules acknowledged", kills());
    server.start_again();
    for (name, scheduled) in acknowledged {
        let begin = Instant::now();
        while !server.pending(&name).is_empty() {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{:?}",
                server.pending(&name)
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = server.log(&name);
        for line in &scheduled {
            let times = log.iter().filter(|logged| *logged == line).count();
            assert_eq!(times, 1, "{name}: {line}");
        }
        // What was committed and never acknowledged ran once too.
        let mut once = log.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), log.len(), "{name}");
        assert_eq!(server.failed(&name), []);
    }
}

#[test]
fn a_chain_of_two_thousand_alarms_does_not_stop() {
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
