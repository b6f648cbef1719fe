//! Where redirects lead, and what may be fetched.

use super::{attempt_at, built, executor, fetch};
use ::http::{Method, Request, Uri};
use lumenize::Outcome;
use lumenize_runtime::fetch::{Executor, FetchError, HttpExecutor, Policy, PublicOnly};
use lumenize_tests::origin::{Authority, Odd, Origin};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

fn is_redirect(error: &FetchError, says: &str) {
    let FetchError::Redirect { reason } = error else {
        panic!("{error}");
    };
    assert!(reason.contains(says), "{reason}");
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn they_are_followed() {
    let origin = Origin::start();
    let executor = executor();
    let response = fetch(&executor, &origin.url("/chain/3")).await.unwrap();
    assert_eq!(response.text(), Ok("end"));
    assert_eq!(response.url(), origin.url("/chain/0"));
    assert_eq!(origin.seen_at("/chain").len(), 4);

    let response = fetch(&executor, &origin.url("/redirect/301?/ok%3Fa=b#c")).await;
    assert_eq!(response.unwrap().url(), origin.url("/ok%3Fa=b"));
    // Ones that say no place are responses.
    let response = fetch(&executor, &origin.url("/status/302")).await.unwrap();
    assert_eq!(response.status(), 302);
}

#[tokio::test]
async fn not_for_ever() {
    let origin = Origin::start();
    let ten = executor();
    fetch(&ten, &origin.url("/chain/10")).await.unwrap();
    let error = fetch(&ten, &origin.url("/chain/11")).await.unwrap_err();
    is_redirect(&error, "more than 10");
    assert_eq!(origin.seen().len(), 11 + 11);

    let two = built(HttpExecutor::builder().max_redirects(2));
    fetch(&two, &origin.url("/chain/2?")).await.unwrap();
    fetch(&two, &origin.url("/chain/3?")).await.unwrap_err();

    let none = built(HttpExecutor::builder().max_redirects(0));
    let response = fetch(&none, &origin.url("/chain/1")).await.unwrap();
    assert_eq!(response.headers()["location"], "/chain/0");
}

#[tokio::test]
async fn not_in_circles() {
    let origin = Origin::start();
    for (path, requests) in [("/loop", 1), ("/ping", 2)] {
        let before = origin.seen().len();
        let error = fetch(&executor(), &origin.url(path)).await.unwrap_err();
        is_redirect(&error, &format!("circles, to {}", origin.url(path)));
        assert_eq!(origin.seen().len() - before, requests);
    }
}

#[tokio::test]
async fn methods_and_bodies() {
    let origin = Origin::start();
    let executor = executor();
    for (status, method, then, body) in [
        (301, Method::POST, Method::GET, ""),
        (302, Method::POST, Method::GET, ""),
        (303, Method::POST, Method::GET, ""),
        (307, Method::POST, Method::POST, "body"),
        (308, Method::POST, Method::POST, "body"),
        (302, Method::PUT, Method::PUT, "body"),
        (303, Method::PUT, Method::GET, ""),
        (303, Method::HEAD, Method::HEAD, ""),
    ] {
        let request = Request::builder()
            .method(method.clone())
            .header("content-type", "text/plain")
            .uri(origin.url(&format!("/redirect/{status}?/echo")));
        let sent = if method == Method::HEAD { "" } else { "body" };
        let response = executor
            .fetch(attempt_at(request.body(sent).unwrap()))
            .await;
        response.unwrap();
        let echo = origin.seen_at("/echo").pop().unwrap();
        assert_eq!(
            (&echo.method, &echo.body[..]),
            (&then, body.as_bytes()),
            "{status} {method}"
        );
        let has_type = echo.headers.contains_key("content-type");
        assert_eq!(has_type, then == method, "{status} {method}");
    }
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let (one, other) = (Origin::start(), Origin::start());
    let secret = |url: String| {
        let request = Request::get(url)
            .header("authorization", "Bearer secret")
            .header("cookie", "secret")
            .header("x-own", "kept");
        attempt_at(request.body("").unwrap())
    };
    let executor = executor();
    let to_other = one.url(&format!("/redirect/302?{}", other.url("/echo")));
    executor.fetch(secret(to_other)).await.unwrap();
    let to_itself = one.url("/redirect/302?/echo");
    executor.fetch(secret(to_itself)).await.unwrap();
    // And what was dropped on the way does not come back with a redirect to the first.
    let there = other.url(&format!("/redirect/302?{}", one.url("/echo?back")));
    let and_back = one.url(&format!("/redirect/302?{there}"));
    executor.fetch(secret(and_back)).await.unwrap();

    let has = |origin: &Origin, path: &str| {
        let seen = origin.seen_at(path).remove(0).headers;
        assert_eq!(seen["x-own"], "kept");
        ["authorization", "cookie"].map(|name| seen.contains_key(name))
    };
    assert_eq!(has(&other, "/echo"), [false, false]);
    assert_eq!(has(&one, "/echo"), [true, true]);
    assert_eq!(has(&one, "/echo?back"), [false, false]);
}

#[tokio::test]
async fn to_no_place() {
    let origin = Origin::start();
    for (location, says) in [
        ("ftp://127.0.0.1/", "`ftp`"),
        ("file:///etc/passwd", "`file`"),
        ("http://me:hidden@127.0.0.1/", "credentials"),
        ("http://127.0.0.1:99999/", "no URL"),
    ] {
        let url = origin.url(&format!("/redirect/302?{location}"));
        let error = fetch(&executor(), &url).await.unwrap_err();
        is_redirect(&error, says);
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    // Something was sent, so it is not the same as no connection to begin with.
    let nobody = origin.url(&format!("/redirect/302?http://{}/", Odd::nobody()));
    let error = fetch(&executor(), &nobody).await.unwrap_err();
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);

    let stranger = Origin::start_tls(&Authority::default().certify(&["127.0.0.1"]));
    let to_stranger = origin.url(&format!("/redirect/302?{}", stranger.url("/ok")));
    let error = fetch(&executor(), &to_stranger).await.unwrap_err();
    is_redirect(&error, "certificate");
    assert_eq!(stranger.seen().len(), 0);

    let silent = Odd::silent();
    let to_silent = origin.url(&format!("/redirect/302?https://{}/", silent.address()));
    let error = executor()
        .fetch(super::get_in(300, &to_silent))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}

fn is_refused(error: &FetchError, at: &str, says: &str) {
    let FetchError::Refused { url, reason } = error else {
        panic!("{error}");
    };
    assert_eq!(url, at);
    assert!(reason.contains(says), "{reason}");
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let origin = Origin::start();
    let executor = built(HttpExecutor::builder().policy(PublicOnly));
    let port = origin.address().port();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        // By names: the first is one, the others only look like addresses.
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
    ] {
        let url = format!("http://{host}:{port}/ok?key=hidden");
        let error = fetch(&executor, &url).await.unwrap_err();
        is_refused(&error, &format!("http://{host}:{port}/ok"), "loopback");
    }
    assert_eq!(origin.connections().opened, 0);
}

