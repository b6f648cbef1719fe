//! The served example, as a process of its own, and how the tests ask it.

mod program;
mod workerd;
mod wrangler;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What serves.
pub(crate) enum Shell {
    Program,
    /// workerd, and where the Worker is built.
    Workerd(OsString),
    /// `wrangler dev`, and the path of Wrangler.
    Wrangler(OsString),
}

impl Shell {
    /// The program, unless scripts/test-workerd-example or scripts/test-wrangler runs the tests.
    pub(crate) fn chosen() -> Self {
        if let Some(wrangler) = std::env::var_os("LUMENIZE_WRANGLER") {
            return Self::Wrangler(wrangler);
        }
        match std::env::var_os("LUMENIZE_TASKS_WORKER") {
            Some(build) => Self::Workerd(build),
            None => Self::Program,
        }
    }
}

pub(crate) struct Server {
    child: Child,
    listens: Listens,
    data: PathBuf,
}

/// Where a server listens: `127.0.0.1:PORT`.
#[derive(Default)]
pub(crate) struct Listens {
    /// For the routes.
    pub(crate) routes: String,
    /// On workerd, for what takes its objects away.
    pub(crate) faults: Option<String>,
}

impl Listens {
    /// Whether the line said where.
    fn hear(&mut self, line: &str) -> bool {
        if let Some(address) = program::address(line).or_else(|| wrangler::address(line)) {
            self.routes = address.to_owned();
            return true;
        }
        match workerd::address(line) {
            Some((socket, address)) if socket == "routes" => self.routes = address,
            Some((_, address)) => self.faults = Some(address),
            None => return false,
        }
        true
    }
}

impl Server {
    /// Serves this directory, on ports that are free.
    pub(crate) fn start(data: &Path) -> Self {
        let (child, heard) = spawn(data);
        // Wrangler builds the Worker before it serves.
        Self::new(child, heard, data, Duration::from_secs(300))
    }

    fn new(child: Child, heard: Receiver<Listens>, data: &Path, patience: Duration) -> Self {
        let mut server = Self {
            child,
            listens: Listens::default(),
            data: data.to_owned(),
        };
        server.listens = heard.recv_timeout(patience).unwrap();
        server
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.listens.routes
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Schedules, and returns what is answered.
    pub(crate) fn schedule(&self, object: &str, task: Value) -> Value {
        let path = format!("/objects/{object}/tasks");
        let (status, body) = self.ask("POST", &path, &task.to_string());
        assert_eq!(status, 201, "{task}: {body}");
        body
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        ask(&self.listens.routes, method, path, body).unwrap()
    }

    /// Asks until `done`, at most twenty seconds.
    pub(crate) fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let body = self.get(path);
            if done(&body) {
                return body;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "{path}: {body}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ended, once it has; at most twenty seconds.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "it doesn't end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn terminate(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.ended().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let console = std::fs::read_to_string(self.data.join("console"));
            println!("{}", console.unwrap_or_default());
        }
        let runs = matches!(self.child.try_wait(), Ok(None));
        if runs && matches!(Shell::chosen(), Shell::Wrangler(_)) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that will serve this directory, and where it does, if it gets so far.
pub(crate) fn spawn(data: &Path) -> (Child, Receiver<Listens>) {
    let (mut child, sockets) = match Shell::chosen() {
        Shell::Program => (program::spawn(data, &[]), 1),
        Shell::Workerd(build) => (workerd::spawn(Path::new(&build), data), 2),
        Shell::Wrangler(wrangler) => (wrangler::spawn(&wrangler, data), 1),
    };
    let heard = listen(child.stdout.take().unwrap(), sockets);
    (child, heard)
}

/// Reads to the end what a server prints, and tells where it listens, once it has said so of all its
/// sockets.
fn listen(stdout: ChildStdout, sockets: usize) -> Receiver<Listens> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        // Work that is overdue runs, and prints, before it listens.
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut listens = Listens::default();
        let said = lines
            .by_ref()
            .filter(|line| listens.hear(line))
            .take(sockets);
        if said.count() == sockets {
            // Nobody may be waiting for it any more.
            let _ = tell.send(listens);
        }
        lines.for_each(drop);
    });
    heard
}

/// A file for what a server says beside its output; a test that fails shows it.
fn console(data: &Path) -> std::fs::File {
    let path = data.join("console");
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path);
    file.unwrap()
}

/// The status and the body of the answer; a body that is empty is null.
pub(crate) fn ask(
    address: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Result<(u16, Value), ureq::Error> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .body(body.as_bytes())?;
    // Each request has a connection of its own: none is sent again because an old one was closed.
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections(0)
        .build()
        .into();
    let mut response = agent.run(request)?;
    let is_json =
        response.headers().get("content-type").map(|t| t.as_bytes()) == Some(b"application/json");
    let text = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()?;
    assert_eq!(is_json, !text.is_empty(), "{text}");
    let body = match is_json {
        true => serde_json::from_str(&text).unwrap(),
        false => Value::Null,
    };
    Ok((response.status().as_u16(), body))
}
