//! What comes from outside: forwarded web requests, and RPC to other names than ours.

use crate::server::Server;
use lumenize::CallError;
use lumenize_tests::{Ask, Job, Told};

/// Version 1, a program to run: of version 2, one step, `count`, with one value: its shape in two
/// bytes (version 1, a u32), and 7.
fn message() -> Vec<u8> {
    let count = b"\x05count\x01\x03\x04\x02\x01\x09\x07";
    [&[1, 0, 2, 1], &count[..]].concat()
}

/// What an answer says: its version, 1, then the result.
fn read(answer: &[u8]) -> Result<Vec<u8>, CallError> {
    assert_eq!(answer.first(), Some(&1), "{answer:?}");
    postcard::from_bytes(&answer[1..]).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

#[test]
fn any_bytes_are_answered_and_trap_nothing() {
    let server = Server::start();
    let send = |bytes: &[u8]| read(&server.send("main", bytes).unwrap());
    assert!(send(&message()).is_ok());
    assert_eq!(server.log("main"), ["count(7)"]);
    let message = message();
    for end in 0..message.len() {
        let told = send(&message[..end]);
        assert!(
            matches!(told, Err(CallError::Refused { .. })),
            "{end} bytes: {told:?}"
        );
    }
    let mut ran = 1;
    for place in 0..message.len() {
        for byte in [0, 1, 2, 3, 9, 38, 127, 128, 254, 255] {
            let mut damaged = message.clone();
            damaged[place] = byte;
            // Some are another message, as the one that counts to another number.
            match send(&damaged) {
                Ok(_) => ran += u32::from(damaged[..2] == [1, 0]),
                Err(CallError::Refused { .. }) => {}
                // What may have run already, and writes.
                Err(CallError::Unreachable { .. }) if damaged[1] == 2 => {}
                Err(told) => panic!("{damaged:?}: {told:?}"),
            }
        }
    }
    // A value that says to be nested deeper than any stack.
    let deep = [
        &[1, 0, 2, 1, 5][..],
        b"count",
        &[1, 3, 0x84, 0x80, 4, 2, 1, 9],
        &[1; 65_537],
    ]
    .concat();
    assert!(matches!(send(&deep), Err(CallError::Refused { .. })));
    let told = server.send("main", &vec![1; 2 << 20]).unwrap_err();
    assert!(told.contains("a message has at most"), "{told}");
    let console = server.console();
    assert!(!console.contains("trapped"), "{console}");
    let log = server.log("main");
    assert!(log.iter().all(|line| line.starts_with("count(")), "{log:?}");
    assert_eq!(log.len(), ran as usize);
}

/// Also by a message that no builder makes: `run` refuses such a continuation where it is built.
#[test]
fn what_is_not_pub_is_refused_by_the_receiver() {
    let server = Server::start();
    let step = |name: &str| [&[1, 0, 2, 1, name.len() as u8], name.as_bytes(), &[0]].concat();
    assert!(read(&server.send("main", &step("name")).unwrap()).is_ok());
    for (name, reason) in [
        ("hidden", "`hidden` is not `pub`"),
        ("write", "`write`"),
        ("new", "`new`"),
        ("hidden_continuation", "`hidden_continuation`"),
        ("", "``"),
    ] {
        match read(&server.send("main", &step(name)).unwrap()) {
            Err(CallError::Refused { reason: told }) => assert!(told.contains(reason), "{told}"),
            told => panic!("{name}: {told:?}"),
        }
    }
    assert_eq!(server.log("main"), [""; 0]);
}

#[test]
fn what_may_have_run_is_not_run_again_if_it_writes() {
    let server = Server::start();
    let send = |kind: u8, message: &[u8]| {
        let mut message = message.to_vec();
        message[1] = kind;
        server.send("main", &message).unwrap()
    };
    let refusal = send(2, &message());
    let refusal = String::from_utf8_lossy(&refusal);
    assert!(refusal.contains("it writes"), "{refusal}");
    assert_eq!(server.log("main"), [""; 0]);
    send(0, &message());
    assert_eq!(server.log("main"), ["count(7)"]);
    // What reads is answered, however often it is asked.
    let log = b"\x01\x00\x02\x01\x03log\x00";
    assert_eq!(send(2, log), send(0, log));
    assert!(String::from_utf8_lossy(&send(2, log)).contains("count(7)"));
}

#[test]
fn a_forwarded_web_request_does_not_reach_the_dispatcher() {
    let server = Server::start();
    let told = server.lab("main", Ask::Do(Job::Log("mine".into())));
    assert!(matches!(told, Told::Done), "{told:?}");
    let methods = [
        "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
    ];
    let long = format!("/{}", "x".repeat(4_000));
    let paths = [
        "",
        "/",
        "/lumenize",
        "/alarm",
        "/rpc/lumenize",
        "/__proto__/lumenize",
        "/..%2flumenize",
        "/%00%ff%e2%82%ac",
        "//x?lumenize=1",
        &long,
    ];
    let headers: [&[(&str, &str)]; 7] = [
        &[],
        &[
            ("content-type", "application/octet-stream"),
            ("x-lumenize", "run"),
        ],
        &[
            ("cf-ray", "0"),
            ("x-forwarded-for", "127.0.0.1"),
            ("authorization", "Bearer x"),
        ],
        &[
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-version", "13"),
        ],
        &[("content-type", "application/json")],
        &[("x-http-method-override", "lumenize"), ("expect", "")],
        &[("cf-worker", "lumenize"), ("range", "bytes=0-1")],
    ];
    // One that the RPC method would take, and others.
    let bodies: [&[u8]; 5] = [
        &message(),
        b"",
        b"{\"lumenize\": [1, 0]}",
        b"\x00\xff",
        &[1; 1 << 16],
    ];
    let mut asked = 0;
    for method in methods {
        for path in paths {
            for _ in 0..3 {
                let (headers, body) = (headers[asked % 7], bodies[asked % 5]);
                let body = match method {
                    "GET" | "OPTIONS" => &[],
                    _ => body,
                };
                let path = format!("/forward/main{path}");
                let (status, text) = server.ask(method, &path, headers, body).unwrap();
                assert_eq!(status, 404, "{method} {path} {headers:?}: {text}");
                assert!(text.contains("not web requests"), "{text}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 200, "only {asked}");
    assert_eq!(server.log("main"), ["mine"]);
}

#[test]
fn rpc_to_any_other_name_gets_nothing() {
    let server = Server::start();
    let told = server.lab("main", Ask::Do(Job::Log("mine".into())));
    assert!(matches!(told, Told::Done), "{told:?}");
    for name in [
        "free",
        "_x",
        "constructor",
        "__proto__",
        "__proto__.lumenize",
        "constructor.prototype.lumenize",
        "lumenize.constructor",
        "lumenize.prototype",
        "lumenize.name",
        "ctx.storage.deleteAll",
        "ctx.abort",
        "env.LAB",
        "__destroy_into_raw",
        "__wbg_ptr",
        "ctx",
        "env",
        "place",
        "turn",
        "run",
        "alarm",
        "instance",
        "instanceId",
        "ctor",
        "args",
        "prototype",
        "then",
        "then_",
        "dup",
        "webSocketMessage",
        "schedule",
        "count",
        "log",
        "new",
        "register",
        "construct",
        "query",
        "transaction",
        "Symbol.dispose",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "hasOwnProperty",
        "isPrototypeOf",
        "toString",
        "toJSON",
        "valueOf",
        "lumenize.call",
        "lumenize.toString",
        "lumenize2",
        "Lumenize",
        "",
    ] {
        for arguments in [
            "[]",
            "[{\"a\": [null]}, \"x\"]",
            "[\"lumenize\", \"a function\"]",
        ] {
            let told = server.rpc("main", name, arguments);
            assert!(told.starts_with("refused"), "{name} {arguments}: {told}");
        }
    }
    // Ours takes bytes, or text of a character for each, and nothing else.
    for arguments in [
        "[]",
        "[1]",
        "[null]",
        "[\"\\u0100\"]",
        "[[1, 0]]",
        "[{\"0\": 1, \"length\": 1}]",
    ] {
        let told = server.rpc("main", "lumenize", arguments);
        assert!(
            told.contains("a message is a Uint8Array"),
            "{arguments}: {told}"
        );
    }
    assert_eq!(server.log("main"), ["mine"]);
}
