//! Calls on the embedded host, between its threads.

use lumenize::native::Host;
use lumenize::{CallId, Object};
use lumenize_tests::phone::{Account, Ask, Manner, Phone};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn start(directory: &Path) -> Host {
    let host = Host::open(directory).unwrap();
    host.register::<Phone>()
        .register::<Account>()
        .start()
        .unwrap()
}

fn echo(text: &str) -> Ask {
    Ask::Echo(text.to_owned())
}

async fn ring(host: &Host, from: &str, to: &str, ask: Ask) -> CallId {
    ring_like(host, from, to, ask, Manner::default()).await
}

async fn ring_like(host: &Host, from: &str, to: &str, ask: Ask, manner: Manner) -> CallId {
    let steps = Phone::c().ring_like(to, ask, manner);
    host.object::<Phone>(from).run(steps).await.unwrap()
}

async fn log(host: &Host, phone: &str) -> Vec<String> {
    host.object::<Phone>(phone)
        .run(Phone::c().log())
        .await
        .unwrap()
}

/// Waits until the log has so many lines, at most a minute, and a little longer to see whether there
/// are more.
async fn logs(host: &Host, phone: &str, lines: usize) -> Vec<String> {
    let begin = Instant::now();
    while log(host, phone).await.len() < lines && begin.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    log(host, phone).await
}

/// An object's file, if it has one.
pub(super) fn file(directory: &Path, class: &str, name: &str) -> Option<PathBuf> {
    let begin = format!("{name}-");
    let files = fs::read_dir(directory.join(class)).unwrap();
    let mut paths = files.map(|entry| entry.unwrap().path());
    paths.find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&begin) && name.ends_with(".sqlite")
    })
}

/// A number from an object's file.
pub(super) fn number<D: Object>(directory: &Path, name: &str, sql: &str) -> i64 {
    let path = file(directory, D::CLASS, name).unwrap();
    let database = rusqlite::Connection::open(path).unwrap();
    database.query_row(sql, (), |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn calls_are_executed_and_their_outcomes_handled() {
    let directory = tempfile::tempdir().unwrap();
    let host = start(directory.path());
    ring(&host, "a", "b", echo("hello")).await;
    assert_eq!(logs(&host, "a", 1).await, ["heard hello"]);
    assert_eq!(log(&host, "b").await, ["asked hello"]);

    // Itself, its caller, and round in a circle.
    ring(&host, "c", "c", echo("me")).await;
    assert_eq!(logs(&host, "c", 2).await, ["asked me", "heard me"]);
    ring(&host, "d", "e", Ask::CallBack(Box::new(echo("back")))).await;
    assert_eq!(logs(&host, "d", 2).await.len(), 2);
    assert_eq!(logs(&host, "e", 1).await, ["heard back"]);

    let reads = Manner {
        reads: true,
        ..Manner::default()
    };
    ring_like(&host, "f", "never-written", echo("read"), reads).await;
    assert_eq!(logs(&host, "f", 1).await, ["heard read"]);
    assert_eq!(file(directory.path(), "Phone", "never-written"), None);

    // Acknowledged answers are forgotten a little later, and nothing waits in an outbox.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    host.shutdown().unwrap();
    for phone in ["a", "b", "c", "d", "e", "f"] {
        let count = |what: &str| {
            number::<Phone>(
                directory.path(),
                phone,
                &format!("SELECT count(*) FROM {what}"),
            )
        };
        assert_eq!(count("lumenize_queue"), 0, "{phone}");
        assert_eq!(
            count("lumenize_inbox WHERE length(answer) > 0"),
            0,
            "{phone}"
        );
    }
}

#[tokio::test]
async fn what_a_callee_does_wrong_is_told_as_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let host = start(directory.path());
    let mut expected = Vec::new();
    for (ask, said) in [
        (
            Ask::Panic,
            "the handler failed: panicked: as it was told (NotExecuted)",
        ),
        (
            Ask::Fail("code".into()),
            "the handler failed: as it was told (NotExecuted)",
        ),
        (
            Ask::Bytes(3 << 20),
            "the limit is 1048576; keep the data in the object's state and return its key (NotExecuted)",
        ),
    ] {
        expected.push((format!("{ask:?}: "), said));
        ring(&host, "a", "b", ask).await;
        logs(&host, "a", expected.len()).await;
    }
    let lines = log(&host, "a").await;
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, (begin, end)) in lines.iter().zip(expected) {
        assert!(line.starts_with(&begin) && line.ends_with(end), "{line}");
    }

    // One that takes longer than the caller waits.
    let hurried = Manner {
        timeout_ms: Some(200),
        ..Manner::default()
    };
    ring_like(&host, "c", "d", Ask::Sleep(600), hurried.clone()).await;
    let lines = logs(&host, "c", 1).await;
    assert!(
        lines[0].contains("timed out") && lines[0].ends_with("(Unknown)"),
        "{lines:?}"
    );
    // It had begun in time, so it ends. What waits behind it comes too late, and is not executed.
    ring_like(&host, "e", "d", echo("late"), hurried).await;
    let lines = logs(&host, "e", 1).await;
    assert!(
        lines[0].contains("timed out") && lines[0].ends_with("(Unknown)"),
        "{lines:?}"
    );
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(log(&host, "d").await, ["slept"]);

    // One that can't be built is asked again until it can.
    host.object::<Phone>("g")
        .run(Phone::c().break_it())
        .await
        .unwrap();
    host.object::<Phone>("g")
        .run(Phone::c().answer(Ask::Panic))
        .await
        .unwrap_err();
    let patient = Manner {
        timeout_ms: Some(1_500),
        ..Manner::default()
    };
    ring_like(&host, "h", "g", echo("x"), patient).await;
    let lines = logs(&host, "h", 1).await;
    assert!(lines[0].contains("broken on purpose"), "{lines:?}");
    assert!(lines[0].ends_with("(Unknown)"), "{lines:?}");
}

