//! Servers that don't speak HTTP.

use std::io::{Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpSocket;

/// A server that says the same to everybody, or nothing.
pub struct Odd {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Odd {
    /// Takes connections, and says nothing for ever.
    pub fn silent() -> Self {
        Self::start(None)
    }

    /// Reads something, says this, and closes the connection.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(Some(bytes.into()))
    }

    /// Takes no connections, and doesn't refuse them: connecting hangs.
    pub fn full() -> Full {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(0).unwrap().into_std().unwrap()
        });
        let address = listener.local_addr().unwrap();
        // Those that nobody accepts; there is room for one or two.
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200));
        let waiting: Vec<_> = iter::from_fn(|| connect().ok()).take(50).collect();
        assert!(waiting.len() < 50, "it takes any number");
        Full {
            address,
            _listener: listener,
            _waiting: waiting,
        }
    }

    /// The address of a port that refuses connections.
    pub fn nobody() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    }

    fn start(says: Option<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (counter, stopped) = (Arc::clone(&accepted), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                match &says {
                    Some(bytes) => say(stream, bytes),
                    None => silent.push(stream),
                }
            }
        });
        Self {
            address,
            accepted,
            stop,
            thread: Some(thread),
        }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it took.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// A server to which connecting hangs: [`Odd::full`].
pub struct Full {
    /// Its address.
    pub address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

fn say(mut stream: TcpStream, bytes: &[u8]) {
    // What was not read would make a reset of the close.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = stream.read(&mut [0; 64 << 10]);
    let _ = stream.write_all(bytes);
}

impl Drop for Odd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // It waits for the next connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
