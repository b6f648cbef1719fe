//! The embedded host: objects as SQLite files in a directory, run by the threads of this process.
//!
//! - [`Host`] and [`HostBuilder`], here: opening, and asking an object;
//! - `index`: which objects there are, which were loaded, when each must wake;
//! - `pool`: the mailboxes, the threads, the clock.

mod index;
mod pool;

use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::{Engine, Inspection, Start, Turns};
use crate::error::CallError;
use crate::host::{Identity, SqlError, Storage, call_program, read_answer};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork};
use index::Index;
use pool::{Message, Pool};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The directory can't be made, read or written.
    #[error("{path}: {source}")]
    Io {
        /// What was to be opened.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another host has the directory open.
    #[error("{path} is in use by another host; one directory belongs to one process at a time")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The index of objects can't be read or written.
    #[error("the index of objects: {0}")]
    Index(#[from] SqlError),
    /// Two types of this name were registered.
    #[error("two types named `{class}` were registered; their objects could not be told apart")]
    SameClass {
        /// The name.
        class: &'static str,
    },
}

/// What the host knows of a registered type.
struct Class {
    engine: fn(Arc<dyn Storage>, Identity, Start) -> Box<dyn Turns + Send>,
    only_reads: fn(&[u8]) -> bool,
}

/// A host that is being set up; see [`Host::open`].
#[must_use = "a host runs nothing before `.start()`"]
pub struct HostBuilder {
    directory: PathBuf,
    /// Held for as long as the host lives.
    lock: File,
    classes: BTreeMap<&'static str, Class>,
    twice: Option<&'static str>,
}

impl HostBuilder {
    /// Lets the host run objects of this type. Objects of a type that is not registered stay as
    /// they are.
    pub fn register<D: Object + Send>(mut self) -> Self {
        let class = Class {
            engine: |storage, identity, start| Box::new(Engine::<D>::new(storage, identity, start)),
            only_reads: Engine::<D>::only_reads,
        };
        if self.classes.insert(D::CLASS, class).is_some() {
            self.twice = Some(D::CLASS);
        }
        self
    }

    /// Starts the threads. Overdue work runs at once.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn start(self) -> Result<Host, HostError> {
        if let Some(class) = self.twice {
            return Err(HostError::SameClass { class });
        }
        let index = Index::open(&self.directory)?;
        let pool = Pool::start(self.directory, self.classes, index)?;
        Ok(Host {
            pool,
            _lock: self.lock,
        })
    }
}

/// The embedded host. Dropping it shuts it down.
///
/// Each object is one SQLite file below the directory, with a write-ahead log whose every commit is
/// on disk before anybody hears of it. One thread at a time runs an object, and any free thread may
/// be the one, so a slow handler delays only its own object. The process may be killed at any
/// moment.
pub struct Host {
    pool: Arc<Pool>,
    _lock: File,
}

impl Host {
    /// Begins to set up a host over this directory, which is made if need be.
    ///
    /// # Errors
    /// [`HostError::Io`], and [`HostError::InUse`] if another process has it open.
    pub fn open(directory: impl AsRef<Path>) -> Result<HostBuilder, HostError> {
        let directory = directory.as_ref().to_owned();
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| HostError::Io { path, source }
        };
        std::fs::create_dir_all(&directory).map_err(failed(&directory))?;
        let path = directory.join("lock");
        let lock = File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(HostBuilder {
                directory,
                lock,
                classes: BTreeMap::new(),
                twice: None,
            }),
            Err(TryLockError::WouldBlock) => Err(HostError::InUse { path: directory }),
            Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
        }
    }

    /// An object by its type and name. It begins to exist when it is first written to.
    pub fn object<D: Object>(&self, name: impl Into<String>) -> ObjectRef<D> {
        ObjectRef {
            pool: Arc::clone(&self.pool),
            name: name.into(),
            marker: PhantomData,
        }
    }

    /// Answers what was asked, lets running handlers end, writes down when each object must wake,
    /// and stops. What is due later runs when the directory is opened again.
    ///
    /// # Errors
    /// When the wake times could not be written; nothing is lost by it, but the next start looks
    /// at every object that was loaded.
    pub fn shutdown(self) -> Result<(), HostError> {
        Ok(self.pool.shut_down()?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // `shutdown` is there for those who want to hear of it.
        let _ = self.pool.shut_down();
    }
}

/// An object of a [`Host`].
pub struct ObjectRef<D> {
    pool: Arc<Pool>,
    name: String,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for ObjectRef<D> {
    fn clone(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            name: self.name.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: Object> ObjectRef<D> {
    /// Runs a continuation in one transaction and returns what its last step returns, once that is
    /// on disk. The future may be awaited in any executor; dropping it does not undo what was sent.
    ///
    /// # Errors
    /// [`CallError`]; nothing has happened unless its `outcome()` is `Unknown`.
    pub async fn run<R: Output>(
        &self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        let answer = self
            .ask(|reply| Message::Run { program, reply })
            .await
            .unwrap_or_else(|| Err(stopped()))?;
        read_answer(answer)
    }

    /// What is to run, in order.
    ///
    /// # Errors
    /// When the object's database can't be read.
    pub async fn pending(&self) -> Result<Vec<PendingWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.pending)
    }

    /// What was set aside.
    ///
    /// # Errors
    /// When the object's database can't be read.
    pub async fn failed(&self) -> Result<Vec<FailedWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.failed)
    }

    async fn inspect(&self) -> Result<Inspection, CallError> {
        self.ask(|reply| Message::Inspect { reply })
            .await
            .unwrap_or_else(|| Err(stopped()))
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(tokio::sync::oneshot::Sender<T>) -> Message,
    ) -> Option<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        if !self.pool.send(D::CLASS, &self.name, message(reply)) {
            return None;
        }
        answer.await.ok()
    }
}

fn stopped() -> CallError {
    CallError::not_executed("the host has stopped, or the type was not registered with it")
}
