//! Fetches, by the executor in the Worker and by others, while objects are not in memory and workerd ends.

use crate::kills::{kills, random};
use crate::server::{Out, Server};
use lumenize_tests::errands::{FetcherAsk, FetcherSeen};
use lumenize_tests::fetcher::{ABORTS, Wanted};
use lumenize_tests::origin::Origin;
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    since.as_millis() as i64
}

fn ask(server: &Server, fetcher: &str, asked: &FetcherAsk) -> FetcherSeen {
    server.run(&format!("/fetcher/{fetcher}"), asked).unwrap()
}

/// By a Worker that no trap of the objects' isolate ends.
fn ask_from_elsewhere(server: &Server, fetcher: &str) -> FetcherSeen {
    let path = format!("/fetcher/{fetcher}");
    let seen = server.run_from_elsewhere(&path, &FetcherAsk::Look);
    seen.unwrap()
}

fn fetch(server: &Server, fetcher: &str, about: &str, wanted: Wanted) -> FetcherSeen {
    let asked = FetcherAsk::Fetch(about.to_owned(), wanted);
    ask(server, fetcher, &asked)
}

/// What is there once nothing is pending, at most after so long.
fn ended(server: &Server, fetcher: &str, patience: Duration) -> FetcherSeen {
    let begin = Instant::now();
    loop {
        let seen = ask(server, fetcher, &FetcherAsk::Look);
        if seen.pending.is_empty() {
            assert_eq!(seen.failed, []);
            return seen;
        }
        assert!(begin.elapsed() < patience, "{seen:?}\n{}", server.console());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn via(executor: &str) -> Wanted {
    Wanted {
        via: Some(executor.to_owned()),
        retries: Some(0),
        ..Wanted::post("mail://example.com/box", "hello")
    }
}

const SOON: Duration = Duration::from_secs(5);

/// Taking one out waits until it awaits nothing: see the test below.
#[test]
fn an_object_is_not_in_memory_while_a_fetch_runs() {
    let (server, origin) = (Server::start(), Origin::start());
    let began = now();
    let seen = fetch(&server, "main", "x", Wanted::get(origin.url("/slow/3000")));
    assert!(
        seen.made >= began - 1_000 && seen.log.is_empty(),
        "{seen:?}"
    );
    origin.wait_until(|origin| !origin.seen().is_empty());
    let evicting = Instant::now();
    server.take_objects_out(Out::Evict);
    assert!(evicting.elapsed() < Duration::from_millis(1_000));
    let out = now();
    assert!(out - began < 2_500, "it took too long");
    // Asked earlier, it would be in memory again.
    std::thread::sleep(Duration::from_millis(3_500));
    let seen = ask(&server, "main", &FetcherAsk::Look);
    assert_eq!(seen.log, ["x: 200 at last (1)"]);
    // It was made for the response, and is there since.
    assert!(seen.made >= began + 2_900, "{seen:?}, taken out at {out}");
    assert_eq!(origin.seen().len(), 1);
    assert_eq!(seen.pending, []);
}

/// The executor of this one acknowledges only in the end, so the object waits for it.
#[test]
fn an_object_that_waits_for_its_executor_stays_in_memory() {
    let (server, origin) = (Server::start(), Origin::start());
    let wanted = Wanted {
        via: Some("SLOW".to_owned()),
        ..Wanted::get(origin.url("/slow/1500"))
    };
    fetch(&server, "main", "x", wanted);
    origin.wait_until(|origin| !origin.seen().is_empty());
    let evicting = Instant::now();
    server.take_objects_out(Out::Evict);
    assert!(evicting.elapsed() >= Duration::from_millis(1_000));
    let seen = ask(&server, "main", &FetcherAsk::Look);
    assert_eq!(seen.log, ["x: 200 slow (1)"]);
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn it_hears_of_its_fetch_though_it_is_reset_meanwhile() {
    let (server, origin) = (Server::start(), Origin::start());
    fetch(&server, "main", "x", Wanted::get(origin.url("/slow/600")));
    origin.wait_until(|origin| !origin.seen().is_empty());
    for _ in 0..3 {
        server.take_objects_out(Out::Abort);
        std::thread::sleep(Duration::from_millis(250));
    }
    assert_eq!(ended(&server, "main", SOON).log, ["x: 200 at last (1)"]);
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn what_is_cancelled_ends_at_the_server() {
    let (server, origin) = (Server::start(), Origin::start());
    let wanted = Wanted::get(origin.url("/stalled"));
    let asked = FetcherAsk::Once("x".to_owned(), wanted);
    ask(&server, "main", &asked);
    origin.wait_until(|origin| !origin.seen().is_empty());
    let began = Instant::now();
    ask(&server, "main", &FetcherAsk::Cancel("x".to_owned()));
    origin.wait_until(|origin| origin.abandoned() == 1);
    assert!(began.elapsed() < SOON);
    let seen = ended(&server, "main", SOON);
    assert_eq!(seen.log, [""; 0]);
}

/// It tells the object twice, before that with another token, and of another attempt.
#[test]
fn an_executor_of_ones_own_is_a_service_binding() {
    let server = Server::start();
    fetch(&server, "main", "x", via("MAIL"));
    let seen = ended(&server, "main", SOON);
    let expected = "x: 202 POST mail://example.com/box hello 30000 1048576 (1)";
    assert_eq!(seen.log, [expected]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(ask(&server, "main", &FetcherAsk::Look).log, [expected]);
}

#[test]
fn what_no_executor_takes_is_said_at_once() {
    let server = Server::start();
    for (executor, reason) in [
        ("NOBODY", "no binding `NOBODY` to an executor"),
        ("TEXT", "no binding `TEXT` to an executor"),
        ("NO_EXECUTOR", "does not implement"),
        ("UNWILLING", "not today"),
    ] {
        fetch(&server, executor, "x", via(executor));
        let log = ended(&server, executor, SOON).log;
        assert!(log[0].contains("not handed over"), "{log:?}");
        assert!(log[0].contains(reason), "{log:?}");
        assert!(log[0].ends_with("(NotExecuted)"), "{log:?}");
    }
}

/// The first time nothing of it is stored: the executor tells it again.
#[test]
fn a_handler_of_a_response_that_traps_is_set_aside_with_it() {
    let (server, origin) = (Server::start(), Origin::start());
    let wanted = Wanted {
        fails: ABORTS,
        ..Wanted::get(origin.url("/ok"))
    };
    fetch(&server, "main", "x", wanted);
    fetch(&server, "beside", "y", Wanted::get(origin.url("/slow/300")));
    let began = Instant::now();
    let seen = loop {
        let seen = ask_from_elsewhere(&server, "main");
        if !seen.failed.is_empty() {
            break seen;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{seen:?}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((seen.log.len(), seen.pending.len()), (0, 0));
    assert_eq!((seen.failed[0].attempts, seen.failed.len()), (5, 1));
    assert!(seen.failed[0].outcome.is_some());
    assert_eq!(origin.seen_at("/ok").len(), 1);
    let beside = ask_from_elsewhere(&server, "beside");
    assert_eq!(beside.log, ["y: 200 at last (1)"]);
    assert_eq!(origin.seen_at("/slow").len(), 1);
}

/// The Worker of before `ctx.exports`.
#[test]
fn the_executor_may_be_reached_by_a_binding() {
    let origin = Origin::start();
    let old = |config: String| {
        let (others, main) = config.rsplit_once("2026-04-01").unwrap();
        format!("{others}2025-06-01{main}")
    };
    let without = Server::start_as(old);
    fetch(&without, "main", "x", Wanted::get(origin.url("/ok")));
    let log = ended(&without, "main", SOON).log;
    assert!(log[0].contains("add a binding `LUMENIZE_FETCH`"), "{log:?}");
    drop(without);
    let server = Server::start_as(|config| {
        let binding = r#"(name = "LUMENIZE_FETCH", service = (name = "main", entrypoint = "LumenizeFetch")),"#;
        let text = r#"(name = "TEXT", text"#;
        old(config).replace(text, &format!("{binding} {text}"))
    });
    fetch(&server, "main", "x", Wanted::get(origin.url("/ok")));
    assert_eq!(ended(&server, "main", SOON).log, ["x: 200 ok (1)"]);
}

#[test]
fn an_executor_of_which_nothing_is_heard_is_given_up_in_time() {
    let server = Server::start();
    let began = Instant::now();
    let wanted = Wanted {
        timeout_ms: Some(300),
        retries: Some(1),
        ..via("SILENT")
    };
    fetch(&server, "main", "x", wanted);
    server.take_objects_out(Out::Evict);
    let seen = ended(&server, "main", Duration::from_secs(20));
    assert!(
        seen.log[0].starts_with("x: nothing was heard of it"),
        "{seen:?}"
    );
    assert_eq!(seen.log.len(), 1);
    // Two attempts, each with its time and 5 s.
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(10_600), "{took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// A body that takes the executor's time, and its own limit.
#[test]
fn this_runtime_has_a_limit_of_its_own_for_an_attempt() {
    let origin = Origin::start();
    let server = Server::start_as(|config| {
        let text = r#"(name = "TEXT", text"#;
        config.replace(
            text,
            &format!(r#"(name = "LUMENIZE_FETCH_MAX_MS", text = "400"), {text}"#),
        )
    });
    let wanted = Wanted {
        retries: Some(0),
        ..Wanted::get(origin.url("/endless"))
    };
    fetch(&server, "main", "x", wanted);
    let log = ended(&server, "main", SOON).log;
    assert_eq!(
        log,
        ["x: timed out before the response's body ended (Unknown)"]
    );
}

/// An executor ends with its process, and every fetch has its outcome, once.
#[test]
fn killed_with_fetches_in_flight_each_has_one_outcome() {
    let (mut server, origin) = (Server::start(), Origin::start());
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    let rounds = kills().min(20) / 4;
    for round in 0..rounds {
        for n in 0..40 {
            let about = format!("{round}-{n}");
            let path = match n % 4 {
                0 => format!("/ok?{about}"),
                1 => format!("/flaky/1?{about}"),
                2 => format!("/status/404?{about}"),
                _ => "/slow/700".to_owned(),
            };
            let wanted = Wanted {
                timeout_ms: Some(1_000),
                retries: Some(20),
                ..Wanted::get(origin.url(&path))
            };
            let object = format!("fetcher-{}", n % 3);
            fetch(&server, &object, &about, wanted);
            sent.insert(about, n % 3);
        }
        std::thread::sleep(Duration::from_millis(random(900)));
        server.kill();
        server.start_again();
    }
    for number in 0..3 {
        let object = format!("fetcher-{number}");
        let seen = ended(&server, &object, Duration::from_secs(40));
        let mut abouts: Vec<_> = seen
            .log
            .iter()
            .map(|l| l.split(':').next().unwrap())
            .collect();
        abouts.sort_unstable();
        let expected: Vec<_> = sent
            .iter()
            .filter(|(_, n)| **n == number)
            .map(|(a, _)| a)
            .collect();
        assert_eq!(abouts, expected, "{object}: not each once");
        for line in &seen.log {
            let ends = [": 200 ok", ": 200 now", ": 404 404", ": 200 at last"];
            assert!(ends.iter().any(|end| line.contains(end)), "{line}");
        }
    }
    println!(
        "{} fetches, {rounds} kills, {} requests",
        sent.len(),
        origin.seen().len()
    );
}

/// Bytes that no executor of ours sends, to an object that waits for no fetch.
#[test]
fn any_bytes_are_answered_and_trap_nothing() {
    let server = Server::start();
    server.log("main");
    server.lab(
        "main",
        lumenize_tests::Ask::Do(lumenize_tests::Job::Log("mine".to_owned())),
    );
    let told = b"\x00\xc8\x01\x09http://a/\x01\x01\x03x-y\x01z\x02ok";
    let message = [&[1, 5, 0][..], &[7; 36], told].concat();
    assert_eq!(server.send("main", &message).unwrap(), b"");
    let mut refused = 0;
    for end in 2..message.len() {
        refused += usize::from(!server.send("main", &message[..end]).unwrap().is_empty());
    }
    assert_eq!(refused, message.len() - 2);
    for place in 39..message.len() {
        for byte in [0, 1, 9, 10, 127, 128, 255] {
            let mut damaged = message.clone();
            damaged[place] = byte;
            server.send("main", &damaged).unwrap();
        }
    }
    let large = [
        &message[..39],
        &[0, 0xc8, 1, 0, 1, 0, 0xc0, 0xee, 0x6d],
        &[b'.'; 1_800_000],
    ]
    .concat();
    assert_eq!(server.send("main", &large).unwrap(), b"");
    let told = server
        .send("main", &[&message[..], &[0; 2_000_000]].concat())
        .unwrap_err();
    assert!(told.contains("at most 2000000 bytes"), "{told}");
    assert_eq!(server.log("main"), ["mine"]);
    let console = server.console();
    assert!(!console.contains("trapped"), "{console}");
}

/// What identifies an attempt to the engine is in no log.
#[test]
fn no_token_is_on_the_console() {
    let (server, origin) = (Server::start(), Origin::start());
    for path in ["/flaky/1", "/cut", "/ok?key=secret"] {
        let wanted = Wanted {
            headers: vec![("authorization".to_owned(), "secret".to_owned())],
            retries: Some(1),
            ..Wanted::get(origin.url(path))
        };
        fetch(&server, "main", path, wanted);
    }
    assert_eq!(ended(&server, "main", SOON).log.len(), 3);
    let console = server.console();
    assert!(console.contains("to be fetched again"), "{console}");
    for word in ["token", "secret"] {
        assert!(!console.contains(word), "{console}");
    }
}
