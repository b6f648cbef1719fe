//! One request, and what comes of it.

use super::{attempt_at, built, executor, fetch, get, get_at_most, get_in, took};
use ::http::{Request, StatusCode};
use lumenize::Outcome;
use lumenize_runtime::fetch::{Executor, FetchError, HttpExecutor, Phase};
use lumenize_tests::origin::{Authority, Odd, Origin};
use std::time::{Duration, Instant, SystemTime};

#[tokio::test]
async fn a_response() {
    let origin = Origin::start();
    let response = fetch(&executor(), &origin.url("/ok?a=b")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text(), Ok("ok"));
    assert_eq!(response.url(), origin.url("/ok?a=b"));
    assert_eq!(response.headers()["content-length"], "2");

    let [seen] = origin.seen().try_into().unwrap();
    assert_eq!((seen.path.as_str(), seen.http2), ("/ok?a=b", false));
    let mut names: Vec<&str> = seen.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
    assert_eq!(seen.headers["host"], origin.address().to_string());
    let agent = seen.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("lumenize/"), "{agent}");
}

#[tokio::test]
async fn any_status_is_a_response() {
    let origin = Origin::start();
    let executor = executor();
    for status in [201, 204, 304, 400, 404, 408, 429, 500, 503] {
        let url = origin.url(&format!("/status/{status}"));
        assert_eq!(fetch(&executor, &url).await.unwrap().status(), status);
    }
    // It is not for the executor to try again.
    let flaky = origin.url("/flaky/2");
    for status in [503, 503, 200] {
        assert_eq!(fetch(&executor, &flaky).await.unwrap().status(), status);
    }
    assert_eq!(origin.seen_at("/flaky").len(), 3);

    let response = fetch(&executor, &origin.url("/limited/seconds/3"))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "3");
    let response = fetch(&executor, &origin.url("/limited/date/3"))
        .await
        .unwrap();
    let date = response.headers()["retry-after"].to_str().unwrap();
    let wait = httpdate::parse_http_date(date)
        .unwrap()
        .duration_since(SystemTime::now());
    assert!((2..=4).contains(&wait.unwrap().as_secs()), "{date}");
    let again = fetch(&executor, &origin.url("/limited/date/3"))
        .await
        .unwrap();
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let origin = Origin::start();
    let executor = built(HttpExecutor::builder().user_agent("tests/1"));
    let request = Request::put(origin.url("/echo"))
        .header("x-own", "one")
        .header("x-own", "two")
        .header("idempotency-key", "key")
        .body("a body");
    let response = executor.fetch(attempt_at(request.unwrap())).await.unwrap();
    assert_eq!(response.text(), Ok("a body"));
    let headers = response.headers();
    assert_eq!(headers["x-echo-method"], "PUT");
    assert_eq!(headers["x-echo-user-agent"], "tests/1");
    assert_eq!(headers["x-echo-idempotency-key"], "key");
    assert_eq!(headers["x-echo-content-length"], "6");
    let own: Vec<_> = headers.get_all("x-echo-x-own").iter().collect();
    assert_eq!(own, ["one", "two"]);

    let request = Request::get(origin.url("/echo")).header("user-agent", "own");
    let response = executor.fetch(attempt_at(request.body("").unwrap())).await;
    assert_eq!(response.unwrap().headers()["x-echo-user-agent"], "own");
}

#[tokio::test]
async fn gzip() {
    let origin = Origin::start();
    let executor = executor();
    let url = origin.url("/gzip/100000");
    let response = fetch(&executor, &url).await.unwrap();
    assert_eq!(response.bytes().len(), 100_000);
    assert!(response.text().unwrap().starts_with("abcdefgh"));
    assert!(!response.headers().contains_key("content-encoding"));
    assert!(!response.headers().contains_key("content-length"));

    let head = Request::head(&url).body("").unwrap();
    let response = executor.fetch(attempt_at(head)).await.unwrap();
    assert_eq!(
        (response.status(), response.bytes().len()),
        (StatusCode::OK, 0)
    );

    // Whoever asks by himself reads by himself.
    for (name, value) in [("accept-encoding", "gzip"), ("range", "bytes=0-9")] {
        let request = Request::get(&url).header(name, value).body("").unwrap();
        let response = executor.fetch(attempt_at(request)).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip", "{name}");
        assert_eq!(response.bytes()[..2], [0x1f, 0x8b], "{name}");
    }
}