/// Allows this machine, where the tests run, and says what it was asked.
#[derive(Clone, Default)]
struct ThisMachine {
    asked: Arc<Mutex<Vec<String>>>,
}

impl ThisMachine {
    fn note(&self, asked: String) {
        self.asked.lock().unwrap().push(asked);
    }
}

impl Policy for ThisMachine {
    fn url(&self, url: &Uri) -> Result<(), String> {
        self.note(url.to_string());
        match url.path() {
            "/forbidden" => Err("it is forbidden".to_owned()),
            _ => Ok(()),
        }
    }

    fn address(&self, address: IpAddr) -> Result<(), String> {
        self.note(address.to_string());
        match address.to_string().as_str() {
            "127.0.0.1" => Ok(()),
            _ => PublicOnly.address(address),
        }
    }
}

#[tokio::test]
async fn redirects_are_asked_of_the_policy() {
    let origin = Origin::start();
    let policy = ThisMachine::default();
    let executor = built(HttpExecutor::builder().policy(policy.clone()));
    fetch(&executor, &origin.url("/redirect/302?/ok"))
        .await
        .unwrap();
    let asked = std::mem::take(&mut *policy.asked.lock().unwrap());
    let here = "127.0.0.1";
    assert_eq!(
        asked,
        [
            &origin.url("/redirect/302?/ok"),
            here,
            &origin.url("/ok"),
            here
        ]
    );

    for (location, at, says) in [
        ("http://10.0.0.1/x?y", "http://10.0.0.1/x", "private"),
        (
            "http://169.254.169.254/",
            "http://169.254.169.254/",
            "link-local",
        ),
        (
            "http://[fd00:ec2::254]/",
            "http://[fd00:ec2::254]/",
            "unique local",
        ),
        (
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "private",
        ),
        ("http://0/", "http://0.0.0.0/", "unspecified"),
        ("http://0xA000001/", "http://10.0.0.1/", "private"),
    ] {
        let url = origin.url(&format!("/redirect/302?{location}"));
        let error = fetch(&executor, &url).await.unwrap_err();
        is_refused(&error, at, says);
    }
    let forbidden = origin.url("/redirect/302?/forbidden");
    let error = fetch(&executor, &forbidden).await.unwrap_err();
    is_refused(&error, &origin.url("/forbidden"), "it is forbidden");
    assert_eq!(origin.seen_at("/forbidden").len(), 0);
}

/// A name has one address that is allowed, and perhaps one that is not, which is left out.
#[tokio::test]
async fn names_are_asked_of_the_policy() {
    let origin = Origin::start();
    let policy = ThisMachine::default();
    let executor = built(HttpExecutor::builder().policy(policy.clone()));
    let url = origin.url_by_name("localhost", "/ok");
    fetch(&executor, &url).await.unwrap();
    let asked = policy.asked.lock().unwrap().clone();
    assert_eq!(asked[0], url);
    assert!(
        asked[1..].iter().any(|address| address == "127.0.0.1"),
        "{asked:?}"
    );
}
