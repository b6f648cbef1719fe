//! The server of the example, on loopback. Whatever goes wrong with a server goes wrong with this one.

use crate::timeline::Timeline;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body::Frame;
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;

/// What it knows.
#[derive(Default)]
struct Known {
    /// How often each page was asked for.
    asked: BTreeMap<String, u32>,
    /// The orders that it has taken, by their idempotency keys.
    orders: BTreeMap<String, Bytes>,
}

#[derive(Clone)]
struct Shared {
    known: Arc<Mutex<Known>>,
    timeline: Timeline,
}

impl Shared {
    /// Takes note of a request, and says how many there were like it.
    fn hear(&self, what: &str) -> u32 {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = known.asked.entry(what.to_owned()).or_default();
        *asked += 1;
        self.timeline
            .say("server", &format!("asked for {what}, {asked}"));
        *asked
    }
}

/// Listens on a port of loopback; says where.
pub(crate) async fn start(timeline: Timeline) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let shared = Shared {
        known: Arc::default(),
        timeline,
    };
    let routes = Router::new()
        .route("/slow", get(slow))
        .route("/flaky", get(flaky))
        .route("/limited", get(limited))
        .route("/broken", get(broken))
        .route("/silent", get(silent))
        .route("/orders", post(orders))
        .fallback(nothing)
        .with_state(shared);
    // It ends with the program.
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(base)
}

async fn slow(State(shared): State<Shared>) -> &'static str {
    shared.hear("slow");
    tokio::time::sleep(Duration::from_millis(400)).await;
    "at last"
}

async fn flaky(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    match shared.hear("flaky") {
        1 | 2 => (StatusCode::SERVICE_UNAVAILABLE, "not now"),
        _ => (StatusCode::OK, "now"),
    }
}

async fn limited(State(shared): State<Shared>) -> Response {
    match shared.hear("limited") {
        1 => {
            let headers = [(RETRY_AFTER, "1")];
            (StatusCode::TOO_MANY_REQUESTS, headers, "not so fast").into_response()
        }
        _ => "in good time".into_response(),
    }
}

async fn broken(State(shared): State<Shared>) -> Response {
    shared.hear("broken");
    break_off("half of a")
}

/// An answer that promises more than comes, and then the connection ends.
fn break_off(part: &'static str) -> Response {
    let mut response = Response::new(Body::new(Part(Some(part))));
    response.headers_mut().insert(CONTENT_LENGTH, 20.into());
    response
}

struct Part(Option<&'static str>);

impl HttpBody for Part {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(part) => Ok(Frame::data(Bytes::from(part))),
            None => Err(io::Error::other("broken off on purpose")),
        }))
    }
}

async fn silent(State(shared): State<Shared>) {
    shared.hear("silent");
    std::future::pending().await
}

/// Takes an order once for each key. The first answer is lost on its way.
async fn orders(State(shared): State<Shared>, headers: HeaderMap, order: Bytes) -> Response {
    let heard = shared.hear("orders");
    let Some(key) = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
    else {
        return (StatusCode::BAD_REQUEST, "no idempotency key").into_response();
    };
    let taken = {
        let mut known = shared.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.orders.insert(key.to_owned(), order).is_none()
    };
    let how = if taken { "taken" } else { "known already" };
    shared
        .timeline
        .say("server", &format!("the order is {how}"));
    if heard == 1 {
        return break_off("tak");
    }
    how.into_response()
}

async fn nothing(State(shared): State<Shared>, uri: Uri) -> StatusCode {
    shared.hear(uri.path().trim_start_matches('/'));
    StatusCode::NOT_FOUND
}
