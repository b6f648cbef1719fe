//! A workerd with the tests' Worker, its objects on disk, listening on loopback.

use lumenize::{FailedWork, PendingWork, RetryPolicy};
use lumenize_tests::{Ask, At, Job, Told};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CONFIG: &str = r#"
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "front", worker = .front),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "front", address = "127.0.0.1:0", http = (), service = "front"),
  ],
);
# The same Worker in an isolate of its own: only the objects of the other are shared.
const front :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [(name = "LAB", durableObjectNamespace = (className = "Lab", serviceName = "main"))],
);
const main :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [
    (name = "LAB", durableObjectNamespace = "Lab"),
    (name = "DATABASES", durableObjectNamespace = "Databases"),
    (name = "PAYLOADS", durableObjectNamespace = "Payloads"),
    (name = "PLANNER", durableObjectNamespace = "Planner"),
    (name = "TABLES", durableObjectNamespace = "Tables"),
  ],
  durableObjectNamespaces = [
    (className = "Lab", uniqueKey = "lab", enableSql = true),
    (className = "Databases", uniqueKey = "databases", enableSql = true),
    (className = "Payloads", uniqueKey = "payloads", enableSql = true),
    (className = "Planner", uniqueKey = "planner", enableSql = true),
    (className = "Tables", uniqueKey = "tables", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
);
"#;

/// What scripts/test-workerd gives.
fn given(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set; run the tests on workerd by scripts/test-workerd"),
    }
}

pub(crate) struct Server {
    directory: tempfile::TempDir,
    child: Child,
    ports: Ports,
}

/// Where its Workers listen.
struct Ports {
    main: u64,
    front: u64,
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let build = given("LUMENIZE_TESTS_WORKER");
        for file in ["index.js", "index_bg.wasm"] {
            std::fs::copy(build.join(file), directory.path().join(file)).unwrap();
        }
        std::fs::create_dir(directory.path().join("objects")).unwrap();
        std::fs::write(directory.path().join("config.capnp"), CONFIG).unwrap();
        let (child, ports) = serve(directory.path());
        Self {
            directory,
            child,
            ports,
        }
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again over the same files.
    pub(crate) fn start_again(&mut self) {
        (self.child, self.ports) = serve(self.directory.path());
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

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, &[], &[]).unwrap()
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
        // It may have been killed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(
    port: u64,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, String), ureq::Error> {
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
    let body = response.body_mut().read_to_string()?;
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

fn serve(directory: &Path) -> (Child, Ports) {
    let console = std::fs::File::options()
        .create(true)
        .append(true)
        .open(directory.join("console"))
        .unwrap();
    let mut child = Command::new(given("LUMENIZE_WORKERD"))
        .args(["serve", "config.capnp", "--experimental", "--control-fd=1"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(console)
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
    let (first, second) = (ports.next(), ports.next());
    let port = |name: &str| {
        let known = [&first, &second].into_iter().flatten();
        let found = known.clone().find(|(socket, _)| socket.contains(name));
        found
            .unwrap_or_else(|| panic!("workerd did not start: see its console"))
            .1
    };
    let ports = Ports {
        main: port("main"),
        front: port("front"),
    };
    std::thread::spawn(move || lines.for_each(drop));
    (child, ports)
}
