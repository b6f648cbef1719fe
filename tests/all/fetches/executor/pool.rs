//! The pool that runs the attempts of a host.

use super::{get, get_in, id, took};
use ::http::Request;
use lumenize_runtime::engine::Tried;
use lumenize_runtime::fetch::{Attempt, Executor, FetchError, Phase, Response};
use lumenize_runtime::host::native::fetches::{Counts, FetchSetup, Fetches};
use lumenize_tests::origin::Origin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Ended = (u128, Result<Response, FetchError>, Instant);

/// A pool, and the ends of what it ran.
struct Runs {
    fetches: Fetches,
    tell: Sender<Ended>,
    ends: Receiver<Ended>,
}

impl Runs {
    fn new(setup: FetchSetup) -> Self {
        let (tell, ends) = channel();
        Self {
            fetches: Fetches::new(setup),
            tell,
            ends,
        }
    }

    fn limited(in_all: usize, per_host: usize) -> Self {
        let mut setup = FetchSetup::default();
        setup.limits.in_all = in_all;
        setup.limits.per_host = per_host;
        Self::new(setup)
    }

    fn with(executor: impl Executor) -> Self {
        let mut setup = FetchSetup::default();
        setup.executor("own", executor);
        Self::new(setup)
    }

    fn try_start(&self, number: u128, by: &str, mut attempt: Attempt) -> Result<(), FetchError> {
        let tell = self.tell.clone();
        attempt.id = id(number);
        let done = Box::new(move |tried| match tried {
            Tried::Ended(result) => drop(tell.send((number, result, Instant::now()))),
            Tried::NotBegun => panic!("only the host says so"),
        });
        self.fetches.start(by, attempt, done)
    }

    fn start(&self, number: u128, attempt: Attempt) {
        self.try_start(number, "", attempt).unwrap();
    }

