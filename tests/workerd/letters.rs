//! Messages between objects that no object of ours has sent: by a Worker that has the binding.

use crate::server::Server;
use lumenize::{CallError, Outcome};
use std::time::SystemTime;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    since.as_millis() as i64
}

/// A program of one step with one value: its shape in two bytes (version 1, a u32), and the number.
fn count(by: u8) -> Vec<u8> {
    [&b"\x02\x01\x05count\x01\x03\x04\x02\x01\x09"[..], &[by]].concat()
}

/// A program of one step without arguments.
fn step(name: &str) -> Vec<u8> {
    [&[2, 1, name.len() as u8], name.as_bytes(), &[0]].concat()
}

/// Version 1, a call, at depth 0, which acknowledges these; who calls and how; the program.
fn letter(id: u8, attempt: u32, deadline: i64, acknowledged: &[u8], program: &[u8]) -> Vec<u8> {
    let mut message = vec![1, 3, 0, acknowledged.len() as u8];
    for id in acknowledged {
        message.extend([*id; 16]);
    }
    let header = ([id; 16], attempt, deadline, 7_u32, "Other", "caller");
    message = postcard::to_extend(&header, message).unwrap();
    message.extend_from_slice(program);
    message
}

fn call(id: u8, program: &[u8]) -> Vec<u8> {
    letter(id, 1, now() + HOUR, &[], program)
}

fn acknowledgement(ids: &[u8]) -> Vec<u8> {
    let ids = ids.iter().flat_map(|id| [*id; 16]);
    [1, 4].into_iter().chain(ids).collect()
}

/// What is answered to a call: the result, and whether it is kept.
fn read(answer: &[u8]) -> (Result<Vec<u8>, CallError>, bool) {
    match answer {
        [1, kept @ (2 | 3), result @ ..] => (postcard::from_bytes(result).unwrap(), *kept == 3),
        _ => panic!("{answer:?}"),
    }
}

/// What is answered to what is no call.
fn refusal(answer: &[u8]) -> String {
    match answer {
        [1, 1, ..] => match postcard::from_bytes(&answer[1..]).unwrap() {
            Err(CallError::Refused { reason }) => reason,
            other => {
                let other: Result<Vec<u8>, CallError> = other;
                panic!("{other:?}")
            }
        },
        _ => panic!("{answer:?}"),
    }
}

#[test]
fn a_call_is_executed_once_however_often_it_comes() {
    let server = Server::start();
    let send = |message: &[u8]| read(&server.send("main", message).unwrap());
    let (first, kept) = send(&call(1, &count(7)));
    assert!(first.is_ok() && kept);
    for attempt in [1, 2, 2, 9, 0] {
        let again = send(&letter(1, attempt, now() + HOUR, &[], &count(7)));
        assert_eq!(again, (first.clone(), true), "{attempt}");
    }
    // Whatever it says to be this time.
    let (other, _) = send(&call(1, &count(8)));
    assert_eq!(other, first);
    assert_eq!(server.log("main"), ["count(7)"]);

    // Once it is acknowledged, alone or with another call, nobody hears the answer again.
    server.send("main", &acknowledgement(&[1, 99])).unwrap();
    let (second, _) = send(&letter(2, 1, now() + HOUR, &[1, 1], &count(1)));
    assert!(second.is_ok());
    let (third, _) = send(&letter(3, 2, now() + HOUR, &[2], &count(1)));
    assert!(third.is_ok());
    for id in [1, 2] {
        match send(&call(id, &count(7))) {
            (Err(error @ CallError::Unreachable { .. }), false) => {
                assert_eq!(error.outcome(), Outcome::Unknown);
            }
            told => panic!("{told:?}"),
        }
    }
    assert_eq!(server.log("main"), ["count(7)", "count(1)", "count(1)"]);

    // What only reads is neither written down nor looked up.
    let (log, kept) = send(&call(4, &step("log")));
    assert!(log.is_ok() && !kept);
}

