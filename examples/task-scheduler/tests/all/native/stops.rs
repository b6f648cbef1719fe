//! How the program stops.

use crate::http::routes::names;
use crate::server::{Server, ask};
use rustix::process::Signal;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn ctrl_c_stops_it_too() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::program(data.path());
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(0));
}

/// A request of which the server has a part, and the rest of it.
fn begin(server: &Server) -> (TcpStream, &'static [u8]) {
    let body = r#"{"name": "in flight", "delay_ms": 0}"#;
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /objects/house/tasks HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\
         expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It says so when it wants the body: then the request is with a handler.
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    let (first, rest) = body.as_bytes().split_at(10);
    stream.write_all(first).unwrap();
    (stream, rest)
}

#[test]
fn what_is_asked_is_answered_before_it_stops() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::program(data.path());
    // One that asks nothing must not hold it up.
    let _idle = TcpStream::connect(server.address()).unwrap();
    let (mut stream, rest) = begin(&server);
    server.signal(Signal::TERM);
    let begin = Instant::now();
    while TcpStream::connect(server.address()).is_ok() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "it still accepts"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.write_all(rest).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert_eq!(server.ended().code(), Some(0));
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "it waited for the bound"
    );

    let again = Server::program(data.path());
    again.until("/objects/house/log", |log| names(log) == ["in flight"]);
}

#[test]
fn who_does_not_end_a_request_does_not_hold_it_up_for_ever() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::program_with(data.path(), &["--grace-ms", "200"]);
    let (mut stream, _) = begin(&server);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    let mut answer = String::new();
    // Closed, or reset.
    let _ = stream.read_to_string(&mut answer);
    assert_eq!(answer, "");
    assert_eq!(
        Server::program(data.path()).get("/objects/house/log"),
        json!([])
    );
}

#[test]
fn a_handler_that_does_not_end_does_not_hold_it_up_for_ever_and_runs_again() {
    let data = tempfile::tempdir().unwrap();
    let (mut server, output) = Server::unread(data.path(), &["--grace-ms", "200"]);
    // Each prints its name. As nobody reads, one of them waits for good when the pipe is full, and
    // nothing is answered any more.
    let address = server.address().to_owned();
    let poster = std::thread::spawn(move || {
        let post = |name: &String| {
            let task = json!({"name": name, "delay_ms": 0}).to_string();
            ask(&address, "POST", "/objects/house/tasks", &task)
                .is_ok_and(|(status, _)| status == 201)
        };
        let names = (0..10_000).map(|n| format!("{n:0200}"));
        names.take_while(post).collect::<Vec<_>>()
    });
    let begin = Instant::now();
    while answers(&server) {
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing waits");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(1));
    drop(output);
    let acknowledged = poster.join().unwrap();

    let again = Server::program(data.path());
    let log = again.until("/objects/house/log", |log| {
        names(log).len() >= acknowledged.len()
    });
    let mut ran = names(&log);
    ran.sort_unstable();
    assert!(ran.starts_with(&acknowledged.iter().map(String::as_str).collect::<Vec<_>>()));
    // The last was sent and not answered.
    assert!(ran.len() <= acknowledged.len() + 1, "{log}");
}

/// Whether the object answers within a second.
fn answers(server: &Server) -> bool {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let request = b"GET /objects/house/failed HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).unwrap();
    stream.read(&mut [0; 1]).is_ok()
}
