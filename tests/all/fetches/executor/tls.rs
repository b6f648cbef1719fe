//! TLS and HTTP/2.

use super::{built, executor, fetch, get};
use lumenize::Outcome;
use lumenize_runtime::fetch::{Executor, FetchError, HttpExecutor};
use lumenize_tests::origin::{Authority, Odd, Origin};

#[tokio::test]
async fn both_protocols() {
    let authority = Authority::default();
    let trusting = built(HttpExecutor::builder().root_certificate(authority.pem()));
    let identity = authority.certify(&["127.0.0.1", "localhost"]);
    for (origin, http2) in [
        (Origin::start_tls(&identity), true),
        (Origin::start_tls_http1(&identity), false),
    ] {
        for url in [
            origin.url("/gzip/5000"),
            origin.url_by_name("localhost", "/redirect/302?/gzip/5000"),
        ] {
            let response = fetch(&trusting, &url).await.unwrap();
            assert_eq!(response.bytes().len(), 5_000);
        }
        assert!(origin.seen().iter().all(|seen| seen.http2 == http2));
        assert_eq!((origin.seen().len(), origin.connections().opened), (3, 2));
    }
}

#[tokio::test]
async fn http2_shares_a_connection() {
    let authority = Authority::default();
    let trusting = built(HttpExecutor::builder().root_certificate(authority.pem()));
    let origin = Origin::start_tls(&authority.certify(&["127.0.0.1"]));
    fetch(&trusting, &origin.url("/ok")).await.unwrap();
    let many: Vec<_> = (0..100)
        .map(|n| trusting.fetch(get(&origin.url(&format!("/slow/100?{n}")))))
        .map(tokio::spawn)
        .collect();
    for fetching in many {
        assert_eq!(fetching.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!((origin.seen().len(), origin.connections().opened), (101, 1));
}

/// Before it is known that the server speaks HTTP/2, each begins a connection of its own.
#[tokio::test]
async fn http2_from_the_beginning() {
    let authority = Authority::default();
    let trusting = built(HttpExecutor::builder().root_certificate(authority.pem()));
    let origin = Origin::start_tls(&authority.certify(&["127.0.0.1"]));
    let many: Vec<_> = (0..100)
        .map(|n| trusting.fetch(get(&origin.url(&format!("/ok?latency=50&{n}")))))
        .map(tokio::spawn)
        .collect();
    for fetching in many {
        assert_eq!(fetching.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(origin.seen().len(), 100);
    println!("{:?}", origin.connections());
    origin
        .wait_until_async(|origin| origin.connections().open == 1)
        .await;
}

#[tokio::test]
async fn failures_over_http2() {
    let authority = Authority::default();
    let trusting = built(HttpExecutor::builder().root_certificate(authority.pem()));
    let origin = Origin::start_tls(&authority.certify(&["127.0.0.1"]));
    for path in ["/reset", "/cut"] {
        let error = fetch(&trusting, &origin.url(path)).await.unwrap_err();
        assert!(
            matches!(error, FetchError::Network { .. }),
            "{path}: {error}"
        );
    }
    let error = trusting.fetch(super::get_at_most(99_999, &origin.url("/bomb/1000000")));
    assert_eq!(
        error.await.unwrap_err(),
        FetchError::TooLarge { limit: 99_999 }
    );
    let error = trusting.fetch(super::get_in(300, &origin.url("/endless")));
    assert!(matches!(
        error.await.unwrap_err(),
        FetchError::Timeout { .. }
    ));
    // The stream is ended, not the connection.
    origin
        .wait_until_async(|origin| origin.abandoned() >= 1)
        .await;
    assert_eq!(
        fetch(&trusting, &origin.url("/ok")).await.unwrap().status(),
        200
    );
    assert!(origin.seen().iter().all(|seen| seen.http2));
}

#[tokio::test]
async fn certificates_that_are_not_accepted() {
    let (authority, stranger) = (Authority::default(), Authority::default());
    let trusting = built(HttpExecutor::builder().root_certificate(authority.pem()));
    for (identity, says) in [
        (stranger.certify(&["127.0.0.1"]), "UnknownIssuer"),
        (authority.certify(&["wrong.example"]), "not valid for"),
        (authority.certify_expired(&["127.0.0.1"]), "expired"),
    ] {
        let origin = Origin::start_tls(&identity);
        let error = fetch(&trusting, &origin.url("/ok?key=hidden"))
            .await
            .unwrap_err();
        let FetchError::Certificate { reason } = &error else {
            panic!("{says}: {error}");
        };
        assert!(
            reason.contains(says) && !reason.contains("hidden"),
            "{reason}"
        );
        assert!(reason.starts_with(&origin.url("")), "{reason}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        assert_eq!(origin.seen().len(), 0);
    }
    // Nobody trusts it unless he is told to.
    let origin = Origin::start_tls(&authority.certify(&["127.0.0.1"]));
    let error = fetch(&executor(), &origin.url("/ok")).await.unwrap_err();
    assert!(matches!(error, FetchError::Certificate { .. }), "{error}");
    fetch(&trusting, &origin.url("/ok")).await.unwrap();
}

#[tokio::test]
async fn what_is_no_tls() {
    let origin = Origin::start();
    let https = origin.url("/ok").replace("http:", "https:");
    let odd = Odd::saying("what?");
    for url in [https, format!("https://{}/", odd.address())] {
        let error = fetch(&executor(), &url).await.unwrap_err();
        assert!(matches!(error, FetchError::Connect { .. }), "{error}");
    }
    // The other way round: it is no HTTP.
    let secure = Origin::start_tls(&Authority::default().certify(&["127.0.0.1"]));
    let http = secure.url("/ok").replace("https:", "http:");
    let error = fetch(&executor(), &http).await.unwrap_err();
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
}
