//! Setting up a host.

use super::fetches::FetchSetup;
use super::files::Claim;
use super::index::Index;
use super::options::{Durability, Options};
use super::pool::Pool;
use super::{Class, Host, HostError, files};
use crate::engine::Engine;
use crate::fetch::Executor;
use crate::object::Object;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A host that is being set up; see [`Host::open`]. The directory is its own from then on.
#[must_use = "a host runs nothing before `.start()`"]
pub struct HostBuilder {
    directory: PathBuf,
    claim: Claim,
    classes: BTreeMap<&'static str, Class>,
    twice: Option<&'static str>,
    options: Options,
    fetches: FetchSetup,
}

impl HostBuilder {
    pub(super) fn open(directory: &Path) -> Result<Self, HostError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| HostError::Io { path, source }
        };
        files::make_directory(directory).map_err(failed(directory))?;
        let path = directory.join("host.lock");
        match Claim::take(&path).map_err(failed(&path))? {
            Some(claim) => Ok(Self {
                directory: directory.to_owned(),
                claim,
                classes: BTreeMap::new(),
                twice: None,
                options: Options::default(),
                fetches: FetchSetup::default(),
            }),
            None => Err(HostError::InUse {
                path: directory.to_owned(),
            }),
        }
    }

    /// Lets the host run objects of this type. Objects of a type that is not registered stay as
    /// they are, and wake once it is.
    pub fn register<D: Object + Send>(mut self) -> Self {
        let class = Class {
            engine: |storage, identity, start| Box::new(Engine::<D>::new(storage, identity, start)),
            only_reads: Engine::<D>::only_reads,
            on_disk: AtomicBool::new(false),
        };
        if self.classes.insert(D::CLASS, class).is_some() {
            self.twice = Some(D::CLASS);
        }
        self
    }

    /// How long nothing must have happened to an object before it is unloaded: no request, no alarm.
    /// 60 seconds unless set. Zero is allowed: then an object is unloaded within half a second of
    /// having nothing to do.
    ///
    /// An unloaded object is dropped (its `Drop` runs, with services that refuse to write) and its
    /// database closed; the next request or alarm loads it again. One that runs, or for which
    /// requests wait, is never unloaded.
    pub fn idle_after(mut self, time: Duration) -> Self {
        self.options.idle_after = time;
        self
    }

    /// How many objects may be loaded at a time; 256 unless set. Beyond that, one that has nothing
    /// to do is unloaded for each that is loaded, the least recently used first. More are loaded
    /// only while so many run or have requests waiting.
    ///
    /// Each takes three file descriptors (database, log, and the log's index) and some memory: what
    /// the object itself holds, and up to 2 MB of pages that SQLite keeps. A service with more than
    /// some 300 busy objects needs a higher limit of open files (`ulimit -n`) as well as a higher
    /// one here.
    pub fn max_loaded(mut self, objects: usize) -> Self {
        self.options.max_loaded = objects;
        self
    }

    /// How many threads run objects: twice the number of processors unless set, eight at least. Each
    /// runs one object at a time, so as many handlers can be slow before others wait. 0 counts as 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads.max(1);
        self
    }

    /// What a commit survives: [`Durability::Full`] unless set. It holds for the commits of this
    /// host, not for the directory: it can be another the next time.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.options.durability = durability;
        self
    }

    /// What makes the attempts at fetches that are sent `.via(name)`; those that are not so sent are made by
    /// the executor with the empty name, an [`HttpExecutor`](crate::fetch::HttpExecutor) unless
    /// another is given here: one with a policy, say. One of the same name is put in its place.
    ///
    /// Its futures are polled by two threads of the host's, with tokio's timers and sockets; what blocks
    /// belongs into `tokio::task::spawn_blocking`.
    pub fn executor(mut self, name: impl Into<String>, executor: impl Executor) -> Self {
        self.fetches.executor(name, executor);
        self
    }

    /// How many attempts at fetches are made at a time, and how many of them for one host (one scheme, name
    /// and port); 200 and 100 unless set. The others wait, in turn by host, and their time passes. 0
    /// counts as 1.
    pub fn fetches_at_a_time(mut self, in_all: usize, per_host: usize) -> Self {
        self.fetches.limits.in_all = in_all.max(1);
        self.fetches.limits.per_host = per_host.max(1);
        self
    }

    /// How far ahead alarms of unloaded objects are kept in memory: for tests, which can't wait for
    /// the ten minutes.
    #[doc(hidden)]
    pub fn look_ahead(mut self, time: Duration) -> Self {
        self.options.look_ahead_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self
    }

    /// Starts the threads. Overdue work runs at once.
    ///
    /// After an unclean stop, the objects that were loaded then are looked at once; all others stay
    /// closed until they must wake or are asked.
    ///
    /// # Errors
    /// [`HostError::Index`], [`HostError::SameClass`] and [`HostError::Thread`].
    pub fn start(self) -> Result<Host, HostError> {
        if let Some(class) = self.twice {
            return Err(HostError::SameClass { class });
        }
        let index = Index::open(&self.directory, self.claim)?;
        let pool = Pool::start(
            self.directory,
            self.classes,
            self.options,
            self.fetches,
            index,
        )?;
        Ok(Host { pool })
    }
}
