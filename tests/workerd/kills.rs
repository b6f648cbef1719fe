//! `kill -9` at random moments, and objects that are taken out of memory between them.

use crate::server::{Out, Server};
use lumenize::RetryPolicy;
use lumenize_tests::{Ask, At, Job, Told};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often workerd is killed: 20 times unless `LUMENIZE_KILLS` says otherwise.
pub(crate) fn kills() -> u64 {
    match std::env::var("LUMENIZE_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 20,
    }
}

/// A random number below the bound.
pub(crate) fn random(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}

/// What was scheduled and acknowledged, by the names of the objects.
type Acknowledged = BTreeMap<String, Vec<String>>;

/// Schedules until nobody answers any more.
fn schedule_until_killed(server: &Server, next: &AtomicU64) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (lab, line) = (format!("lab-{}", number % 3), number.to_string());
        let at = At::After(number % 40);
        let ask = Ask::Schedule(at, Job::Log(line.clone()), RetryPolicy::default());
        match server.try_lab(&lab, &ask) {
            Some(Told::Scheduled(_)) => acknowledged.entry(lab).or_default().push(line),
            // The object was taken out of memory: it may have been scheduled.
            Some(_) => {}
            None => return acknowledged,
        }
    }
}

#[test]
fn killed_at_any_moment_every_handler_ran_exactly_once() {
    let mut server = Server::start();
    let mut acknowledged = Acknowledged::new();
    let (next, mut taken_out) = (AtomicU64::new(0), 0);
    for round in 0..kills() {
        if round > 0 {
            server.start_again();
        }
        // The moment comes in the middle of requests, or of an alarm.
        server.log("lab-0");
        let until_killed = Duration::from_millis(random(400));
        let out: Vec<Duration> = (0..random(4))
            .map(|_| Duration::from_millis(random(40)))
            .collect();
        let scheduled = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| schedule_until_killed(&server, &next)));
            for pause in out {
                std::thread::sleep(pause);
                server.take_objects_out(match random(2) {
                    0 => Out::Evict,
                    _ => Out::Abort,
                });
                taken_out += 1;
            }
            std::thread::sleep(until_killed);
            server.kill();
            threads.map(|thread| thread.join().unwrap())
        });
        for (lab, mut lines) in scheduled.into_iter().flatten() {
            acknowledged.entry(lab).or_default().append(&mut lines);
        }
    }
    let total: usize = acknowledged.values().map(Vec::len).sum();
    assert!(total as u64 > 5 * kills(), "only {total} were scheduled");
    println!(
        "{} kills, taken out of memory {taken_out} times, {total} of {next:?} acknowledged",
        kills()
    );
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
