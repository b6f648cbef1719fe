//! Calls between objects that are killed, evicted and trap meanwhile.

use crate::kills::{kills, random};
use crate::server::{Out, Server};
use lumenize::CallError;
use lumenize_tests::phone::{Ask, Manner};
use lumenize_tests::switchboard::{AccountAsk, AccountSeen, PhoneAsk, PhoneSeen};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

fn phone(server: &Server, name: &str, ask: &PhoneAsk) -> PhoneSeen {
    let seen: Result<_, CallError> = server.run_from_elsewhere(&format!("/phone/{name}"), ask);
    seen.unwrap()
}

/// What is in it, even if what traps meanwhile takes answers with it.
fn look(server: &Server, name: &str) -> Option<PhoneSeen> {
    let seen: Result<_, CallError> =
        server.run_from_elsewhere(&format!("/phone/{name}"), &PhoneAsk::Look);
    seen.ok()
}

/// Waits until a phone is as it is to be, at most a minute.
fn wait(server: &Server, name: &str, done: impl Fn(&PhoneSeen) -> bool) -> PhoneSeen {
    let begin = Instant::now();
    loop {
        let seen = look(server, name);
        match seen {
            Some(seen) if done(&seen) => return seen,
            seen => assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{seen:?}\n{}",
                server.console()
            ),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ring(to: &str, ask: Ask, manner: Manner) -> PhoneAsk {
    PhoneAsk::Ring(to.to_owned(), ask, manner)
}

fn echo(text: &str) -> Ask {
    Ask::Echo(text.to_owned())
}

#[test]
fn a_handler_of_an_outcome_that_traps_is_set_aside_with_it() {
    for out in [None, Some(Out::Evict), Some(Out::Abort)] {
        let server = Server::start();
        let panics = Manner {
            fails: Manner::PANICS,
            ..Manner::default()
        };
        phone(&server, "a", &ring("b", echo("x"), panics));
        phone(&server, "a", &ring("b", echo("y"), Manner::default()));
        if let Some(out) = out {
            // Sooner or later than it is known which outcome it was.
            for pause in [30, 60, 200] {
                std::thread::sleep(Duration::from_millis(pause));
                server.take_objects_out(out);
            }
        }
        let seen = wait(&server, "a", |seen| {
            !seen.failed.is_empty() && seen.pending.is_empty()
        });
        let [failed] = seen.failed.as_slice() else {
            panic!("{seen:?}");
        };
        assert_eq!(failed.steps[0].handler, "heard", "{out:?}");
        assert_eq!(failed.attempts, 3, "{out:?}");
        assert!(failed.outcome.is_some(), "{failed:?}");
        assert_eq!(failed.why.code.as_deref(), Some("lumenize.interrupted"));
        let mut log = seen.log;
        log.sort();
        assert_eq!(log, ["gave up heard", "heard y"], "{out:?}");
        let mut heard = phone(&server, "b", &PhoneAsk::Look).log;
        heard.sort();
        assert_eq!(heard, ["asked x", "asked y"], "{out:?}");
    }
}

#[test]
fn what_a_worker_asks_again_with_its_key_is_executed_once() {
    let server = Server::start();
    let seen = phone(&server, "a", &PhoneAsk::AnswerTwice(7, echo("x")));
    assert_eq!(seen.log, ["asked x", "asked x, x"]);
    let seen = phone(&server, "a", &PhoneAsk::AnswerTwice(7, echo("y")));
    assert_eq!(seen.log[2..], ["asked x, x"]);
    let seen = phone(&server, "a", &PhoneAsk::AnswerTwice(8, Ask::Who));
    assert_eq!(seen.log[3..], ["Outside", "asked Outside, Outside"]);
}

/// Those that are sent again are marked on disk before each is executed, and others come meanwhile that are not.
#[test]
fn of_many_calls_that_wait_for_each_other_each_has_its_own_answer() {
    // If the last of one phone's calls had the answer of the other's, it would show.
    const TIMES: [usize; 2] = [100, 70];
    let often = TIMES.map(|times| PhoneAsk::Often("b".to_owned(), times as u32));
    let mut server = Server::start();
    let (mut called, mut again, mut rounds) = ([0, 0], 0, 0);
    // Some are killed before they have called, and have nothing to send again.
    while rounds < kills().div_ceil(5) || again <= TIMES[0] {
        rounds += 1;
        assert!(rounds <= 20 + kills(), "only {again} were sent again");
        std::thread::scope(|scope| {
            scope.spawn(|| server.try_from_elsewhere::<PhoneSeen>("/phone/a", &often[0]));
            std::thread::sleep(Duration::from_millis(random(60)));
            server.kill();
        });
        server.start_again();
        let waits = AtomicBool::new(true);
        let logs = std::thread::scope(|scope| {
            let calls = scope.spawn(|| {
                while waits.load(Ordering::Relaxed) {
                    phone(&server, "c", &often[1]);
                }
            });
            let a = wait(&server, "a", |seen| seen.pending.is_empty());
            waits.store(false, Ordering::Relaxed);
            calls.join().unwrap();
            let c = wait(&server, "c", |seen| seen.pending.is_empty());
            [a, c].map(|seen| seen.log)
        });
        for (log, times) in logs.iter().zip(TIMES) {
            for number in 0..times {
                let line = format!("heard {number}");
                let heard = log.iter().filter(|heard| **heard == line).count();
                assert_eq!(heard, log.len() / times, "{line}");
            }
        }
        called = logs.map(|log| log.len());
        again = server.console().matches("attempt=2").count();
    }
    println!("{rounds} kills, {called:?} called, {again} sent again");
    let asked = phone(&server, "b", &PhoneAsk::Look).log;
    assert_eq!(asked.len(), called.iter().sum::<usize>());
}

/// Another object ends the wasm instance again and again.
#[test]
fn a_neighbour_that_traps_loses_no_call() {
    let server = Server::start();
    let numbers: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let mut slow = Duration::ZERO;
    for number in &numbers {
        let begin = Instant::now();
        phone(&server, "a", &ring("b", echo(number), Manner::default()));
        let poison = PhoneAsk::Answer(Ask::Panic);
        let told: Result<PhoneSeen, CallError> =
            server.run_from_elsewhere("/phone/poison", &poison);
        assert!(told.unwrap_err().to_string().contains("trapped"));
        slow = slow.max(begin.elapsed());
    }
    let seen = wait(&server, "a", |seen| seen.log.len() >= numbers.len());
    assert_eq!(seen.pending, []);
    let heard = |log: &[String], word: &str| -> BTreeSet<String> {
        log.iter()
            .map(|line| line.strip_prefix(word).unwrap().to_owned())
            .collect()
    };
    let all: BTreeSet<String> = numbers.into_iter().collect();
    assert_eq!(
        (seen.log.len(), heard(&seen.log, "heard ")),
        (40, all.clone())
    );
    let log = phone(&server, "b", &PhoneAsk::Look).log;
    assert_eq!((log.len(), heard(&log, "asked ")), (40, all));
    assert!(slow < Duration::from_secs(5), "{slow:?}");
}

/// Ten thousand calls in a row, and a third object that is asked all the while.
#[test]
fn two_objects_that_call_each_other_starve_nobody() {
    let server = Server::start();
    let forgets = Manner {
        forgets: true,
        ..Manner::default()
    };
    let calls = ring("b", Ask::PingPong(2_000), forgets);
    phone(&server, "a", &calls);
    let begin = Instant::now();
    let mut slowest = Duration::ZERO;
    loop {
        let asked = Instant::now();
        phone(&server, "c", &PhoneAsk::Answer(echo("here")));
        slowest = slowest.max(asked.elapsed());
        let ended = ["a", "b"].map(|name| phone(&server, name, &PhoneAsk::Look).log);
        if ended
            .iter()
            .any(|log| log.iter().any(|line| line == "the last"))
        {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(100), "{ended:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    println!("2,000 calls in {:?}", begin.elapsed());
    for name in ["a", "b"] {
        assert_eq!(
            wait(&server, name, |seen| seen.pending.is_empty()).failed,
            []
        );
    }
}

const ACCOUNTS: u64 = 4;
const OPENED_WITH: i64 = 1_000;

fn account(server: &Server, number: u64, ask: &AccountAsk) -> Result<AccountSeen, String> {
    let path = format!("/account/account-{number}");
    let body = serde_json::to_vec(ask).unwrap();
    let told = server.ask("POST", &path, &[], &body);
    match told.map_err(|error| error.to_string())? {
        (200, text) => serde_json::from_str::<Result<_, CallError>>(&text)
            .unwrap()
            .map_err(|error| error.to_string()),
        (_, error) => Err(error),
    }
}

/// Moves money until nobody answers any more, and says how much was acknowledged.
fn transfer_until_killed(server: &Server, next: &AtomicI64) -> u64 {
    let mut acknowledged = 0;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (from, to) = (random(ACCOUNTS), random(ACCOUNTS));
        let amount = 1 + random(50) as i64;
        let ask = AccountAsk::Transfer(number, format!("account-{to}"), amount);
        match account(server, from, &ask) {
            Ok(_) => acknowledged += 1,
            // It is dead, or the object was taken out of memory.
            Err(_) if server.is_dead() => return acknowledged,
            Err(_) => {}
        }
    }
}

/// All accounts, once nothing is pending in any.
fn accounts(server: &Server) -> Vec<AccountSeen> {
    let begin = Instant::now();
    let mut is_settled = false;
    loop {
        let seen: Result<Vec<AccountSeen>, _> = (0..ACCOUNTS)
            .map(|number| account(server, number, &AccountAsk::Look))
            .collect();
        match &seen {
            // Money may have come to the first while others were looked at. When all are looked at once
            // more, it has all come.
            Ok(seen) if is_settled => return seen.clone(),
            Ok(seen) => is_settled = seen.iter().all(|account| account.pending.is_empty()),
            // A look may be lost on its way while so much is sent again, and may be repeated.
            Err(error) => println!("a look was lost: {error}"),
        }
        assert!(begin.elapsed() < Duration::from_secs(90), "{seen:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn killed_at_any_moment_every_transfer_is_booked_once_or_refused() {
    let mut server = Server::start();
    for number in 0..ACCOUNTS {
        account(&server, number, &AccountAsk::Open(OPENED_WITH)).unwrap();
    }
    let (next, mut acknowledged, mut taken_out) = (AtomicI64::new(0), 0, 0);
    for round in 0..kills() {
        if round > 0 {
            server.start_again();
        }
        let until_killed = Duration::from_millis(200 + random(600));
        let out: Vec<Duration> = (0..random(3))
            .map(|_| Duration::from_millis(random(200)))
            .collect();
        acknowledged += std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| transfer_until_killed(&server, &next)));
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
            threads
                .map(|thread| thread.join().unwrap())
                .iter()
                .sum::<u64>()
        });
    }
    println!(
        "{} kills, taken out of memory {taken_out} times, {acknowledged} acknowledged",
        kills()
    );
    assert!(acknowledged > 2 * kills(), "only {acknowledged}");
    server.start_again();
    let seen = accounts(&server);
    let total: i64 = seen.iter().map(|account| account.balance).sum();
    assert_eq!(
        total,
        OPENED_WITH * ACCOUNTS as i64,
        "{seen:?}\n{}",
        server.console()
    );
    let mut received: Vec<i64> = seen.iter().flat_map(|seen| seen.received.clone()).collect();
    received.sort_unstable();
    let mut booked = Vec::new();
    let mut transfers = 0;
    for transfer in seen.iter().flat_map(|account| &account.transfers) {
        transfers += 1;
        assert_eq!(transfer.told, 1, "{transfer:?}");
        let became = transfer.became.as_deref().unwrap();
        match became {
            "booked" => booked.push(transfer.number),
            _ => assert!(became.contains("it ends in 7"), "{became}"),
        }
        assert_eq!(became != "booked", transfer.amount % 10 == 7);
    }
    assert!(transfers >= acknowledged, "{transfers}");
    booked.sort_unstable();
    assert_eq!(received, booked);
    assert!(seen.iter().all(|account| account.failed.is_empty()));

    // What SQLite itself finds: no call is left, and of each that was executed its id.
    std::thread::sleep(Duration::from_millis(1_500));
    server.kill();
    let mut calls = 0;
    for path in server.databases("account") {
        if path.ends_with("metadata.sqlite") {
            continue;
        }
        let database = Connection::open(path).unwrap();
        let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
        assert_eq!(count("SELECT count(*) FROM lumenize_queue"), 0);
        calls += count("SELECT count(*) FROM lumenize_inbox");
    }
    assert_eq!(calls, transfers as i64);
}

/// A callee forgets an answer about a second after it was handled.
#[test]
fn answers_are_forgotten_soon_after_they_were_handled() {
    let server = Server::start();
    phone(&server, "a", &PhoneAsk::Often("b".into(), 300));
    wait(&server, "a", |seen| seen.log.len() == 300);
    std::thread::sleep(Duration::from_millis(2_500));
    server.kill();
    let mut inbox = (0, 0);
    for path in server.databases("phone") {
        if path.ends_with("metadata.sqlite") {
            continue;
        }
        let database = Connection::open(path).unwrap();
        let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
        inbox.0 += count("SELECT count(*) FROM lumenize_inbox");
        inbox.1 += count("SELECT count(*) FROM lumenize_inbox WHERE length(answer) > 0");
        assert_eq!(count("SELECT count(*) FROM lumenize_queue"), 0);
    }
    assert_eq!(inbox, (300, 0));
}
