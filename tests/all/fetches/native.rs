//! Fetches of the embedded host, over real sockets: from the handler that asks to the one that is told.

use lumenize::fetch::{Attempt, Executor, HttpExecutor, PublicOnly};
use lumenize::http;
use lumenize::native::{Host, HostBuilder, ObjectRef};
use lumenize::{FetchError, Response};
use lumenize_tests::fetcher::{Fetcher, Wanted};
use lumenize_tests::origin::{Authority, Origin};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

fn builder(directory: &Path) -> HostBuilder {
    Host::open(directory).unwrap().register::<Fetcher>()
}

/// A host with this executor.
fn started(directory: &Path, name: &str, executor: impl Executor) -> Host {
    let builder = builder(directory).executor(name, executor);
    builder.start().unwrap()
}

async fn fetch(object: &ObjectRef<Fetcher>, about: &str, wanted: Wanted) -> lumenize::FetchId {
    object.run(Fetcher::c().fetch(about, wanted)).await.unwrap()
}

/// Waits until the log has so many lines, at most 30 s, and a little longer to see whether there are more.
/// Nothing may be left then.
async fn logged(object: &ObjectRef<Fetcher>, lines: usize) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let log = object.run(Fetcher::c().log()).await.unwrap();
        if log.len() >= lines {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{log:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let log = object.run(Fetcher::c().log()).await.unwrap();
    assert_eq!(log.len(), lines, "{log:?}");
    assert_eq!(object.pending().await.unwrap(), []);
    assert_eq!(object.failed().await.unwrap(), []);
    log
}

/// What becomes of one fetch by itself, and how long it took.
async fn outcome(wanted: Wanted) -> (String, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let object = host.object::<Fetcher>("main");
    let begin = Instant::now();
    fetch(&object, "x", wanted).await;
    let log = logged(&object, 1).await;
    let took = begin.elapsed() - Duration::from_millis(50);
    host.shutdown().unwrap();
    (log[0].clone(), took)
}

/// A port that nobody listens on.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[tokio::test]
async fn each_answer_has_its_outcome_and_its_attempts() {
    let origin = Origin::start();
    let once = |url: String| Wanted {
        retries: Some(0),
        ..Wanted::get(url)
    };
    let cases = [
        ("/ok", 1, "x: 200 ok (1)"),
        ("/status/404", 1, "x: 404 404 (1)"),
        ("/flaky/2", 3, "x: 200 now (3)"),
        ("/limited/seconds/1", 2, "x: 200 now (2)"),
        ("/limited/date/1", 2, "x: 200 now (2)"),
        ("/gzip/3000", 1, "x: 200 <3000 bytes> (1)"),
        ("/bytes/1048576", 1, "x: 200 <1048576 bytes> (1)"),
        (
            "/bytes/1048577",
            1,
            "x: the response's body has more than 1048576 bytes",
        ),
        (
            "/chunked/1048577",
            1,
            "x: the response's body has more than 1048576 bytes",
        ),
        (
            "/bomb/50000000",
            1,
            "x: the response's body has more than 1048576 bytes",
        ),
        ("/chain/3", 4, "x: 200 end (1)"),
        ("/loop", 1, "x: a redirect could not be followed"),
        ("/reset", 4, "x: the connection failed"),
        ("/cut", 4, "x: the connection failed"),
        ("/status/503", 4, "x: 503 503 (4)"),
        (
            "/large/503/1048577",
            4,
            "x: the response's body has more than 1048576 bytes",
        ),
    ];
    for (path, asked, expected) in cases {
        let before = origin.seen().len();
        let (line, took) = outcome(Wanted::get(origin.url(path))).await;
        assert!(line.starts_with(expected), "{path}: {line}");
        assert_eq!(origin.seen().len() - before, asked, "{path}");
        assert!(took < Duration::from_secs(4), "{path}: {took:?}");
        if path.starts_with("/limited") {
            let seen = origin.seen();
            let waited = seen[before + 1].at - seen[before].at;
            assert!(waited >= Duration::from_millis(990), "{path}: {waited:?}");
        }
    }
    let (line, took) = outcome(once(closed_port())).await;
    assert!(line.starts_with("x: no connection"), "{line}");
    assert!(line.ends_with("(NotExecuted)"), "{line}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn an_attempts_time_covers_headers_and_body() {
    let origin = Origin::start();
    for (path, phase) in [
        ("/slow/5000", "before the response began"),
        ("/stalled", "before the response's body ended"),
        ("/endless", "before the response's body ended"),
    ] {
        let wanted = Wanted {
            timeout_ms: Some(300),
            retries: Some(1),
            ..Wanted::get(origin.url(path))
        };
        let (line, took) = outcome(wanted).await;
        assert_eq!(line, format!("x: timed out {phase} (Unknown)"));
        assert!(took >= Duration::from_millis(600), "{path}: {took:?}");
        assert!(took < Duration::from_millis(1_500), "{path}: {took:?}");
        assert_eq!(origin.seen_at(path).len(), 2, "{path}");
    }
    // What is given up is broken off.
    origin
        .wait_until_async(|origin| origin.abandoned() >= 4)
        .await;
}

#[tokio::test]
async fn http_2_and_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::default();
    let origin = Origin::start_tls(&authority.certify(&["localhost", "127.0.0.1"]));
    let (line, _) = outcome(Wanted::get(origin.url("/ok"))).await;
    assert!(
        line.starts_with("x: the server's certificate was not accepted"),
        "{line}"
    );
    assert_eq!(origin.seen().len(), 0);

    let http = HttpExecutor::builder().root_certificate(authority.pem());
    let host = builder(directory.path()).executor("", http.build().unwrap());
    let host = host.start().unwrap();
    let object = host.object::<Fetcher>("main");
    fetch(&object, "x", Wanted::get(origin.url("/ok"))).await;
    assert_eq!(logged(&object, 1).await, ["x: 200 ok (1)"]);
    assert!(origin.seen()[0].http2);
    host.shutdown().unwrap();
}

#[tokio::test]
async fn a_policy_is_asked_of_each_address() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let http = HttpExecutor::builder().policy(PublicOnly).build().unwrap();
    let host = started(directory.path(), "", http);
    let object = host.object::<Fetcher>("main");
    let urls = [
        origin.url("/ok"),
        origin.url_by_name("localhost", "/ok"),
        "http://10.0.0.1/".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ];
    for url in &urls {
        fetch(&object, "x", Wanted::get(url)).await;
    }
    for line in logged(&object, urls.len()).await {
        assert!(line.contains("is not allowed"), "{line}");
    }
    assert_eq!(origin.connections().opened, 0);
    host.shutdown().unwrap();
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let origin = Origin::start();
    let wanted = Wanted {
        headers: vec![
            ("x-one".into(), "1".into()),
            ("x-one".into(), "2".into()),
            ("authorization".into(), "Bearer secret".into()),
        ],
        ..Wanted::post(origin.url("/echo?q=%20"), "hello")
    };
    let (line, _) = outcome(wanted).await;
    assert_eq!(line, "x: 200 hello (1)");
    let seen = &origin.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/echo?q=%20")
    );
    assert_eq!(seen.headers.get_all("x-one").iter().count(), 2);
    assert_eq!(seen.headers["authorization"], "Bearer secret");
    assert!(seen.headers.contains_key("idempotency-key"));
    assert_eq!(seen.body, "hello");
}

