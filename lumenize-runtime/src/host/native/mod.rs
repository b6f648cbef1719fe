//! The embedded host: objects as SQLite files in a directory, run by the threads of this process.
//!
//! - [`Host`], here; [`HostBuilder`], how it is set up; [`ObjectRef`], how an object is asked;
//! - `slots`: what the host knows of each object, under one lock;
//! - `pool`: the threads and what they share: `worker` loads and runs objects, `clock` rings alarms,
//!   `keeper` looks for what rests; `unload` is how that leaves; `mail` is what waits for an object,
//!   `posts` what one sends to others; `fetches` runs what they fetch;
//! - `fetches`: what runs the fetches of objects;
//! - `index`: which objects there are on disk, which were loaded, when each must wake; `files`:
//!   where.

mod builder;
mod clock;
#[doc(hidden)]
pub mod fetches;
mod files;
mod index;
mod keeper;
mod mail;
mod object;
mod options;
mod pool;
mod posts;
mod slots;
mod unload;
mod worker;

pub use builder::HostBuilder;
pub use object::ObjectRef;
pub use options::Durability;

use crate::engine::{Start, Turns};
use crate::host::{Identity, SqlError, Storage};
use crate::object::Object;
use pool::Pool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Why a host did not start, or not stop as it should.
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
    /// Another host has the directory open, in this process or another.
    #[error("{path} is in use by another host; one directory belongs to one host at a time")]
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
    /// The operating system gives no more threads.
    #[error("a thread can't be started: {source}")]
    Thread {
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// How much a host has to do: [`Host::stats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many objects are in memory.
    pub loaded: usize,
    /// How often an object was loaded since the host started.
    pub opened: u64,
    /// How many requests wait for their object.
    pub waiting: usize,
    /// How many objects have an alarm that has not rung yet; one that is being unloaded just then may
    /// count for none or for two.
    pub wakes: u64,
}

/// What the host knows of a registered type.
struct Class {
    engine: fn(Arc<dyn Storage>, Identity, Start) -> Box<dyn Turns + Send>,
    only_reads: fn(&[u8]) -> bool,
    /// Whether its directory is known to be on disk.
    on_disk: AtomicBool,
}

/// The embedded host.
///
/// Each object is one SQLite file below the directory, with a write-ahead log whose every commit is
/// on disk before anybody hears of it ([`Durability`]). One thread at a time runs an object, and any
/// free thread may be the one, so a slow handler delays only its own object, unless there are as many
/// as threads. Objects that have nothing to do are unloaded, and loaded again when they are asked or
/// must wake. The process may be killed at any moment.
///
/// Dropping a host shuts it down, and tells nobody if that went wrong.
pub struct Host {
    pool: Arc<Pool>,
}

impl Host {
    /// Begins to set up a host over this directory, which is made if need be. It must be on a local
    /// file system: SQLite's write-ahead log needs memory that all who open a file share, and the
    /// lock that keeps other hosts out is the operating system's. A process that ends, however it
    /// does, gives the lock back.
    ///
    /// # Errors
    /// [`HostError::Io`], and [`HostError::InUse`] if another host has it open.
    pub fn open(directory: impl AsRef<Path>) -> Result<HostBuilder, HostError> {
        HostBuilder::open(directory.as_ref())
    }

    /// An object by its type and name. It begins to exist when it is first written to; reading one
    /// that does not exist makes no file.
    pub fn object<D: Object>(&self, name: impl Into<String>) -> ObjectRef<D> {
        ObjectRef::new(Arc::clone(&self.pool), name.into())
    }

    /// How much there is to do at present. Counting the alarms takes some 0.1 s for each million of
    /// them.
    ///
    /// # Errors
    /// [`HostError::Index`].
    pub fn stats(&self) -> Result<Stats, HostError> {
        Ok(self.pool.stats()?)
    }

    /// Answers what was asked before, lets running handlers end, unloads every object, and lets go
    /// of the directory. Requests from here on are refused with
    /// [`CallError::Unreachable`](crate::error::CallError::Unreachable), `NotExecuted`. What is due
    /// runs when the directory is opened again.
    ///
    /// It blocks until then, as long as handlers run; there is no way to end a handler from outside.
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
