//! The served example, as a process of its own, and how the tests ask it.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Serves this directory on a port that is free.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    pub(crate) fn start_with(data: &Path, more: &[&str]) -> Self {
        let mut child = spawn(data, more);
        let heard = listen(child.stdout.take().unwrap());
        let address = heard.recv_timeout(Duration::from_secs(30)).unwrap();
        Self { child, address }
    }

    /// What it prints is read up to the line that says where it listens, and no further.
    pub(crate) fn start_unread(data: &Path, more: &[&str]) -> (Self, BufReader<ChildStdout>) {
        let mut child = spawn(data, more);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let lines = output.by_ref().lines();
        let address = lines.map_while(Result::ok).find_map(|line| address(&line));
        let address = address.unwrap();
        (Self { child, address }, output)
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
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
        ask(&self.address, method, path, body).unwrap()
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
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn spawn(data: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_task-scheduler"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads to the end what a server prints, and tells the address that it listens on, if it gets so far.
pub(crate) fn listen(stdout: ChildStdout) -> Receiver<String> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        // Work that is overdue runs, and prints, before it listens.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = address(&line) {
                tell.send(address).unwrap();
            }
        }
    });
    heard
}

fn address(line: &str) -> Option<String> {
    line.strip_prefix("listening on http://").map(str::to_owned)
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
