//! What ends the wasm instance, which all objects of the isolate share.

use crate::server::Server;
use chrono::{DateTime, Utc};
use lumenize::{CallError, Outcome, RetryPolicy};
use lumenize_tests::{Ask, At, Death, Job, Told};
use std::time::{Duration, Instant, SystemTime};

fn deaths() -> [Job; 4] {
    [
        Job::Panic("2".into()),
        Job::Die(Death::Abort, "2".into()),
        Job::Die(Death::Recurse, "2".into()),
        Job::Die(Death::Allocate, "2".into()),
    ]
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

/// Asks again and again, until something has failed of this lab. The longest wait for an answer.
fn slowest_until_failed(server: &Server, name: &str, ask: impl Fn()) -> Duration {
    let (begin, mut slowest) = (Instant::now(), Duration::ZERO);
    loop {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{name}: {}",
            server.console()
        );
        let asked = Instant::now();
        ask();
        slowest = slowest.max(asked.elapsed());
        match server.try_lab(name, &Ask::Failed) {
            Some(Told::Failed(failed)) if !failed.is_empty() => return slowest,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn what_traps_runs_out_of_attempts_and_takes_nothing_with_it() {
    let server = Server::start();
    let twice = RetryPolicy::default()
        .attempts(2)
        .initial_delay(Duration::from_millis(20));
    let reasons = [
        "panicked at tests/lib.rs",
        "unreachable",
        // Of the calls or of the memory for it, whichever ends first.
        "it trapped: R",
        "unreachable",
    ];
    for (n, death) in deaths().into_iter().enumerate() {
        let (name, beside) = (format!("victim-{n}"), format!("beside-{n}"));
        let due = DateTime::<Utc>::from(SystemTime::now()) + Duration::from_millis(1_000);
        for job in [log("1"), death.clone(), log("3")] {
            server.schedule(&name, At::Date(due), job, twice);
        }
        // A neighbour in the same isolate, with work of its own all the while.
        server.schedule(&beside, At::After(0), Job::Again(20, 100), twice);

        let begin = Instant::now();
        std::thread::scope(|scope| {
            let waits = [
                // An answer or an error, but soon.
                scope.spawn(|| {
                    slowest_until_failed(&server, &name, || {
                        let answer = server.try_lab(&beside, &Ask::Log);
                        assert!(
                            matches!(
                                &answer,
                                None | Some(
                                    Told::Log(_) | Told::Error(CallError::Unreachable { .. })
                                )
                            ),
                            "{answer:?}"
                        );
                    })
                }),
                // From another isolate always an answer.
                scope.spawn(|| {
                    slowest_until_failed(&server, &name, || {
                        match server.lab_from_elsewhere(&beside, &Ask::Log) {
                            Some(Told::Log(_)) => {}
                            Some(Told::Error(error)) => {
                                assert_eq!(error.outcome(), Outcome::NotExecuted, "{error}");
                            }
                            told => panic!("{death:?}: {told:?}"),
                        }
                    })
                }),
            ];
            for wait in waits {
                let slowest = wait.join().unwrap();
                assert!(
                    slowest < Duration::from_secs(3),
                    "{death:?}: a caller waited {slowest:?}"
                );
            }
        });
        let failed = server.failed(&name);
        assert_eq!((failed.len(), failed[0].attempts), (1, 2), "{death:?}");
        assert_eq!(failed[0].why.code.as_deref(), Some("lumenize.interrupted"));
        let reason = &failed[0].why.message;
        assert!(reason.contains(reasons[n]), "{death:?}: {reason}");
        while !server.pending(&name).is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{death:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(server.log(&name), ["1", "3"], "{death:?}");
        while !server.pending(&beside).is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{death:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let expected: Vec<String> = (0..=100).rev().map(|n| format!("again {n}")).collect();
        assert_eq!(server.log(&beside), expected, "{death:?}");
        assert_eq!(server.failed(&beside), []);
    }
}

#[test]
fn a_caller_whose_program_traps_hears_of_it_and_nothing_has_happened() {
    let server = Server::start();
    for (n, death) in deaths().into_iter().enumerate() {
        let name = format!("asked-{n}");
        let told = server.lab(&name, Ask::Do(log("before")));
        assert!(matches!(told, Told::Done), "{told:?}");
        let begin = Instant::now();
        let told = server.lab_from_elsewhere(&name, &Ask::Do(death.clone()));
        assert!(begin.elapsed() < Duration::from_secs(3), "{death:?}");
        match told {
            Some(Told::Error(error @ CallError::Unreachable { .. })) => {
                assert_eq!(error.outcome(), Outcome::NotExecuted);
                assert!(error.to_string().contains("trapped"), "{error}");
            }
            told => panic!("{death:?}: {told:?}"),
        }
        assert_eq!(server.log(&name), ["before"], "{death:?}");
        let told = server.lab(&name, Ask::Do(log("after")));
        assert!(matches!(told, Told::Done), "{told:?}");
        assert_eq!(server.log(&name), ["before", "after"], "{death:?}");
    }
}

#[test]
fn a_neighbour_that_traps_spends_nobody_elses_attempts() {
    let mut server = Server::start();
    for n in 0..4 {
        for line in 0..40 {
            let (name, job) = (format!("innocent-{n}"), log(&line.to_string()));
            server.schedule(&name, At::After(1_500), job, RetryPolicy::none());
        }
    }
    server.kill();
    // Overdue by more than a second at the next start, so all of it runs carefully.
    std::thread::sleep(Duration::from_millis(3_000));
    server.start_again();
    let poison = Ask::Do(Job::Panic("poison".into()));
    for _ in 0..40 {
        let told = server.lab_from_elsewhere("poison", &poison);
        assert!(
            matches!(told, Some(Told::Error(CallError::Unreachable { .. }))),
            "{told:?}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let begin = Instant::now();
    while (0..4).any(|n| !server.pending(&format!("innocent-{n}")).is_empty()) {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "{}",
            server.console()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut expected: Vec<String> = (0..40).map(|line| line.to_string()).collect();
    expected.sort();
    for n in 0..4 {
        let name = format!("innocent-{n}");
        let mut log = server.log(&name);
        log.sort();
        assert_eq!(log, expected, "{name}");
        assert_eq!(server.failed(&name), [], "{name}");
    }
}
