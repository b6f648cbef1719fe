//! What can be set of a host, and its defaults.

use std::time::Duration;

/// What a commit survives.
///
/// Under either setting every commit is whole or absent, and none is lost when the process crashes
/// or is killed: "Transactions are durable across application crashes regardless of the synchronous
/// setting or journal mode" ([SQLite, `PRAGMA synchronous`][doc]). They differ in what a power
/// failure, or a crash of the operating system, takes with it.
///
/// [doc]: https://sqlite.org/pragma.html#pragma_synchronous
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing: the write-ahead log is synced at each commit, before anybody hears of it
    /// (`synchronous = FULL`; on Apple's systems also `fullfsync`, without which their `fsync` does
    /// not reach the medium).
    #[default]
    Full,
    /// The last commits of an object, those since its log was last copied into its database: "A
    /// transaction committed in WAL mode with synchronous=NORMAL might roll back following a
    /// power loss or system crash". What was answered may then be undone, and what ran may run once
    /// more, all of one object from one moment on; which objects must wake is not lost. A commit
    /// costs no sync of the disk.
    Normal,
}

#[derive(Clone, Copy)]
pub(super) struct Options {
    pub idle_after: Duration,
    pub max_loaded: usize,
    pub threads: usize,
    pub durability: Durability,
    /// How far ahead the alarms of unloaded objects are kept in memory, at least. Longer than an
    /// engine ever waits before it tries again on its own account, so that what the host knows of
    /// such an object beyond its alarm (that it is to be careful) is not forgotten.
    pub look_ahead_ms: i64,
}

impl Default for Options {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, |n| n.get());
        Self {
            idle_after: Duration::from_secs(60),
            // Three files each, and 1,024 are what a process may open by default on most systems.
            max_loaded: 256,
            // A thread waits for the disk most of its time.
            threads: (2 * processors).max(8),
            durability: Durability::Full,
            look_ahead_ms: 600_000,
        }
    }
}