#[tokio::test]
async fn a_type_that_is_not_registered_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path())
        .unwrap()
        .register::<Phone>()
        .start()
        .unwrap();
    let steps = Phone::c().ring_a_stranger();
    host.object::<Phone>("a").run(steps).await.unwrap();
    let lines = logs(&host, "a", 1).await;
    assert_eq!(
        lines,
        [
            "stranger: unreachable: the type `Stranger` is not registered with the host (NotExecuted)"
        ]
    );
}

#[tokio::test]
async fn a_thousand_calls_in_one_handler_and_ten_thousand_in_a_row_starve_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let host = start(directory.path());
    host.object::<Phone>("many")
        .run(Phone::c().ring_often("one", 1_000))
        .await
        .unwrap();
    ring(&host, "ping", "pong", Ask::PingPong(10_000)).await;
    let begin = Instant::now();
    let mut longest = Duration::ZERO;
    loop {
        let asked = Instant::now();
        host.object::<Phone>("bystander")
            .run(Phone::c().answer(echo("x")))
            .await
            .unwrap();
        longest = longest.max(asked.elapsed());
        let there = log(&host, "pong").await.len() + log(&host, "ping").await.len();
        if there >= 2 || begin.elapsed() > Duration::from_secs(120) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!(
        "10,000 calls in a row took {:?}; a bystander waited {longest:?} at most",
        begin.elapsed()
    );
    let lines: Vec<_> = [log(&host, "ping").await, log(&host, "pong").await].concat();
    assert!(lines.contains(&"the last".to_owned()), "{lines:?}");
    assert!(longest < Duration::from_secs(10));
    let mut heard = logs(&host, "many", 1_000).await;
    heard.sort();
    let mut expected: Vec<_> = (0..1_000).map(|n| format!("heard {n}")).collect();
    expected.sort();
    assert_eq!(heard, expected);
    assert_eq!(log(&host, "one").await.len(), 1_000);
}

/// What was under way when the host stopped goes on when it starts again.
#[tokio::test]
async fn calls_outlive_the_host() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..5_usize {
        let host = start(directory.path());
        for number in 0..50 {
            ring(&host, "a", "b", echo(&format!("{round} {number}"))).await;
        }
        host.shutdown().unwrap();
    }
    let host = start(directory.path());
    let mut heard = logs(&host, "a", 250).await;
    heard.sort();
    heard.dedup();
    assert_eq!(heard.len(), 250);
    assert_eq!(log(&host, "b").await.len(), 250);
}
