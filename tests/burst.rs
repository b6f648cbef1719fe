//! Many fetches at once: how many sockets they take, and how much memory. A binary of its own, with one
//! test, as it measures the memory of the process.

use lumenize_runtime::engine::Tried;
use lumenize_runtime::fetch::Attempt;
use lumenize_runtime::host::native::fetches::{FetchSetup, Fetches};
use lumenize_runtime::views::FetchId;
use lumenize_tests::origin::Origin;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The most memory that the process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1);
    kib.unwrap().parse().unwrap()
}

/// Fetches it so often at once, with so many bytes to send each time, and says how long it took.
fn burst(fetches: &Fetches, url: &str, count: u128, bytes: usize) -> Duration {
    let (tell, ends) = channel();
    let start = Instant::now();
    for number in 0..count {
        let request = http::Request::post(url).body(vec![7; bytes].into());
        let id = FetchId::from(Uuid::from_u128(number));
        let tell = tell.clone();
        let done = Box::new(move |tried| drop(tell.send(tried)));
        let attempt = Attempt::new(id, request.unwrap());
        fetches.start("", attempt, done).unwrap();
    }
    drop(tell);
    let mut ended = 0;
    for tried in ends {
        let Tried::Ended(Ok(response)) = tried else {
            panic!("{tried:?}");
        };
        assert_eq!(response.status(), 200);
        ended += 1;
    }
    assert_eq!(ended, count);
    start.elapsed()
}

#[test]
fn many_at_once() {
    let origin = Origin::start();
    let fetches = Fetches::new(FetchSetup::default());
    burst(&fetches, &origin.url("/ok"), 1, 0);

    let before = peak_kib();
    let took = burst(&fetches, &origin.url("/ok?latency=50"), 2_000, 100);
    let small = peak_kib() - before;
    let connections = origin.connections();
    println!("2,000 of 100 bytes: {took:?}, {small} KiB, {connections:?}");
    assert_eq!(origin.seen_at("/ok?latency").len(), 2_000);
    // A hundred at a time, each of 50 ms.
    assert!(took >= Duration::from_secs(1));
    // The client may begin to connect for one that gets another's connection then, so there are some more
    // than there are fetches at a time.
    assert!(connections.peak < 200, "{connections:?}");
    assert!(connections.opened < 200, "{connections:?}");
    assert!(small < 32 << 10, "{small} KiB");

    let before = peak_kib();
    let took = burst(
        &fetches,
        &origin.url("/status/200?latency=50"),
        200,
        1 << 20,
    );
    let large = peak_kib() - before;
    let connections = origin.connections();
    println!("200 of 1 MiB: {took:?}, {large} KiB, {connections:?}");
    assert!(connections.peak < 200, "{connections:?}");
    // Once here, and once in the server's log.
    assert!(large < 600 << 10, "{large} KiB");
}
