//! Careful mode: seen by how many traps it takes until what traps is set aside.

use crate::server::Server;
use lumenize::RetryPolicy;
use lumenize_tests::{Ask, At, Job, Told};
use std::time::{Duration, Instant};

fn traps(server: &Server, name: &str) -> usize {
    server
        .console()
        .matches(&format!("Lab {name}: it trapped"))
        .count()
}

/// Waits until so many have failed. A Worker in the isolate of what traps may get no answer.
fn failed(server: &Server, name: &str, count: usize) {
    let begin = Instant::now();
    let enough = |told| matches!(told, Some(Told::Failed(failed)) if failed.len() == count);
    while !enough(server.lab_from_elsewhere(name, &Ask::Failed)) {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{}",
            server.console()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn after_a_start_with_overdue_work_it_is_careful_until_nothing_is_due() {
    let mut server = Server::start();
    let twice = RetryPolicy::default()
        .attempts(2)
        .initial_delay(Duration::from_millis(10));
    let poison = || Job::Panic("poison".into());
    server.schedule("overdue", At::After(800), Job::Log("1".into()), twice);
    server.schedule("overdue", At::After(801), poison(), twice);
    server.schedule("overdue", At::After(802), Job::Log("2".into()), twice);
    server.kill();
    // Overdue by more than a second at the next start.
    std::thread::sleep(Duration::from_millis(2_500));
    server.start_again();
    failed(&server, "overdue", 1);
    // Each attempt was on disk before it began: two attempts, two traps.
    assert_eq!(traps(&server, "overdue"), 2);
    assert_eq!(server.failed("overdue")[0].attempts, 2);
    while !server.pending("overdue").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.log("overdue"), ["1", "2"]);
    // It was idle since. At the first trap nobody knows which item it was, so it takes one more.
    server.schedule("overdue", At::After(0), poison(), twice);
    failed(&server, "overdue", 2);
    assert_eq!(traps(&server, "overdue"), 5);
    // As with an object that was never careful.
    server.schedule("new", At::After(0), poison(), twice);
    failed(&server, "new", 1);
    assert_eq!(traps(&server, "new"), 3);
}
