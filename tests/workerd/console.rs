//! What `tracing` is told reaches the console.

use crate::server::Server;
use lumenize::RetryPolicy;
use lumenize_tests::{Ask, At, Job, Told};
use std::time::{Duration, Instant};

/// The first line with both, once it is there.
fn line(server: &Server, of: &str, what: &str) -> String {
    let begin = Instant::now();
    loop {
        let console = server.console();
        let mut lines = console.lines();
        if let Some(line) = lines.find(|line| line.contains(of) && line.contains(what)) {
            return line.to_owned();
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{console}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_becomes_of_work_is_told_with_its_object_and_item() {
    let server = Server::start();
    let twice = RetryPolicy::default()
        .attempts(2)
        .initial_delay(Duration::from_millis(10));
    let told_of = |name: &str| {
        server.schedule(name, At::After(0), Job::Fail("on purpose".into()), twice);
        let turn = format!("turn class=\"Lab\" name=\"{name}\" event=\"alarm\": item id=");
        let again = line(&server, &turn, "to be tried again");
        let aside = line(&server, &turn, "set aside");
        let id = server.failed(name)[0].id.to_string();
        for part in [
            format!("{turn}{id} attempt=1: "),
            format!("id={id} attempts=1 delay="),
            "error=on purpose".to_owned(),
        ] {
            assert!(again.contains(&part), "{part}: {again}");
        }
        let expected = format!("{turn}{id} attempt=2: set aside as failed id={id} attempts=2");
        assert_eq!(aside, expected);
    };
    told_of("first");
    // The next wasm instance tells, too, and what the one before was in is forgotten.
    let told = server.lab_from_elsewhere("trapped", &Ask::Do(Job::Panic("on purpose".into())));
    assert!(matches!(told, Some(Told::Error(_))), "{told:?}");
    line(&server, "Lab trapped: it trapped: ", "tests/lib.rs");
    told_of("second");
    let told = server.lab("second", Ask::Do(Job::Destroy));
    assert!(matches!(told, Told::Done), "{told:?}");
    let destroyed = line(&server, "name=\"second\"", "destroyed");
    assert_eq!(
        destroyed,
        "turn class=\"Lab\" name=\"second\" event=\"mail\": destroyed"
    );
}
