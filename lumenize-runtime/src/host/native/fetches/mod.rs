//! What runs the fetches of a host's objects: some threads of its own with tokio on them, started at the
//! first fetch.
//!
//! - [`Fetches`], here, and [`FetchSetup`], how it is set up, with [`FetchLimits`];
//! - `line`: who may begin;
//! - `drive`: one attempt, from the line to its end.

mod drive;
mod line;

use crate::engine::Tried;
use crate::fetch::{Attempt, Executor, FetchError, HttpExecutor, Response};
use crate::sync::lock;
use crate::views::FetchId;
use drive::{AnyExecutor, Ticket};
use line::Line;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

/// How many threads poll the executors' futures.
const THREADS: usize = 2;

/// How many threads look up names, and do what else blocks, at the most: what is given up keeps its thread until it
/// returns, and the next should not wait for that. They end when they have been idle for 10 s.
const BLOCKING_THREADS: usize = 512;

/// What a fetch is reckoned to take besides its request.
const OVERHEAD: u64 = 2 << 10;

/// How the fetches of a host are done.
#[derive(Default)]
pub struct FetchSetup {
    executors: BTreeMap<String, Arc<dyn AnyExecutor>>,
    /// How many at a time.
    pub limits: FetchLimits,
}

/// How many fetches are done at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// How many attempts run at a time, at least 1; the others wait.
    pub in_all: usize,
    /// How many of them for one host, at least 1: for one scheme, host and port with one executor. What is
    /// redirected elsewhere counts where it began.
    pub per_host: usize,
    /// How many bytes of requests may be in hand, waiting or running, each with 2 KiB on top. What would pass
    /// it is refused ([`FetchError::HandOver`]).
    pub bytes: u64,
}

impl Default for FetchLimits {
    /// 200 in all, 100 for each host, 256 MiB: some 120,000 small fetches, or 250 of 1 MiB.
    fn default() -> Self {
        Self {
            in_all: 200,
            per_host: 100,
            bytes: 256 << 20,
        }
    }
}

impl FetchSetup {
    /// Registers an executor under a name, in place of any before; the one named `""` is the default, an
    /// [`HttpExecutor`] unless it is given here.
    ///
    /// It is run on the threads of the pool: what blocks belongs into `tokio::task::spawn_blocking`.
    pub fn executor(&mut self, name: impl Into<String>, executor: impl Executor) {
        self.executors.insert(name.into(), Arc::new(executor));
    }
}

impl fmt::Debug for FetchSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchSetup")
            .field("executors", &self.executors.keys().collect::<Vec<_>>())
            .field("limits", &self.limits)
            .finish()
    }
}

/// Is told what came of an attempt, on a thread of the pool, which it must not hold up.
pub type Done = Box<dyn FnOnce(Tried) + Send>;

/// An attempt that has not ended when this is shut down.
pub struct Left {
    /// Who waits to be told.
    pub done: Done,
    /// Whether it had begun: the others were waiting for their turn.
    pub begun: bool,
}

/// Runs attempts.
pub struct Fetches {
    shared: Arc<Shared>,
}

/// How many attempts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Those that wait for their turn.
    pub waiting: usize,
    /// Those that run.
    pub running: usize,
}

struct Shared {
    bytes: u64,
    state: Mutex<State>,
}

/// Neither an executor's code nor a `Done` runs, or is dropped, under its lock.
struct State {
    executors: BTreeMap<String, Arc<dyn AnyExecutor>>,
    runtime: Option<Runtime>,
    shut_down: bool,
    line: Line,
    jobs: BTreeMap<Key, Job>,
    bytes: u64,
    serial: u64,
}

/// An attempt: the fetch and its number.
type Key = (FetchId, u32);

struct Job {
    /// Tells it from an earlier one of the same fetch and number, whose end may still be under way.
    serial: u64,
    bytes: u64,
    done: Done,
    task: AbortHandle,
}

impl Fetches {
    /// Sets it up. No thread is started yet.
    pub fn new(setup: FetchSetup) -> Self {
        let state = State {
            executors: setup.executors,
            runtime: None,
            shut_down: false,
            line: Line::new(setup.limits.in_all, setup.limits.per_host),
            jobs: BTreeMap::new(),
            bytes: 0,
            serial: 0,
        };
        Self {
            shared: Arc::new(Shared {
                bytes: setup.limits.bytes,
                state: Mutex::new(state),
            }),
        }
    }

    /// Hands an attempt over. Its time begins now: it covers waiting for its turn. `done` is told how it
    /// ended, once, unless it is cancelled before or this is shut down. An executor that does not end
    /// in its time is dropped 100 ms later; one that panics is an [`FetchError::Unknown`].
    ///
    /// # Errors
    /// [`FetchError::HandOver`]: there is no executor of this name, too much is in hand, the operating
    /// system gives no threads, this attempt is already being made, or this is shut down. `done` is then told
    /// nothing.
    pub fn start(&self, executor: &str, attempt: Attempt, done: Done) -> Result<(), FetchError> {
        let started = self.shared.start(executor, attempt, done);
        started.map_err(|reason| FetchError::HandOver { reason })
    }

    /// Ends an attempt of a fetch, or all of them; what runs is dropped. Their `done` is told nothing
    /// from now on, unless it is being told just now. Returns how many there were.
    pub fn cancel(&self, id: FetchId, number: Option<u32>) -> usize {
        let keys = match number {
            Some(number) => (id, number)..=(id, number),
            None => (id, 0)..=(id, u32::MAX),
        };
        let cancelled = lock(&self.shared.state).remove_all(keys);
        for job in &cancelled {
            job.task.abort();
        }
        cancelled.len()
    }