#[test]
fn a_call_that_comes_too_late_or_from_far_in_the_future_is_not_executed() {
    let server = Server::start();
    for (id, deadline) in [now() - 1, 0, -1, i64::MIN, now() + 40 * DAY, i64::MAX]
        .into_iter()
        .enumerate()
    {
        for attempt in [1, 2] {
            let message = letter(id as u8, attempt, deadline, &[], &count(7));
            match read(&server.send("main", &message).unwrap()) {
                (Err(CallError::Timeout { .. }), false) => {}
                told => panic!("{deadline}: {told:?}"),
            }
        }
    }
    assert_eq!(server.log("main"), [""; 0]);
}

#[test]
fn what_is_not_pub_is_refused_and_that_is_kept() {
    let server = Server::start();
    for (id, name) in ["hidden", "write", "new", "nobody", ""]
        .into_iter()
        .enumerate()
    {
        for attempt in [1, 2] {
            let message = letter(id as u8, attempt, now() + HOUR, &[], &step(name));
            match read(&server.send("main", &message).unwrap()) {
                (Err(CallError::Refused { reason }), true) => {
                    assert!(reason.contains(&format!("`{name}`")), "{reason}");
                }
                told => panic!("{name}: {told:?}"),
            }
        }
    }
    assert_eq!(server.log("main"), [""; 0]);
}

#[test]
fn a_message_of_another_release_is_answered_as_such() {
    let server = Server::start();
    let mut message = call(1, &count(7));
    message[0] = 2;
    let reason = refusal(&server.send("main", &message).unwrap());
    assert_eq!(reason, "a message of version 2; this release knows 1");
    // Of the program.
    let mut program = count(7);
    program[0] = 99;
    let reason = refusal(&server.send("main", &call(1, &program)).unwrap());
    assert_eq!(
        reason,
        "the program is of format version 99, this code reads version 3"
    );
    // Nothing was kept: it may come again in a form that is understood.
    let told = server.send("main", &call(1, &count(7))).unwrap();
    assert!(matches!(read(&told), (Ok(_), true)));
    assert_eq!(server.log("main"), ["count(7)"]);
}

/// Nothing that comes by RPC is the outcome of a call, or any other event.
#[test]
fn any_bytes_are_answered_and_run_nothing_that_is_not_pub() {
    let server = Server::start();
    let message = letter(1, 1, now() + HOUR, &[2], &count(7));
    for end in 0..message.len() {
        let told = server.send("main", &message[..end]).unwrap();
        assert!(!refusal(&told).is_empty());
    }
    let mut executed = 0;
    for place in 0..message.len() {
        for byte in [0, 1, 2, 3, 4, 5, 9, 38, 127, 128, 254, 255] {
            let mut damaged = message.clone();
            damaged[place] = byte;
            let told = server.send("main", &damaged).unwrap();
            match told.as_slice() {
                // An acknowledgement has no answer, and is of whole ids.
                [] => assert!(damaged[1] == 4 && damaged.len() % 16 == 2),
                [1, 2 | 3, ..] => executed += usize::from(read(&told).0.is_ok()),
                _ => drop(refusal(&told)),
            }
        }
    }
    for (kind, rest) in [
        (4, 15),
        (4, 17),
        (4, 16 * 1_001),
        (5, 0),
        (5, 37),
        (255, 37),
    ] {
        let message = [&[1, kind][..], &vec![0; rest]].concat();
        assert!(!refusal(&server.send("main", &message).unwrap()).is_empty());
    }
    // It claims a hundred mebibytes of a name.
    let claim = [&[1, 3, 0, 0][..], &[1; 19], &[0x80, 0x80, 0x80, 0x32]].concat();
    assert!(!refusal(&server.send("main", &claim).unwrap()).is_empty());
    assert!(executed > 100, "{executed}");
    let log = server.log("main");
    assert!(log.iter().all(|line| line.starts_with("count(")), "{log:?}");
    let console = server.console();
    assert!(!console.contains("trapped"), "{console}");
}
