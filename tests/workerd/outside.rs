//! What comes from outside: forwarded web requests, and RPC to other names than ours.

use crate::server::Server;
use lumenize_tests::{Ask, Job, Told};

/// Version 1, a program to run: of version 2, one step, `count`, with one value: its shape in two
/// bytes (version 1, a u32), and 7.
fn message() -> Vec<u8> {
    let count = b"\x05count\x01\x03\x04\x02\x01\x09\x07";
    [&[1, 0, 2, 1], &count[..]].concat()
}

#[test]
fn any_bytes_are_answered_and_trap_nothing() {
    let server = Server::start();
    let send = |bytes: &[u8]| server.ask("POST", "/bytes/main", &[], bytes).unwrap().1;
    assert_eq!(send(&message()), "answered");
    assert_eq!(server.log("main"), ["count(7)"]);
    let message = message();
    for end in 0..message.len() {
        assert_eq!(send(&message[..end]), "answered");
    }
    for place in 0..message.len() {
        for byte in [0, 1, 2, 3, 9, 38, 127, 128, 254, 255] {
            let mut damaged = message.clone();
            damaged[place] = byte;
            assert_eq!(send(&damaged), "answered");
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
    assert_eq!(send(&deep), "answered");
    assert_eq!(send(&vec![1; 2 << 20]), "refused");
    let console = server.console();
    assert!(!console.contains("trapped"), "{console}");
    let log = server.log("main");
    assert!(log.iter().all(|line| line.starts_with("count(")), "{log:?}");
}

#[test]
fn a_forwarded_web_request_does_not_reach_the_dispatcher() {
    let server = Server::start();
    let told = server.lab("main", Ask::Do(Job::Log("mine".into())));
    assert!(matches!(told, Told::Done), "{told:?}");
    // One that the RPC method would take.
    let message: &[u8] = &message();
    let methods = [
        "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
    ];
    let paths = [
        "",
        "/",
        "/lumenize",
        "/alarm",
        "/rpc/lumenize",
        "/..%2flumenize",
        "//x?lumenize=1",
    ];
    let headers: [&[(&str, &str)]; 4] = [
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
    ];
    let mut asked = 0;
    for method in methods {
        for path in paths {
            for headers in [headers[asked % 4], headers[(asked + 1) % 4]] {
                let body: &[u8] = match method {
                    "GET" | "OPTIONS" => &[],
                    _ => message,
                };
                let path = format!("/forward/main{path}");
                let (status, text) = server.ask(method, &path, headers, body).unwrap();
                assert_eq!(status, 404, "{method} {path} {headers:?}: {text}");
                assert!(text.contains("not web requests"), "{text}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 50, "only {asked}");
    assert_eq!(server.log("main"), ["mine"]);
}

#[test]
fn rpc_to_any_other_name_gets_nothing() {
    let server = Server::start();
    let told = server.lab("main", Ask::Do(Job::Log("mine".into())));
    assert!(matches!(told, Told::Done), "{told:?}");
    // Names that every JavaScript object has are answered by the caller's own stub and never sent.
    for name in [
        "free",
        "_x",
        "constructor",
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
        "lumenize2",
        "Lumenize",
    ] {
        for arguments in ["[]", "[1]", "[{\"a\": [null]}, \"x\"]"] {
            let (_, told) = server
                .ask(
                    "POST",
                    &format!("/rpc/main/{name}"),
                    &[],
                    arguments.as_bytes(),
                )
                .unwrap();
            assert!(told.starts_with("refused"), "{name} {arguments}: {told}");
        }
    }
    // Ours takes bytes and nothing else.
    for arguments in [
        "[]",
        "[1]",
        "[null]",
        "[\"\\u0001\"]",
        "[[1, 0]]",
        "[{\"0\": 1, \"length\": 1}]",
    ] {
        let (_, told) = server
            .ask("POST", "/rpc/main/lumenize", &[], arguments.as_bytes())
            .unwrap();
        assert!(
            told.contains("a message is a Uint8Array"),
            "{arguments}: {told}"
        );
    }
    assert_eq!(server.log("main"), ["mine"]);
}