/// What has no body may say how long it would be, whatever may be read (RFC 9110, 8.6).
#[tokio::test]
async fn the_length_of_a_body_that_is_not_there() {
    let authority = Authority::default();
    let tls = Origin::start_tls(&authority.certify(&["127.0.0.1"]));
    let plain = Origin::start();
    let executor = built(HttpExecutor::builder().root_certificate(authority.pem()));
    for (origin, http2) in [(&plain, false), (&tls, true)] {
        for (method, status) in [("HEAD", 200), ("GET", 304), ("HEAD", 404)] {
            let url = origin.url(&format!("/announced/{status}/5000000"));
            let request = Request::builder().method(method).uri(url).body("").unwrap();
            let response = executor.fetch(attempt_at(request)).await.unwrap();
            assert_eq!(response.status(), status, "{method}");
            let announced = response.headers().get("content-length");
            // The server leaves it out of a 304 by HTTP/1.1.
            assert!(announced.is_some_and(|length| length == "5000000") || !http2);
            assert_eq!(response.bytes().len(), 0);
        }
        assert!(origin.seen().iter().all(|seen| seen.http2 == http2));
    }
}

/// One that is tried again is not given up for its body.
#[tokio::test]
async fn a_large_body_of_a_status_that_is_tried_again() {
    let origin = Origin::start();
    let executor = executor();
    for (status, kept) in [(503, Some(101)), (429, Some(101)), (404, None), (200, None)] {
        let url = origin.url(&format!("/large/{status}/1000000"));
        let response = executor.fetch(get_at_most(100, &url)).await;
        match kept {
            Some(kept) => assert_eq!(response.unwrap().bytes().len(), kept, "{status}"),
            None => assert_eq!(response, Err(FetchError::TooLarge { limit: 100 })),
        }
    }
    let url = origin.url("/large/503/100");
    let response = executor.fetch(get_at_most(100, &url)).await.unwrap();
    assert_eq!(response.bytes().len(), 100);
}

#[tokio::test]
async fn an_empty_body_has_a_length() {
    let origin = Origin::start();
    let executor = executor();
    for (method, length) in [
        ("POST", Some("0")),
        ("PUT", Some("0")),
        ("PATCH", Some("0")),
        ("GET", None),
        ("HEAD", None),
        ("DELETE", None),
    ] {
        let request = Request::builder().method(method).uri(origin.url("/ok"));
        let request = attempt_at(request.body("").unwrap());
        executor.fetch(request).await.unwrap();
        let seen = origin.seen();
        let sent = &seen.last().unwrap().headers;
        let said = sent.get_all("content-length").iter();
        assert_eq!(said.collect::<Vec<_>>(), Vec::from_iter(length), "{method}");
    }
}

#[tokio::test]
async fn many_headers() {
    let origin = Origin::start();
    let executor = executor();
    // And two of the server's own.
    let response = fetch(&executor, &origin.url("/headers/498")).await.unwrap();
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 498);
    let refused = fetch(&executor, &origin.url("/headers/499")).await;
    assert!(matches!(refused, Err(FetchError::Network { .. })));
}

/// What was encoded twice is given as it is.
#[tokio::test]
async fn encoded_twice() {
    let twice = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\n\
        content-length: 2\r\n\r\nzz";
    let odd = Odd::saying(twice);
    let response = fetch(&executor(), &format!("http://{}/", odd.address())).await;
    let response = response.unwrap();
    assert_eq!(response.text(), Ok("zz"));
    let encodings = response.headers().get_all("content-encoding").iter();
    assert_eq!(encodings.count(), 2);
}

