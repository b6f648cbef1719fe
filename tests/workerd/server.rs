//! A workerd with the tests' Worker, its objects on disk, listening on loopback.

use lumenize::{CallError, FailedWork, PendingWork, RetryPolicy};
use lumenize_tests::{Ask, At, Job, Told};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

const CONFIG: &str = include_str!("config.capnp");
const RELEASES: &str = include_str!("releases.capnp");
const OUTSIDER: &str = include_str!("outsider.js");

/// Held by each server: shared, or alone by one whose test measures time.
static MACHINE: RwLock<()> = RwLock::new(());

/// What scripts/test-workerd gives.
fn given(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set; run the tests on workerd by scripts/test-workerd"),
    }
}

pub(crate) struct Server {
    directory: tempfile::TempDir,
    child: Mutex<Child>,
    ports: Ports,
    /// Of the machine.
    _hold: Box<dyn Sync>,
}

/// How objects are taken out of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Out {
    /// As when they were idle for long.
    Evict,
    /// As when something went wrong with them, in the middle of what they do.
    Abort,
}

/// Where its Workers listen.
struct Ports {
    main: u64,
    front: u64,
    outsider: u64,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_as(|config| config)
    }

    /// With another configuration.
    pub(crate) fn start_as(config: impl Fn(String) -> String) -> Self {
        let machine = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
        Self::start_holding(Box::new(machine), &config(CONFIG.to_owned()))
    }

    /// As `start`, once no other server runs; none starts until it is dropped.
    pub(crate) fn start_alone() -> Self {
        let machine = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        Self::start_holding(Box::new(machine), CONFIG)
    }

    fn start_holding(hold: Box<dyn Sync>, config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy_build(&given("LUMENIZE_TESTS_WORKER"), directory.path());
        Self::serving(hold, directory, config)
    }

    /// One with the Workers of `releases.capnp`, each built of its release.
    pub(crate) fn start_releases(main: &str, front: &str) -> Self {
        let machine = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        copy_releases(directory.path(), main, front);
        Self::serving(Box::new(machine), directory, RELEASES)
    }

    /// Starts that again with what was built of other releases, once it is killed.
    pub(crate) fn deploy(&mut self, main: &str, front: &str) {
        assert!(self.is_dead());
        copy_releases(self.directory.path(), main, front);
        self.start_again();
    }

    fn serving(hold: Box<dyn Sync>, directory: tempfile::TempDir, config: &str) -> Self {
        std::fs::create_dir(directory.path().join("objects")).unwrap();
        std::fs::write(directory.path().join("config.capnp"), config).unwrap();
        std::fs::write(directory.path().join("outsider.js"), OUTSIDER).unwrap();
        let (child, ports) = serve(directory.path());
        Self {
            directory,
            child: Mutex::new(child),
            ports,
            _hold: hold,
        }
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have been killed before.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Whether it was killed.
    pub(crate) fn is_dead(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().unwrap().is_some()
    }

    /// Starts it again over the same files.
    pub(crate) fn start_again(&mut self) {
        let (child, ports) = serve(self.directory.path());
        (self.child, self.ports) = (Mutex::new(child), ports);
    }

    /// Takes all objects out of memory, in the one way or the other.
    pub(crate) fn take_objects_out(&self, how: Out) {
        let path = match how {
            Out::Evict => "/evict",
            Out::Abort => "/abort",
        };
        let (status, told) = ask(self.ports.outsider, "POST", path, &[], &[]).unwrap();
        assert_eq!(status, 200, "{told}\n{}", self.console());
    }

    /// The databases of a class's objects, by the key of its namespace. Only once it is killed.
    pub(crate) fn databases(&self, key: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.directory.path().join("objects").join(key)).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "sqlite"))
            .collect()
    }

    /// What it printed so far.
    pub(crate) fn console(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("console")).unwrap()
    }

    /// The status and the body of the answer.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(u16, String), ureq::Error> {
        ask(self.ports.main, method, path, headers, body)
    }

    /// What a lab answers to RPC with these bytes; the error is that of the call.
    pub(crate) fn send(&self, lab: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        let path = format!("/send/{lab}");
        match ask_for_bytes(self.ports.outsider, "POST", &path, &[], message).unwrap() {
            (200, answer) => Ok(answer),
            (_, error) => Err(String::from_utf8_lossy(&error).into_owned()),
        }
    }

    /// What comes of RPC to a method of a lab, by its name, with arguments in JSON.
    pub(crate) fn rpc(&self, lab: &str, method: &str, arguments: &str) -> String {
        let path = format!("/rpc/{lab}/{method}");
        let told = ask(
            self.ports.outsider,
            "POST",
            &path,
            &[],
            arguments.as_bytes(),
        );
        told.unwrap().1
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, &[], &[]).unwrap()
    }

    /// The same of a Worker that is not in the isolate of the objects.
    pub(crate) fn get_from_elsewhere(&self, path: &str) -> (u16, String) {
        ask(self.ports.front, "GET", path, &[], &[]).unwrap()
    }

    /// What an object answers that is asked for by the path of its type and its name or id.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        path: &str,
        asked: &impl Serialize,
    ) -> Result<T, CallError> {
        self.run_by(self.ports.main, path, asked)
    }

    /// The same by a Worker that is not in its isolate.
    pub(crate) fn run_from_elsewhere<T: DeserializeOwned>(
        &self,
        path: &str,
        asked: &impl Serialize,
    ) -> Result<T, CallError> {
        self.run_by(self.ports.front, path, asked)
    }

    fn run_by<T: DeserializeOwned>(
        &self,
        port: u64,
        path: &str,
        asked: &impl Serialize,
    ) -> Result<T, CallError> {
        let body = serde_json::to_vec(asked).unwrap();
        let (status, text) = ask(port, "POST", path, &[], &body).unwrap();
        assert_eq!(status, 200, "{path}: {text}\n{}", self.console());
        serde_json::from_str(&text).unwrap()
    }

    /// The same; `None` if no answer comes, as when the server is killed.
    pub(crate) fn try_from_elsewhere<T: DeserializeOwned>(
        &self,
        path: &str,
        asked: &impl Serialize,
    ) -> Option<Result<T, CallError>> {
        let body = serde_json::to_vec(asked).unwrap();
        match ask(self.ports.front, "POST", path, &[], &body).ok()? {
            (200, text) => Some(serde_json::from_str(&text).unwrap()),
            (status, text) => {
                println!("{path}: {status} {text}");
                None
            }
        }
    }

    /// What a lab answers; `None` if no answer comes, as when the server is killed.
    pub(crate) fn try_lab(&self, name: &str, asked: &Ask) -> Option<Told> {
        lab(self.ports.main, name, asked)
    }

    /// What a lab answers to a Worker that is not in its isolate.
    pub(crate) fn lab_from_elsewhere(&self, name: &str, asked: &Ask) -> Option<Told> {
        lab(self.ports.front, name, asked)
    }

    pub(crate) fn lab(&self, name: &str, ask: Ask) -> Told {
        self.try_lab(name, &ask)
            .unwrap_or_else(|| panic!("no answer to {ask:?}\n{}", self.console()))
    }

    pub(crate) fn schedule(&self, name: &str, at: At, job: Job, policy: RetryPolicy) {
        let told = self.lab(name, Ask::Schedule(at, job, policy));
        assert!(matches!(told, Told::Scheduled(_)), "{told:?}");
    }

    pub(crate) fn log(&self, name: &str) -> Vec<String> {
        match self.lab(name, Ask::Log) {
            Told::Log(log) => log,
            told => panic!("{told:?}"),
        }
    }

    /// The log, or none if the answer is lost.
    pub(crate) fn try_log(&self, name: &str) -> Vec<String> {
        match self.try_lab(name, &Ask::Log) {
            Some(Told::Log(log)) => log,
            _ => Vec::new(),
        }
    }

    pub(crate) fn pending(&self, name: &str) -> Vec<PendingWork> {
        match self.lab(name, Ask::Pending) {
            Told::Pending(pending) => pending,
            told => panic!("{told:?}"),
        }
    }

    pub(crate) fn failed(&self, name: &str) -> Vec<FailedWork> {
        match self.lab(name, Ask::Failed) {
            Told::Failed(failed) => failed,
            told => panic!("{told:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn ask(
    port: u64,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, String), ureq::Error> {
    let (status, body) = ask_for_bytes(port, method, path, headers, body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn ask_for_bytes(
    port: u64,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, Vec<u8>), ureq::Error> {
    let request = headers
        .iter()
        .fold(ureq::http::Request::builder(), |request, (name, value)| {
            request.header(*name, *value)
        })
        .method(method)
        .uri(format!("http://127.0.0.1:{port}{path}"))
        .body(body)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request)?;
    let body = response.body_mut().read_to_vec()?;
    Ok((response.status().as_u16(), body))
}

fn lab(port: u64, name: &str, asked: &Ask) -> Option<Told> {
    let body = serde_json::to_vec(asked).unwrap();
    let (status, text) = ask(port, "POST", &format!("/lab/{name}"), &[], &body).ok()?;
    match status {
        200 => Some(serde_json::from_str(&text).unwrap()),
        _ => {
            println!("{name}: {asked:?}: {status} {text}");
            None
        }
    }
}

fn copy_releases(directory: &Path, main: &str, front: &str) {
    let builds = given("LUMENIZE_TESTS_RELEASES");
    for (worker, release) in [("main", main), ("front", front)] {
        let directory = directory.join(worker);
        std::fs::create_dir_all(&directory).unwrap();
        copy_build(&builds.join(release), &directory);
    }
}

fn copy_build(build: &Path, directory: &Path) {
    for file in ["index.js", "index_bg.wasm"] {
        std::fs::copy(build.join(file), directory.join(file)).unwrap();
    }
}

fn append(directory: &Path) -> File {
    let mut options = File::options();
    options.create(true).append(true);
    options.open(directory.join("console")).unwrap()
}

fn serve(directory: &Path) -> (Child, Ports) {
    let mut child = Command::new(given("LUMENIZE_WORKERD"))
        .args(["serve", "config.capnp", "--experimental", "--control-fd=1"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(append(directory))
        .spawn()
        .unwrap();
    // {"event":"listen","socket":"main","port":8080} for each, and then what the Workers print.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ports = lines.by_ref().filter_map(|line| {
        let event: serde_json::Value = serde_json::from_str(&line.unwrap()).ok()?;
        Some((
            event.get("socket")?.to_string(),
            event.get("port")?.as_u64()?,
        ))
    });
    let known: Vec<_> = ports.by_ref().take(3).collect();
    let port = |name: &str| {
        let found = known.iter().find(|(socket, _)| socket.contains(name));
        found
            .unwrap_or_else(|| panic!("workerd did not start: see its console"))
            .1
    };
    let ports = Ports {
        main: port("main"),
        front: port("front"),
        outsider: port("outsider"),
    };
    let mut console = append(directory);
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            writeln!(console, "{line}").unwrap();
        }
    });
    (child, ports)
}
