//! A Worker of one release asks objects of a Worker of another, and so do its own objects.

use crate::redeploy::settled;
use crate::server::Server;
use lumenize::CallError;
use lumenize_tests::clerks::{ClerkAsk, Clerked, DeskAsk};

/// By a caller outside: the reason for which it is refused.
fn refusal(server: &Server, ask: &ClerkAsk) -> String {
    match server.clerk(ask) {
        Err(CallError::Refused { reason }) => reason,
        told => panic!("{told:?}"),
    }
}

#[test]
fn a_worker_asks_objects_of_another_release() {
    // It asks by a name that the handler had, does not send what is new, and leaves out what is new in the answer.
    let server = Server::start_releases("renamed", "first");
    let seen = server.clerk(&ClerkAsk::Greet).unwrap();
    assert_eq!(
        seen.answer.as_deref(),
        Some(r#"Receipt { letters: 23, line: "hello, Ada (36) of None" }"#)
    );
    let seen = server.clerk(&ClerkAsk::Stamp(1)).unwrap();
    assert_eq!(
        seen.answer.as_deref(),
        Some(r#"Receipt { letters: 6, line: "seal 1" }"#)
    );
    assert_eq!(seen.log, ["hello, Ada (36) of None", "seal 1"]);

    // It sends more than is known there, and asks by a name that is not.
    let server = Server::start_releases("first", "renamed");
    let seen = server.clerk(&ClerkAsk::Greet).unwrap();
    assert_eq!(
        seen.answer.as_deref(),
        Some(r#"Receipt { language: None, letters: 15, line: "hello, Ada (36)" }"#)
    );
    let reason = refusal(&server, &ClerkAsk::Stamp(1));
    assert_eq!(reason, "`Clerk` has no handler `seal`");

    // What it sends lacks something.
    let server = Server::start_releases("second", "first");
    let reason = refusal(&server, &ClerkAsk::Greet);
    assert!(reason.contains("`greet`"), "{reason}");
    assert!(reason.contains("missing field `address`"), "{reason}");

    // It can't read the answer, so it can't tell what the handler has done: the other has.
    let server = Server::start_releases("first", "second");
    match server.clerk(&ClerkAsk::Greet) {
        Err(CallError::Result { reason }) => assert!(reason.contains("`letters`"), "{reason}"),
        told => panic!("{told:?}"),
    }
    let seen = server.clerk(&ClerkAsk::Look).unwrap();
    assert_eq!(seen.log, ["hello, Ada (36)"]);
}

fn heard(server: &Server, lines: usize) -> Clerked {
    settled(
        || server.desk(&DeskAsk::Look).unwrap(),
        |seen| seen.pending.is_empty() && seen.log.len() >= lines,
    )
}

#[test]
fn objects_call_objects_of_another_release() {
    for (main, front, greeting, stamp, done) in [
        (
            "renamed",
            "first",
            r#"heard 0: Receipt { letters: 23, line: "hello, Ada (36) of None" }"#,
            r#"heard 7: Receipt { letters: 6, line: "seal 7" }"#,
            &["hello, Ada (36) of None", "seal 7"][..],
        ),
        (
            "first",
            "renamed",
            r#"heard 0: Receipt { language: None, letters: 15, line: "hello, Ada (36)" }"#,
            "not heard 7: refused: `Clerk` has no handler `seal` (NotExecuted)",
            &["hello, Ada (36)"][..],
        ),
    ] {
        let server = Server::start_releases(main, front);
        server.desk(&DeskAsk::Greeting).unwrap();
        heard(&server, 1);
        server.desk(&DeskAsk::Stamps(7, 1)).unwrap();
        let seen = heard(&server, 2);
        assert_eq!(seen.log, [greeting, stamp]);
        assert_eq!(seen.failed, []);
        let clerk = server.clerk(&ClerkAsk::Look).unwrap();
        assert_eq!(clerk.log, done);
    }
}

#[test]
fn an_answer_that_the_release_of_the_caller_can_t_read_waits_for_one_that_can() {
    let mut server = Server::start_releases("first", "second");
    server.desk(&DeskAsk::Greeting).unwrap();
    let look = || server.desk(&DeskAsk::Look).unwrap();
    let seen = settled(look, |seen| !seen.failed.is_empty());
    assert_eq!((seen.pending.len(), seen.log.len()), (0, 0));
    let [work] = seen.failed.as_slice() else {
        panic!("{seen:?}");
    };
    assert_eq!((work.parked, work.attempts), (true, 0), "{work:?}");
    let reason = &work.why.message;
    assert!(
        reason.starts_with("`heard`: the argument `receipt`: ") && reason.contains("`letters`"),
        "{reason}"
    );
    server.kill();

    server.deploy("first", "first");
    let seen = heard(&server, 1);
    assert_eq!(
        seen.log,
        [r#"heard 0: Receipt { letters: 15, line: "hello, Ada (36)" }"#]
    );
    assert_eq!(seen.failed, []);
    let clerk = server.clerk(&ClerkAsk::Look).unwrap();
    assert_eq!(clerk.log, ["hello, Ada (36)"]);
}