#[tokio::test]
async fn a_cancelled_fetch_is_broken_off() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let object = host.object::<Fetcher>("main");
    for path in ["/endless", "/slow/20000"] {
        let id = fetch(&object, "x", Wanted::get(origin.url(path))).await;
        let asked = |origin: &Origin| !origin.seen_at(path).is_empty();
        origin.wait_until_async(asked).await;
        assert!(object.run(Fetcher::c().cancel(id)).await.unwrap());
        origin
            .wait_until_async(|origin| origin.connections().open == 0)
            .await;
    }
    assert_eq!(logged(&object, 0).await, [""; 0]);
    host.shutdown().unwrap();
}

/// Never answers, and counts who waits.
#[derive(Clone, Default)]
struct Nothing(Arc<AtomicU32>);

/// One who waits.
struct Waits(Arc<AtomicU32>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Executor for Nothing {
    fn fetch(
        &self,
        _: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static {
        let waiting = Arc::clone(&self.0);
        async move {
            waiting.fetch_add(1, Ordering::SeqCst);
            let _waits = Waits(waiting);
            std::future::pending().await
        }
    }
}

impl Nothing {
    /// Within 10 s nobody waits any more.
    async fn ends(&self) {
        let begin = Instant::now();
        while self.0.load(Ordering::SeqCst) > 0 {
            assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", self.0);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An attempt is handed over before another thread can run what takes it back.
#[tokio::test]
async fn a_cancel_comes_after_what_it_cancels() {
    let directory = tempfile::tempdir().unwrap();
    let nothing = Nothing::default();
    let host = started(directory.path(), "", nothing.clone());
    let asked = (0..4).map(|number| {
        let object = host.object::<Fetcher>(number.to_string());
        tokio::spawn(async move {
            for _ in 0..500 {
                let id = fetch(&object, "x", Wanted::get("http://a.example/")).await;
                assert!(object.run(Fetcher::c().cancel(id)).await.unwrap());
            }
        })
    });
    for one in asked.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    nothing.ends().await;
    host.shutdown().unwrap();
}

#[tokio::test]
async fn a_fetch_ends_with_its_object() {
    let directory = tempfile::tempdir().unwrap();
    let nothing = Nothing::default();
    let host = started(directory.path(), "", nothing.clone());
    let object = host.object::<Fetcher>("main");
    for _ in 0..3 {
        fetch(&object, "x", Wanted::get("http://a.example/")).await;
    }
    let begin = Instant::now();
    while nothing.0.load(Ordering::SeqCst) < 3 {
        assert!(begin.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    object.run(Fetcher::c().destroy()).await.unwrap();
    nothing.ends().await;
    host.shutdown().unwrap();
}

#[tokio::test]
async fn an_object_rests_while_it_waits() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path())
        .idle_after(Duration::ZERO)
        .start()
        .unwrap();
    let object = host.object::<Fetcher>("main");
    fetch(&object, "x", Wanted::get(origin.url("/slow/2500"))).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(host.stats().unwrap().loaded, 0);
    assert_eq!(logged(&object, 1).await, ["x: 200 at last (1)"]);
    assert_eq!(origin.seen().len(), 1);
    host.shutdown().unwrap();
}

#[tokio::test]
async fn a_host_that_stops_makes_its_attempts_again() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let object = host.object::<Fetcher>("main");
    fetch(&object, "x", Wanted::get(origin.url("/slow/1000"))).await;
    let unrepeatable = Wanted {
        key: Some(String::new()),
        ..Wanted::post(origin.url("/slow/1001"), "{}")
    };
    fetch(&object, "y", unrepeatable).await;
    origin
        .wait_until_async(|origin| origin.seen().len() == 2)
        .await;
    host.shutdown().unwrap();

    let host = builder(directory.path()).start().unwrap();
    let log = logged(&host.object("main"), 2).await;
    assert_eq!(
        log[0],
        "y: nothing was heard of it: the host was stopped (Unknown)"
    );
    assert_eq!(log[1], "x: 200 at last (2)");
    assert_eq!(origin.seen().len(), 3);
    host.shutdown().unwrap();
}

/// Those that waited for their turn were not sent, and no attempt is spent.
#[tokio::test]
async fn what_has_not_begun_when_the_host_stops_begins_after_it() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let start = || builder(directory.path()).fetches_at_a_time(1, 1).start();
    let host = start().unwrap();
    let object = host.object::<Fetcher>("main");
    let once = Wanted {
        retries: Some(0),
        ..Wanted::get(origin.url("/slow/1000"))
    };
    fetch(&object, "begun", once).await;
    origin
        .wait_until_async(|origin| origin.seen().len() == 1)
        .await;
    for number in 0..20 {
        let once = Wanted {
            retries: Some(0),
            key: Some(String::new()),
            ..Wanted::post(origin.url("/ok"), "{}")
        };
        fetch(&object, &format!("waiting {number}"), once).await;
    }
    host.shutdown().unwrap();

    let host = start().unwrap();
    let mut log = logged(&host.object("main"), 21).await;
    log.sort();
    assert_eq!(
        log[0],
        "begun: nothing was heard of it: the host was stopped (Unknown)"
    );
    for line in &log[1..] {
        assert!(line.starts_with("waiting ") && line.ends_with(": 200 ok (1)"));
    }
    assert_eq!(origin.seen().len(), 21);
    host.shutdown().unwrap();
}

/// Bounded sockets, and all of them answered.
#[tokio::test]
async fn two_thousand_at_once() {
    let origin = Origin::start();
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let object = host.object::<Fetcher>("main");
    for half in 0..2 {
        let wanted = Wanted::get(origin.url(&format!("/ok?latency=50&half={half}&number=")));
        object
            .run(Fetcher::c().fetch_often(wanted, 1_000))
            .await
            .unwrap();
    }
    let log = logged(&object, 2_000).await;
    assert!(
        log.iter().all(|line| line.ends_with(": 200 ok (1)")),
        "{log:?}"
    );
    assert_eq!(origin.seen().len(), 2_000);
    // 100 at a time; one that is free again may be late for whoever opens another meanwhile.
    let connections = origin.connections();
    assert!(connections.peak <= 200, "{connections:?}");
    println!("{connections:?} in {:?}", origin.elapsed());
    host.shutdown().unwrap();
}

/// Has much to say.
struct Talker;

impl Executor for Talker {
    fn fetch(
        &self,
        _: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static {
        let reason = "ü".repeat(3 << 20);
        async { Err(FetchError::HandOver { reason }) }
    }
}

/// What does not fit into a row is cut, not lost.
#[tokio::test]
async fn an_executors_reason_may_be_of_any_length() {
    let directory = tempfile::tempdir().unwrap();
    let host = started(directory.path(), "", Talker);
    let object = host.object::<Fetcher>("main");
    fetch(&object, "x", Wanted::get("http://a.example/")).await;
    let [line] = logged(&object, 1).await.try_into().unwrap();
    let said = format!("x: it was not handed over: {}", "ü".repeat(2 << 10));
    assert_eq!(line, format!("{said} (NotExecuted)"));
    host.shutdown().unwrap();
}

/// Something that is no HTTP: it keeps what it is given, and fails at first.
#[derive(Clone, Default)]
struct Mail(Arc<AtomicU32>);

impl Executor for Mail {
    fn fetch(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        async move {
            match before {
                0 => Err(FetchError::Network {
                    reason: "the post is on strike".to_owned(),
                }),
                1 => panic!("on purpose"),
                _ => {
                    let receipt = format!("{} bytes", attempt.request.body().len());
                    Ok(Response::new(http::Response::new(receipt), "mail://ada"))
                }
            }
        }
    }
}

#[tokio::test]
async fn an_executor_of_ones_own_has_the_same_durability() {
    let directory = tempfile::tempdir().unwrap();
    let mail = Mail::default();
    let host = started(directory.path(), "mail", mail.clone());
    let object = host.object::<Fetcher>("main");
    let wanted = |via: &str| Wanted {
        via: Some(via.to_owned()),
        ..Wanted::post("mail://ada/", "hello")
    };
    fetch(&object, "x", wanted("mail")).await;
    assert_eq!(logged(&object, 1).await, ["x: 200 5 bytes (3)"]);
    assert_eq!(mail.0.load(Ordering::SeqCst), 3);
    fetch(&object, "y", wanted("pigeon")).await;
    let log = logged(&object, 2).await;
    assert!(log[1].contains("no executor named `pigeon`"), "{log:?}");
    host.shutdown().unwrap();
}
