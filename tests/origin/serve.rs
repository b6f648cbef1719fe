//! Sockets, TLS and HTTP.

use super::{Seen, Shared, answers};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

pub(super) type Tls = TlsAcceptor;

/// Serves on a thread of its own until it is told to stop.
pub(super) fn start(
    tls: Option<Tls>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) -> (JoinHandle<()>, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            tokio::select! {
                () = accept(&listener, tls, &shared) => {}
                _ = stopped => {}
            }
        });
    });
    (thread, address)
}

async fn accept(listener: &TcpListener, tls: Option<Tls>, shared: &Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = shared.change(|state| {
            state.connections.opened += 1;
            state.connections.open += 1;
            state.connections.peak = state.connections.peak.max(state.connections.open);
            state.connections.opened
        });
        let reset = Arc::new(AtomicBool::new(false));
        let socket = Socket {
            stream: TokioIo::new(stream),
            reset: Arc::clone(&reset),
            shared: Arc::clone(shared),
        };
        let client = Client {
            shared: Arc::clone(shared),
            connection,
            reset,
        };
        match tls.clone() {
            None => drop(tokio::spawn(speak(socket, client))),
            Some(tls) => drop(tokio::spawn(async move {
                // Whoever does not like the certificate is heard of by himself.
                if let Ok(stream) = tls.accept(TokioIo::new(socket)).await {
                    speak(TokioIo::new(stream), client).await;
                }
            })),
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(super) struct Client {
    pub shared: Arc<Shared>,
    pub connection: u32,
    /// Set when the connection is to end with a reset.
    pub reset: Arc<AtomicBool>,
}

async fn speak(io: impl Read + Write + Unpin + Send + 'static, client: Client) {
    let service = service_fn(move |request| answer(request, client.clone()));
    let server = auto::Builder::new(TokioExecutor::new());
    // Many tests break it off.
    let _ = server.serve_connection(io, service).await;
}

async fn answer(
    request: http::Request<Incoming>,
    client: Client,
) -> Result<http::Response<answers::Body>, Infallible> {
    let at = client.shared.started.elapsed();
    let (parts, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(answers::status(400)),
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let seen = Seen {
        at,
        method: parts.method,
        path: path.to_owned(),
        headers: parts.headers,
        body,
        http2: parts.version == http::Version::HTTP_2,
        connection: client.connection,
    };
    client.shared.change(|state| state.seen.push(seen.clone()));
    Ok(answers::to(&seen, &client).await)
}

/// A socket that is counted, and may end with a reset.
struct Socket {
    stream: TokioIo<TcpStream>,
    reset: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::SeqCst) {
            let _ = self.stream.inner().set_zero_linger();
        }
        self.shared.change(|state| state.connections.open -= 1);
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