    fn next(&self) -> Ended {
        self.ends.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    fn ended(&self, number: u128) -> (Result<Response, FetchError>, Instant) {
        let (ended, result, at) = self.next();
        assert_eq!(ended, number, "{result:?}");
        (result, at)
    }

    /// Nothing more is told, though there is time.
    fn silent(&self, ms: u64) {
        let told = self.ends.recv_timeout(Duration::from_millis(ms));
        assert_eq!(told.unwrap_err(), RecvTimeoutError::Timeout);
    }

    fn counts(&self, waiting: usize, running: usize) {
        let expected = Counts { waiting, running };
        let patience = Instant::now() + Duration::from_secs(10);
        while self.fetches.counts() != expected {
            let counts = self.fetches.counts();
            assert!(Instant::now() < patience, "{counts:?}, not {expected:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn handed_over(started: Result<(), FetchError>, says: &str) {
    let Err(FetchError::HandOver { reason }) = started else {
        panic!("{started:?}");
    };
    assert!(reason.contains(says), "{reason}");
}

#[test]
fn an_end_is_told_once() {
    let origin = Origin::start();
    let runs = Runs::new(FetchSetup::default());
    runs.start(7, get(&origin.url("/status/404")));
    assert_eq!(runs.ended(7).0.unwrap().status(), 404);
    runs.silent(50);
    runs.counts(0, 0);
    // The same again is another one.
    runs.start(7, get(&origin.url("/ok")));
    assert_eq!(runs.ended(7).0.unwrap().status(), 200);
    assert_eq!(origin.connections().opened, 1);
    assert_eq!(runs.fetches.cancel(id(7), None), 0);
}

#[test]
fn starting_takes_no_time() {
    let origin = Origin::start();
    let runs = Runs::limited(1, 1);
    runs.start(0, get(&origin.url("/ok")));
    runs.ended(0).0.unwrap();
    let start = Instant::now();
    for number in 1..=1_000 {
        runs.start(number, get(&origin.url("/slow/1000")));
    }
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
    runs.counts(999, 1);
}

#[test]
fn so_many_at_a_time() {
    let (one, other) = (Origin::start(), Origin::start());
    let runs = Runs::limited(5, 3);
    let start = Instant::now();
    for number in 0..12 {
        let origin = if number < 9 { &one } else { &other };
        runs.start(number, get(&origin.url("/slow/100")));
    }
    runs.counts(7, 5);
    for _ in 0..12 {
        runs.next().1.unwrap();
    }
    // Nine for one host, three at a time.
    took(start, 300);
    assert_eq!(one.connections().peak, 3);
    assert!(other.connections().peak <= 3);
    // The other's did not wait until those that were there before had ended.
    let last = |origin: &Origin| origin.seen().last().unwrap().at;
    assert!(last(&other) + Duration::from_millis(50) < last(&one));
}

#[test]
fn its_time_covers_the_waiting() {
    let origin = Origin::start();
    let runs = Runs::limited(1, 1);
    let start = Instant::now();
    runs.start(1, get(&origin.url("/slow/500")));
    runs.start(2, get_in(200, &origin.url("/ok?2")));
    runs.start(3, get_in(800, &origin.url("/stalled")));
    let phase = Phase::Queue;
    assert_eq!(runs.ended(2).0, Err(FetchError::Timeout { phase }));
    took(start, 200);
    runs.ended(1).0.unwrap();
    took(start, 500);
    // It began after 500 ms; the executor was told what was left, or it could not say what it waited for.
    let phase = Phase::Body;
    assert_eq!(runs.ended(3).0, Err(FetchError::Timeout { phase }));
    took(start, 800);
    let begun = origin.seen_at("/stalled").remove(0).at;
    assert!(begun >= Duration::from_millis(498), "{begun:?}");
    assert_eq!(origin.seen_at("/ok").len(), 0);
    runs.counts(0, 0);
}

#[test]
fn cancelled_ones_are_not_heard_of() {
    let origin = Origin::start();
    let runs = Runs::limited(2, 2);
    runs.start(1, get(&origin.url("/endless")));
    runs.start(2, get(&origin.url("/slow/10000")));
    runs.start(3, get(&origin.url("/ok?3")));
    runs.start(4, get(&origin.url("/ok?4")));
    origin.wait_until(|origin| origin.seen().len() == 2);
    runs.counts(2, 2);
    // One that waits, one in its body, one before its headers.
    assert_eq!(runs.fetches.cancel(id(3), Some(1)), 1);
    runs.counts(1, 2);
    assert_eq!(runs.fetches.cancel(id(1), None), 1);
    runs.ended(4).0.unwrap();
    assert_eq!(runs.fetches.cancel(id(2), Some(1)), 1);
    runs.counts(0, 0);
    origin.wait_until(|origin| origin.abandoned() == 1 && origin.connections().open <= 1);
    runs.silent(100);
    assert_eq!(origin.seen_at("/ok?3").len(), 0);
    // What is not there can't be.
    for number in [Some(1), Some(2), None] {
        assert_eq!(runs.fetches.cancel(id(4), number), 0);
    }
}

#[test]
fn attempts_of_one_fetch_may_overlap() {
    let origin = Origin::start();
    let runs = Runs::new(FetchSetup::default());
    let numbered = |number| {
        let mut attempt = get(&origin.url(&format!("/slow/10000?{number}")));
        attempt.number = number;
        attempt
    };
    for number in 1..=3 {
        runs.start(1, numbered(number));
    }
    handed_over(runs.try_start(1, "", numbered(2)), "already");
    assert_eq!(runs.fetches.cancel(id(1), Some(2)), 1);
    runs.counts(0, 2);
    // Started again while its end may still be under way, it is not mistaken for the one that was cancelled.
    let mut again = get(&origin.url("/ok"));
    again.number = 2;
    runs.start(1, again);
    runs.ended(1).0.unwrap();
    assert_eq!(runs.fetches.cancel(id(1), None), 2);
    runs.counts(0, 0);
    runs.silent(50);
}

#[test]
fn requests_have_so_many_bytes_in_hand() {
    let origin = Origin::start();
    let mut setup = FetchSetup::default();
    setup.limits.bytes = 10_000;
    setup.limits.in_all = 1;
    let runs = Runs::new(setup);
    let post = |bytes: usize| {
        let mut attempt = get(&origin.url("/slow/300"));
        *attempt.request.body_mut() = vec![0; bytes].into();
        attempt
    };
    runs.start(1, post(4_000));
    handed_over(runs.try_start(2, "", post(4_000)), "limit of 10000");
    runs.start(3, post(1_000));
    handed_over(runs.try_start(4, "", post(0)), "limit");
    // A cancelled one makes room, and so does one that ends.
    runs.fetches.cancel(id(3), None);
    runs.start(5, post(1_000));
    runs.ended(1).0.unwrap();
    runs.start(6, post(4_000));
    runs.ended(5).0.unwrap();
    runs.ended(6).0.unwrap();
    handed_over(runs.try_start(7, "", post(8_000)), "limit");

    let usual = Runs::new(FetchSetup::default());
    for number in 0..2_200 {
        let bytes = if number < 200 { 1 << 20 } else { 100 };
        usual.start(number, post(bytes));
    }
}

/// An executor of one's own.
#[derive(Clone, Default)]
struct Own {
    threads: Arc<Mutex<Vec<String>>>,
}

/// Panics when it is dropped.
struct Clings;

impl Drop for Clings {
    fn drop(&mut self) {
        assert!(thread::panicking(), "it panics as it ends");
    }
}

impl Executor for Own {
    fn fetch(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static {
        let name = thread::current().name().unwrap_or_default().to_owned();
        self.threads.lock().unwrap().push(name);
        let path = attempt.request.uri().path().to_owned();
        assert_ne!(path, "/at-once", "it panics");
        async move {
            match path.as_str() {
                "/later" => panic!("it panics {}", "later"),
                "/never" => std::future::pending().await,
                "/clings" => {
                    let _clings = Clings;
                    std::future::pending().await
                }
                _ => {
                    let body = attempt.request.into_body();
                    Ok(Response::new(http::Response::new(body), "own://x"))
                }
            }
        }
    }
}

fn own(path: &str) -> Attempt {
    let request = Request::get(format!("own://x{path}")).body("a body");
    let mut attempt = super::attempt_at(request.unwrap());
    attempt.timeout = Duration::from_millis(200);
    attempt
}

#[test]
fn an_executor_of_ones_own() {
    let executor = Own::default();
    let runs = Runs::with(executor.clone());
    let run = |number, path: &str| runs.try_start(number, "own", own(path)).unwrap();
    run(1, "/");
    assert_eq!(runs.ended(1).0.unwrap().text(), Ok("a body"));
    for (number, path, says) in [
        (2, "/at-once", "it panics"),
        (3, "/later", "it panics later"),
    ] {
        run(number, path);
        let Err(FetchError::Unknown { reason }) = runs.ended(number).0 else {
            panic!("{path}");
        };
        assert!(reason.contains(says), "{reason}");
    }
    let start = Instant::now();
    run(4, "/never");
    let phase = Phase::Headers;
    assert_eq!(runs.ended(4).0, Err(FetchError::Timeout { phase }));
    took(start, 300);
    // It ends as others do, though it panics then; and if it is cancelled, nothing of it is left.
    run(5, "/clings");
    let phase = Phase::Headers;
    assert_eq!(runs.ended(5).0, Err(FetchError::Timeout { phase }));
    run(6, "/clings");
    while executor.threads.lock().unwrap().len() < 6 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(runs.fetches.cancel(id(6), None), 1);
    runs.counts(0, 0);
    // The others went on.
    run(7, "/");
    runs.ended(7).0.unwrap();
    runs.counts(0, 0);

    let threads = executor.threads.lock().unwrap().clone();
    assert_eq!(threads, vec!["lumenize-fetch"; 7]);
    handed_over(
        runs.try_start(8, "other", own("/")),
        "no executor named `other`",
    );
}

#[test]
fn the_default_can_be_another() {
    let mut setup = FetchSetup::default();
    setup.executor("", Own::default());
    let runs = Runs::new(setup);
    runs.start(1, own("/"));
    assert_eq!(runs.ended(1).0.unwrap().url(), "own://x");
}

#[test]
fn shutting_down_tells_nobody() {
    let origin = Origin::start();
    let runs = Runs::limited(1, 1);
    runs.start(1, get(&origin.url("/endless")));
    runs.start(2, get(&origin.url("/ok")));
    origin.wait_until(|origin| origin.seen().len() == 1);
    let start = Instant::now();
    let left = runs.fetches.shut_down();
    let begun: Vec<bool> = left.into_iter().map(|left| left.begun).collect();
    assert_eq!(begun, [true, false]);
    assert!(start.elapsed() < Duration::from_millis(100));
    origin.wait_until(|origin| origin.abandoned() == 1 && origin.connections().open == 0);
    handed_over(
        runs.try_start(3, "", get(&origin.url("/ok"))),
        "shutting down",
    );
    runs.silent(50);
    runs.counts(0, 0);
    assert!(runs.fetches.shut_down().is_empty());
    // Nobody keeps what was to be told.
    let Runs {
        fetches,
        tell,
        ends,
    } = runs;
    drop(tell);
    assert_eq!(ends.recv().unwrap_err(), std::sync::mpsc::RecvError);
    drop(fetches);
    assert_eq!(origin.seen().len(), 1);
}

/// Even from within another runtime, where blocking is not allowed.
#[tokio::test]
async fn it_can_be_dropped_anywhere() {
    let origin = Origin::start();
    let runs = Runs::new(FetchSetup::default());
    runs.start(1, get(&origin.url("/endless")));
    origin
        .wait_until_async(|origin| origin.seen().len() == 1)
        .await;
    drop(runs);
    origin
        .wait_until_async(|origin| origin.connections().open == 0)
        .await;
}

/// No thread is started for a host that fetches nothing.
#[test]
fn threads_come_with_the_first_fetch() {
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = tasks.map(|task| std::fs::read_to_string(task.path().join("comm")));
        let names: Vec<String> = names.map(Result::unwrap_or_default).collect();
        names
            .iter()
            .filter(|name| name.starts_with("lumenize-fetch"))
            .count()
    };
    // Other tests have theirs.
    let idle: Vec<Fetches> = (0..100)
        .map(|_| Fetches::new(FetchSetup::default()))
        .collect();
    assert!(threads() < 200, "{}", threads());
    drop(idle);
}
