//! Fetches whose process ends at any moment.

use crate::native::{killed, kills};
use lumenize::native::Host;
use lumenize_tests::fetcher::Fetcher;
use lumenize_tests::origin::Origin;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn victim(directory: &Path, task: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-victim"));
    command.arg(directory).args(task);
    command
}

/// Every fetch has one outcome, and it is told once: by the objects' own logs.
#[tokio::test]
async fn killed_with_200_in_flight_every_fetch_has_one_outcome() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let mut begun = Vec::new();
    for round in 0..u64::from(kills()) {
        let first = (round * 1_000).to_string();
        let mut victim = victim(directory.path(), &["fetch", &origin.url(""), &first]);
        // In the beginning, while they are under way, and when some have ended.
        let after = Duration::from_millis(100 + round * 173 % 700);
        begun.extend(killed(&mut victim, after));
    }
    assert!(begun.len() > kills() as usize, "only {}", begun.len());

    let host = Host::open(directory.path()).unwrap().register::<Fetcher>();
    let host = host.start().unwrap();
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    let begin = Instant::now();
    for number in 0..20 {
        let object = host.object::<Fetcher>(format!("fetcher {number}"));
        while !object.pending().await.unwrap().is_empty() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "it does not come to an end"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(object.failed().await.unwrap(), []);
        for line in object.run(Fetcher::c().log()).await.unwrap() {
            let (number, became) = line.split_once(": ").unwrap();
            assert!(became.starts_with("200 ok "), "{line}");
            *told.entry(number.to_owned()).or_default() += 1;
        }
    }
    host.shutdown().unwrap();
    // What was acknowledged is there, and what is there was told once.
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    assert!(begun.iter().all(|number| told.contains_key(number)));
    println!(
        "{} fetches, {} of them acknowledged, {} requests",
        told.len(),
        begun.len(),
        origin.seen().len()
    );
}

/// A handler of an outcome that ends the process each time is set aside with it, and the server is not asked
/// for ever.
#[test]
fn an_outcome_that_ends_the_process_runs_out_of_attempts() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let mut ended = 0;
    while !victim(directory.path(), &["fetch-and-die", &origin.url("/ok")])
        .status()
        .unwrap()
        .success()
    {
        ended += 1;
        assert!(ended < 20, "it ends the process for ever");
    }
    // Once when it is heard of at first, once when it comes again and the object has been idle in between,
    // then each of its attempts.
    assert!((6..=7).contains(&ended), "{ended}");
    assert_eq!(origin.seen().len(), 2);
}