    /// How many attempts there are at present.
    pub fn counts(&self) -> Counts {
        let state = lock(&self.shared.state);
        Counts {
            waiting: state.line.waiting(),
            running: state.line.running(),
        }
    }

    /// Drops all attempts, and lets the threads go. It doesn't wait for them: a look-up of a name may take
    /// some more seconds. What is started from here on is refused. Returns what had not ended.
    pub fn shut_down(&self) -> Vec<Left> {
        let mut state = lock(&self.shared.state);
        state.shut_down = true;
        let dropped = std::mem::take(&mut state.jobs);
        let executors = std::mem::take(&mut state.executors);
        let runtime = state.runtime.take();
        let waiting = state.line.serials_waiting();
        let left = dropped.into_values().map(|job| Left {
            begun: !waiting.contains(&job.serial),
            done: job.done,
        });
        let left = left.collect();
        drop(state);
        drop(executors);
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
        left
    }

    /// Whether it was shut down.
    pub fn is_shut_down(&self) -> bool {
        lock(&self.shared.state).shut_down
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        // Nobody is there to be told.
        drop(self.shut_down());
    }
}

impl Shared {
    fn start(self: &Arc<Self>, name: &str, attempt: Attempt, done: Done) -> Result<(), String> {
        let key = (attempt.id, attempt.number);
        let bytes = weight(&attempt);
        let mut state = lock(&self.state);
        if state.shut_down {
            return Err("the host is shutting down".to_owned());
        }
        if state.jobs.contains_key(&key) {
            return Err(format!("attempt {} is already being made", attempt.number));
        }
        if state.bytes.saturating_add(bytes) > self.bytes {
            let (now, most) = (state.bytes, self.bytes);
            return Err(format!(
                "with its {bytes} bytes the requests in hand, {now} bytes, would pass the limit of {most}"
            ));
        }
        let executor = state.executor(name)?;
        let handle = state.runtime()?.handle().clone();
        state.serial += 1;
        let serial = state.serial;
        let host = Arc::from(host_of(name, &attempt));
        let begin = state.line.join(&host, serial);
        let ticket = Ticket::new(Arc::clone(self), host, serial, begin);
        let driven = drive::drive(ticket, executor, attempt, key);
        // It waits for the lock before it can end. (A runtime that was shut down would drop it here, but
        // that is not done before it is taken out under the lock.)
        let task = handle.spawn(driven).abort_handle();
        let job = Job {
            serial,
            bytes,
            done,
            task,
        };
        state.bytes += bytes;
        state.jobs.insert(key, job);
        Ok(())
    }

    /// Tells of the end of an attempt, if anybody is still to hear of it.
    fn finish(&self, key: Key, serial: u64, result: Result<Response, FetchError>) {
        let mut state = lock(&self.state);
        if state.jobs.get(&key).is_none_or(|job| job.serial != serial) {
            return;
        }
        let finished = state.remove(key);
        drop(state);
        if let Some(job) = finished {
            (job.done)(Tried::Ended(result));
        }
    }
}

impl State {
    fn remove(&mut self, key: Key) -> Option<Job> {
        let job = self.jobs.remove(&key)?;
        self.bytes -= job.bytes;
        Some(job)
    }

    fn remove_all(&mut self, keys: RangeInclusive<Key>) -> Vec<Job> {
        let keys: Vec<Key> = self.jobs.range(keys).map(|(key, _)| *key).collect();
        keys.into_iter()
            .filter_map(|key| self.remove(key))
            .collect()
    }

    fn executor(&mut self, name: &str) -> Result<Arc<dyn AnyExecutor>, String> {
        if let Some(executor) = self.executors.get(name) {
            return Ok(Arc::clone(executor));
        }
        if !name.is_empty() {
            return Err(format!(
                "no executor named `{name}` is registered with the host"
            ));
        }
        let http = HttpExecutor::builder().build();
        let http: Arc<dyn AnyExecutor> = Arc::new(http.map_err(|error| error.to_string())?);
        self.executors.insert(name.to_owned(), Arc::clone(&http));
        Ok(http)
    }

    fn runtime(&mut self) -> Result<&Runtime, String> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_multi_thread()
                .worker_threads(THREADS)
                .max_blocking_threads(BLOCKING_THREADS)
                .thread_name("lumenize-fetch")
                .enable_all()
                .build()
                .map_err(|error| format!("no threads: {error}"))?,
        };
        Ok(self.runtime.insert(runtime))
    }
}

/// What an attempt is reckoned to take while it is in hand.
fn weight(attempt: &Attempt) -> u64 {
    let request = &attempt.request;
    let headers = request.headers().iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let url = request.uri();
    let url = url.path().len() + url.query().map_or(0, str::len);
    let whole = request.body().len() + headers + url;
    u64::try_from(whole)
        .unwrap_or(u64::MAX)
        .saturating_add(OVERHEAD)
}

/// Where it goes, as far as the limit for each host is concerned.
fn host_of(executor: &str, attempt: &Attempt) -> String {
    let url = attempt.request.uri();
    let scheme = url.scheme_str().unwrap_or_default();
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let port = url.port_u16().unwrap_or(match scheme {
        "http" => 80,
        "https" => 443,
        _ => 0,
    });
    format!("{executor} {scheme}://{host}:{port}")
}
