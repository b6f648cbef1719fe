//! A real HTTP server on a port of this machine, for the tests of fetches: what it does is said by the URL
//! ([`Origin::url`]), and it keeps a log of every request, by its own clock.
//!
//! - [`Origin`], here; `serve`: sockets, TLS and HTTP; `answers`: what is answered to which path;
//! - `authority`: a certificate authority of our own;
//! - `odd`: servers that don't speak HTTP.

mod answers;
mod authority;
mod odd;
mod serve;

pub use authority::{Authority, Identity};
pub use odd::{Full, Odd};

use bytes::Bytes;
use http::{HeaderMap, Method};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The server. It runs on a thread of its own and stops when it is dropped.
///
/// | Path | Answer |
/// |---|---|
/// | `/ok` | 200, `ok` |
/// | `/status/{code}` | that status, its code as the body |
/// | `/flaky/{n}` | 503 to the first `n` requests for the same path and query, then 200 |
/// | `/limited/seconds/{s}`, `/limited/date/{s}` | 429 with `Retry-After` to the first, then 200 |
/// | `/slow/{ms}` | 200 after so long |
/// | `/echo` | 200, the request's body, with its headers as `x-echo-{name}` and its method as `x-echo-method` |
/// | `/bytes/{n}`, `/chunked/{n}` | so many bytes with and without `Content-Length` |
/// | `/gzip/{n}` | so many bytes of text, compressed |
/// | `/bomb/{n}` | so many zeros, compressed to a thousandth, without `Content-Length` |
/// | `/reset`, `/cut` | 10 of 1,000 bytes, then the connection is reset, or closed |
/// | `/endless` | a byte each 20 ms, for ever |
/// | `/stalled` | 10 of 1,000 bytes, then nothing |
/// | `/loop`, `/ping` ↔ `/pong` | redirects in circles |
/// | `/chain/{n}` | so many redirects, then 200, `end` |
/// | `/redirect/{code}?{url}` | a redirect to that URL |
///
/// Anything else is 404. A query `latency={ms}` makes the answer to any path late.
pub struct Origin {
    base: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A request, as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When its headers had arrived, after the server's start.
    pub at: Duration,
    /// The method.
    pub method: Method,
    /// The path, and the query if there is one.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Whether it came by HTTP/2.
    pub http2: bool,
    /// By which connection, from 1.
    pub connection: u32,
}

/// How many connections there were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connections {
    /// At present.
    pub open: u32,
    /// At most at a time.
    pub peak: u32,
    /// In all.
    pub opened: u32,
}

struct Shared {
    started: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    tries: HashMap<String, u32>,
    connections: Connections,
    abandoned: u32,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_all();
        result
    }
}

impl Origin {
    /// Starts one that speaks HTTP/1.1 without TLS.
    pub fn start() -> Self {
        Self::start_as(None)
    }

    /// Starts one with TLS, which speaks HTTP/2 to whoever can.
    pub fn start_tls(identity: &Identity) -> Self {
        Self::start_as(Some(identity.server(&[b"h2", b"http/1.1"])))
    }

    /// Starts one with TLS, which speaks HTTP/1.1 only.
    pub fn start_tls_http1(identity: &Identity) -> Self {
        Self::start_as(Some(identity.server(&[b"http/1.1"])))
    }

    fn start_as(tls: Option<serve::Tls>) -> Self {
        let shared = Arc::new(Shared {
            started: Instant::now(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (stop, stopped) = oneshot::channel();
        let (thread, address) = serve::start(tls, Arc::clone(&shared), stopped);
        Self {
            base: format!("{scheme}://{address}"),
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The URL of a path, by the server's address.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The URL of a path, by this name of the server.
    pub fn url_by_name(&self, name: &str, path: &str) -> String {
        self.url(path).replace("127.0.0.1", name)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        let (_, address) = self.base.split_once("://").unwrap();
        address.parse().unwrap()
    }

    /// How long ago it was started: the clock of its log.
    pub fn elapsed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// All requests so far, in the order in which they were read whole.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// Those for a path that begins so.
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.path.starts_with(path));
        seen
    }

    /// How many connections there were.
    pub fn connections(&self) -> Connections {
        self.shared.state().connections
    }

    /// How many answers were given up by who had asked, before they were at their end.
    pub fn abandoned(&self) -> u32 {
        self.shared.state().abandoned
    }

    /// Waits until the log is as it should be.
    ///
    /// # Panics
    /// If it is not within 10 s.
    pub fn wait_until(&self, as_it_should: impl Fn(&Self) -> bool) {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            // Asked without the lock, so what changes meanwhile is only seen by the next look.
            if as_it_should(self) {
                return;
            }
            assert!(Instant::now() < patience, "waited 10 s: {:?}", self.seen());
            let state = self.shared.state();
            let wait = Duration::from_millis(20);
            drop(self.shared.changed.wait_timeout(state, wait));
        }
    }
}

impl Origin {
    /// As [`wait_until`](Self::wait_until), for a test that is itself on a runtime of tokio.
    ///
    /// # Panics
    /// If it is not within 10 s.
    pub async fn wait_until_async(&self, as_it_should: impl Fn(&Self) -> bool) {
        let patience = Instant::now() + Duration::from_secs(10);
        while !as_it_should(self) {
            assert!(Instant::now() < patience, "waited 10 s: {:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