#[tokio::test]
async fn no_connection() {
    let executor = executor();
    let nobody = format!("http://{}/secret?key=secret", Odd::nobody());
    for url in [nobody.as_str(), "http://nobody.invalid/?key=secret"] {
        let error = fetch(&executor, url).await.unwrap_err();
        let FetchError::Connect { reason } = &error else {
            panic!("{url}: {error}");
        };
        let origin = &url[..url.rfind('/').unwrap()].replace("/secret", "");
        assert!(reason.starts_with(origin), "{reason}");
        assert!(!reason.contains("secret"), "{reason}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
    }
    let error = fetch(&executor, &nobody).await.unwrap_err();
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

/// An address that does not answer: the attempt's time may be over, or that for connecting.
#[tokio::test]
async fn connecting_that_hangs() {
    let full = tokio::task::spawn_blocking(Odd::full).await.unwrap();
    let url = format!("http://{}/", full.address);
    let start = Instant::now();
    let error = executor().fetch(get_in(300, &url)).await.unwrap_err();
    let phase = Phase::Connect;
    assert_eq!(error, FetchError::Timeout { phase });
    took(start, 300);

    let quick = HttpExecutor::builder().connect_timeout(Duration::from_millis(200));
    let start = Instant::now();
    let error = fetch(&built(quick), &url).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error}");
    took(start, 200);
}

#[tokio::test]
async fn a_connection_that_breaks() {
    let origin = Origin::start();
    let executor = executor();
    for path in ["/reset", "/cut"] {
        let error = fetch(&executor, &origin.url(path)).await.unwrap_err();
        let FetchError::Network { reason } = &error else {
            panic!("{path}: {error}");
        };
        assert!(reason.starts_with("in the body: "), "{reason}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(origin.seen_at(path).len(), 1);
    }
    let reset = fetch(&executor, &origin.url("/reset")).await.unwrap_err();
    assert!(reset.to_string().contains("reset"), "{reset}");
}

#[tokio::test]
async fn what_is_no_http() {
    let executor = executor();
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(130_000));
    for says in [
        "",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n",
        &long,
    ] {
        let odd = Odd::saying(says);
        let url = format!("http://{}/", odd.address());
        let error = fetch(&executor, &url).await.unwrap_err();
        assert!(
            matches!(error, FetchError::Network { .. }),
            "{says}: {error}"
        );
        assert_eq!(odd.accepted(), 1, "{says}");
    }
    let bad_gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nno gzip";
    let odd = Odd::saying(bad_gzip);
    let error = fetch(&executor, &format!("http://{}/", odd.address())).await;
    assert!(error.unwrap_err().to_string().contains("gzip"));
}

#[tokio::test]
async fn what_belongs_to_the_connection_is_taken_out() {
    let odd = Odd::saying(
        "HTTP/1.1 200 OK\r\nconnection: close, x-own\r\nx-own: 1\r\nkeep-alive: 1\r\nx-kept: 1\r\n\
         transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: 1\r\n\r\n",
    );
    let response = fetch(&executor(), &format!("http://{}/", odd.address())).await;
    let response = response.unwrap();
    let names: Vec<&str> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    assert_eq!((names, response.text()), (vec!["x-kept"], Ok("ok")));
}

#[tokio::test]
async fn timeouts_say_what_was_waited_for() {
    let origin = Origin::start();
    let silent = Odd::silent();
    let executor = executor();
    let (http, https) = ("http", "https");
    let of = |scheme: &str| format!("{scheme}://{}/", silent.address());
    for (url, phase) in [
        (of(https), Phase::Connect),
        (of(http), Phase::Headers),
        (origin.url("/slow/10000"), Phase::Headers),
        (origin.url("/stalled"), Phase::Body),
        (origin.url("/endless"), Phase::Body),
    ] {
        let start = Instant::now();
        let error = executor.fetch(get_in(300, &url)).await.unwrap_err();
        assert_eq!(error, FetchError::Timeout { phase }, "{url}");
        took(start, 300);
        let unsent = error.outcome() == Outcome::NotExecuted;
        assert_eq!(unsent, phase == Phase::Connect, "{url}");
    }
    assert_eq!(origin.seen().len(), 3);
    // The server hears of it, as far as it says something.
    origin
        .wait_until_async(|origin| origin.abandoned() == 2 && origin.connections().open == 0)
        .await;
    // An attempt without an end is none that overflows.
    let mut endless = get(&origin.url("/ok"));
    endless.timeout = Duration::MAX;
    executor.fetch(endless).await.unwrap();
}

#[tokio::test]
async fn too_large() {
    let origin = Origin::start();
    let executor = executor();
    for (path, limit) in [
        ("/bytes/1001", 1_000),
        ("/chunked/1001", 1_000),
        ("/chunked/5000000", 1_000_000),
        ("/gzip/100000", 99_999),
        ("/bomb/20000000", 1_000_000),
        ("/endless", 5),
        // It is seen at once: what it waits for otherwise never comes.
        ("/stalled", 999),
        ("/bytes/7", 0),
    ] {
        let error = executor.fetch(get_at_most(limit, &origin.url(path))).await;
        assert_eq!(error.unwrap_err(), FetchError::TooLarge { limit }, "{path}");
        assert_eq!(origin.seen_at(path).len(), 1);
    }
    for path in ["/bytes/1000", "/chunked/1000", "/gzip/1000", "/bomb/1000"] {
        let response = executor.fetch(get_at_most(1_000, &origin.url(path))).await;
        assert_eq!(response.unwrap().bytes().len(), 1_000, "{path}");
    }
    // What `HEAD` would have given counts for nothing.
    let mut head = attempt_at(Request::head(origin.url("/bytes/1001")).body("").unwrap());
    head.max_response_bytes = 10;
    let response = executor.fetch(head).await.unwrap();
    assert_eq!(response.headers()["content-length"], "1001");
}

#[tokio::test]
async fn connections_are_used_again() {
    let origin = Origin::start();
    let executor = executor();
    for n in 0..20 {
        let path = ["/ok", "/status/404", "/gzip/5000", "/redirect/302?/ok"][n % 4];
        fetch(&executor, &origin.url(path)).await.unwrap();
    }
    assert_eq!(origin.seen().len(), 25);
    assert_eq!(origin.connections().opened, 1);
    // By a clone too, and not by another executor.
    fetch(&executor.clone(), &origin.url("/ok")).await.unwrap();
    assert_eq!(origin.connections().opened, 1);
    fetch(&super::executor(), &origin.url("/ok")).await.unwrap();
    assert_eq!(origin.connections().opened, 2);
}

/// A server that closes what rests: the next request gets a new connection, and is sent once.
#[tokio::test]
async fn a_connection_that_was_closed_is_not_used_again() {
    let odd = Odd::saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let executor = executor();
    let url = format!("http://{}/", odd.address());
    for _ in 0..5 {
        let post = Request::post(&url).body("x").unwrap();
        executor.fetch(attempt_at(post)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(odd.accepted(), 5);
}

#[tokio::test]
async fn a_fetch_that_is_dropped_ends() {
    let origin = Origin::start();
    let executor = executor();
    let fetching = tokio::spawn(executor.fetch(get(&origin.url("/endless"))));
    origin
        .wait_until_async(|origin| origin.seen().len() == 1)
        .await;
    fetching.abort();
    origin
        .wait_until_async(|origin| origin.abandoned() == 1 && origin.connections().open == 0)
        .await;
}
