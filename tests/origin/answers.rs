//! What is answered to which path.

use super::serve::Client;
use super::{Seen, Shared};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, SizeHint};
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::time::sleep;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// How long it takes from the part that is sent to the end that should not come there.
const A_MOMENT: Duration = Duration::from_millis(20);

pub(super) async fn to(seen: &Seen, client: &Client) -> Response<Body> {
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    if let Some(latency) = query.strip_prefix("latency=") {
        sleep(Duration::from_millis(number(latency))).await;
    }
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (what, first, second) = (part(), part(), part());
    match what {
        "ok" => text(200, "ok"),
        "status" => text(number(first) as u16, first.to_owned()),
        "flaky" if u64::from(tries(seen, client)) <= number(first) => text(503, "not yet"),
        "flaky" => text(200, "now"),
        "limited" if tries(seen, client) > 1 => text(200, "now"),
        "limited" => limited(first, number(second)),
        "slow" => {
            sleep(Duration::from_millis(number(first))).await;
            text(200, "at last")
        }
        "echo" => echo(seen),
        "bytes" => text(200, letters(first)),
        "large" => text(number(first) as u16, letters(second)),
        "announced" => with(text(number(first) as u16, ""), "content-length", second),
        "headers" => (0..number(first)).fold(text(200, "ok"), |mut response, number| {
            let value = HeaderValue::from(number);
            response.headers_mut().append(header::SET_COOKIE, value);
            response
        }),
        "chunked" => pour(client, None, letters(first), End::Proper),
        "gzip" => zipped(text(200, zip(&letters(first)))),
        "bomb" => {
            let zeros = vec![0; number(first) as usize];
            zipped(pour(client, None, zip(&zeros), End::Proper))
        }
        "reset" => pour(client, Some(1_000), letters("10"), End::Reset),
        "cut" => pour(client, Some(1_000), letters("10"), End::Cut),
        "stalled" => pour(client, Some(1_000), letters("10"), End::Never),
        "endless" => pour(client, None, letters("1"), End::Drip),
        "loop" => redirect(302, "/loop"),
        "ping" => redirect(302, "/pong"),
        "pong" => redirect(302, "/ping"),
        "chain" => match number(first) {
            0 => text(200, "end"),
            more => redirect(302, &format!("/chain/{}", more - 1)),
        },
        "redirect" => redirect(number(first) as u16, query),
        _ => text(404, "there is no such path"),
    }
}

/// An answer without a body.
pub(super) fn status(code: u16) -> Response<Body> {
    text(code, "")
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

/// How often this path was asked for, this time included.
fn tries(seen: &Seen, client: &Client) -> u32 {
    client.shared.change(|state| {
        let tries = state.tries.entry(seen.path.clone()).or_default();
        *tries += 1;
        *tries
    })
}

fn text(code: u16, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::NOT_FOUND);
    response
}

fn with(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn redirect(code: u16, to: &str) -> Response<Body> {
    with(text(code, "elsewhere"), "location", to)
}

fn limited(form: &str, seconds: u64) -> Response<Body> {
    let after = match form {
        "date" => {
            // Dates have whole seconds; this one is no earlier than it says.
            let due = SystemTime::now() + Duration::from_secs(seconds) + Duration::from_millis(999);
            httpdate::fmt_http_date(due)
        }
        _ => seconds.to_string(),
    };
    with(text(429, "too often"), "retry-after", &after)
}

fn echo(seen: &Seen) -> Response<Body> {
    let mut response = text(200, seen.body.clone());
    let headers = response.headers_mut();
    for (name, value) in &seen.headers {
        if let Ok(name) = header::HeaderName::try_from(format!("x-echo-{name}")) {
            headers.append(name, value.clone());
        }
    }
    with(response, "x-echo-method", seen.method.as_str())
}

fn letters(count: &str) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(number(count) as usize).collect()
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(response: Response<Body>) -> Response<Body> {
    with(response, "content-encoding", "gzip")
}

/// How a body that is poured ends.
#[derive(Clone, Copy)]
enum End {
    Proper,
    Reset,
    Cut,
    Never,
    /// It goes on with the same, again and again.
    Drip,
}

/// An answer whose body comes piece by piece, with or without a `Content-Length`.
fn pour(client: &Client, length: Option<u64>, bytes: Vec<u8>, end: End) -> Response<Body> {
    let (pieces, rest) = mpsc::channel(1);
    let client = client.clone();
    let shared = Arc::clone(&client.shared);
    tokio::spawn(async move {
        let bytes = Bytes::from(bytes);
        for start in (0..bytes.len()).step_by(8 << 10) {
            let piece = bytes.slice(start..bytes.len().min(start + (8 << 10)));
            if pieces.send(Ok(piece)).await.is_err() {
                return;
            }
        }
        match end {
            End::Proper => {}
            End::Never => pieces.closed().await,
            End::Drip => {
                while pieces.send(Ok(bytes.clone())).await.is_ok() {
                    sleep(A_MOMENT).await;
                }
            }
            End::Reset | End::Cut => {
                sleep(A_MOMENT).await;
                let reset = matches!(end, End::Reset);
                client.reset.store(reset, Ordering::SeqCst);
                let broken = io::Error::other("broken off on purpose");
                let _ = pieces.send(Err(broken)).await;
            }
        }
    });
    let body = Pour {
        rest,
        length,
        ended: false,
        shared,
    };
    Response::new(body.boxed_unsync())
}

struct Pour {
    rest: mpsc::Receiver<io::Result<Bytes>>,
    length: Option<u64>,
    ended: bool,
    shared: Arc<Shared>,
}

impl Drop for Pour {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.change(|state| state.abandoned += 1);
        }
    }
}

impl hyper::body::Body for Pour {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.rest.poll_recv(context);
        if let Poll::Ready(None | Some(Err(_))) = piece {
            self.ended = true;
        }
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
