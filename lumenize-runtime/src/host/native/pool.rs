//! The threads of a host, and what they share.

use super::clock::{LONGEST_SLEEP, now};
use super::fetches::{FetchSetup, Fetches, Left};
use super::index::{Index, Known};
use super::mail::Message;
use super::options::Options;
use super::slots::{Key, State};
use super::{Class, HostError, Stats};
use crate::engine::{Fetched, Tried};
use crate::error::CallError;
use crate::fetch::FetchError;
use crate::host::SqlError;
use crate::sync::lock;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

pub(super) struct Pool {
    pub directory: PathBuf,
    pub classes: BTreeMap<&'static str, Class>,
    pub options: Options,
    pub state: Mutex<State>,
    /// There is something for a thread to do, or the pool stops.
    pub work: Condvar,
    /// The first timer has changed, or the pool stops.
    pub clock: Condvar,
    /// There are more objects loaded than should be, or the pool stops.
    pub keeper: Condvar,
    /// `None` once the pool has stopped.
    index: Mutex<Option<Index>>,
    /// How many objects are in memory.
    pub places: Arc<AtomicUsize>,
    /// How often one was opened.
    pub opened: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    pub fetches: Fetches,
    /// For those who tell it something later, if it is still there.
    pub this: Weak<Self>,
}

impl Pool {
    pub(super) fn start(
        directory: PathBuf,
        classes: BTreeMap<&'static str, Class>,
        options: Options,
        fetches: FetchSetup,
        index: Index,
    ) -> Result<Arc<Self>, HostError> {
        let marked = index.marked()?;
        let pool = Arc::new_cyclic(|this| Self {
            directory,
            classes,
            options,
            work: Condvar::new(),
            clock: Condvar::new(),
            keeper: Condvar::new(),
            index: Mutex::new(Some(index)),
            places: Arc::new(AtomicUsize::new(0)),
            opened: AtomicU64::new(0),
            threads: Mutex::new(Vec::new()),
            state: Mutex::new(State::new()),
            fetches: Fetches::new(fetches),
            this: Weak::clone(this),
        });
        for key in marked.iter().filter_map(|known| pool.key(known)) {
            lock(&pool.state).expect(key, 0);
        }
        pool.look_ahead(now())?;
        let spawned = pool.spawn();
        if let Err(source) = spawned {
            // Nothing has been loaded that would be left.
            let _ = pool.shut_down();
            return Err(HostError::Thread { source });
        }
        Ok(pool)
    }

    fn spawn(self: &Arc<Self>) -> io::Result<()> {
        let spawn = |name: String, run: fn(&Self)| {
            let pool = Arc::clone(self);
            let thread = std::thread::Builder::new().name(name);
            let handle = thread.spawn(move || run(&pool))?;
            lock(&self.threads).push(handle);
            Ok(())
        };
        for number in 0..self.options.threads {
            spawn(format!("lumenize-{number}"), Self::serve)?;
        }
        spawn("lumenize-clock".to_owned(), Self::ring)?;
        spawn("lumenize-keeper".to_owned(), Self::keep)
    }

    /// The key of an object, unless its type is not registered: then it waits until it is.
    pub(super) fn key(&self, known: &Known) -> Option<Key> {
        let (class, _) = self.classes.get_key_value(known.class.as_str())?;
        Some((*class, Arc::from(known.name.as_str())))
    }

    /// Puts a message into an object's mailbox.
    pub(super) fn send(
        &self,
        class: &'static str,
        name: &str,
        message: Message,
    ) -> Result<(), CallError> {
        if !self.classes.contains_key(class) {
            return Err(CallError::not_executed(format!(
                "the type `{class}` is not registered with the host"
            )));
        }
        let mut state = lock(&self.state);
        if state.stopping {
            return Err(CallError::not_executed("the host has stopped"));
        }
        let posted = state.post((class, Arc::from(name)), message);
        if posted.map_err(|refused| refused.error)? {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Puts what came of an attempt at a fetch into its object's mailbox. If the threads have ended, the
    /// next host takes it for lost.
    pub(super) fn deliver(&self, key: Key, fetched: Fetched) {
        let mut state = lock(&self.state);
        // What tells an object of its own work is never too much.
        if matches!(state.post(key, Message::Fetched(fetched)), Ok(true)) {
            self.work.notify_one();
        }
    }

    /// Does something with the index.
    pub(super) fn index<T>(
        &self,
        act: impl FnOnce(&mut Index) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        match &mut *lock(&self.index) {
            Some(index) => act(index),
            None => Err(SqlError::disk("the host has stopped".to_owned())),
        }
    }

    pub(super) fn stats(&self) -> Result<Stats, SqlError> {
        let state = lock(&self.state);
        let (waiting, near, horizon) = (state.waiting, state.timers(), state.horizon);
        drop(state);
        let far = self.index(|index| index.count_wakes(horizon))?;
        Ok(Stats {
            loaded: self.places.load(Ordering::Relaxed),
            opened: self.opened.load(Ordering::Relaxed),
            waiting,
            wakes: near as u64 + far,
        })
    }

    /// Stops; does nothing the second time.
    pub(super) fn shut_down(&self) -> Result<(), SqlError> {
        // Its fetches end first, and their objects hear of it: so the next host makes them again soon.
        for Left { done, begun } in self.fetches.shut_down() {
            let reason = "the host was stopped".to_owned();
            done(match begun {
                true => Tried::Ended(Err(FetchError::Unknown { reason })),
                false => Tried::NotBegun,
            });
        }
        lock(&self.state).stopping = true;
        self.work.notify_all();
        self.clock.notify_all();
        self.keeper.notify_all();
        let threads = std::mem::take(&mut *lock(&self.threads));
        let here = std::thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == here) {
            // A handler has dropped its own host. It can't wait for itself: the threads end, the
            // last of them lets go of the directory, and the next start is as after a kill.
            return Ok(());
        }
        for thread in threads {
            // A thread that panicked has said so on standard error; the others end all the same.
            let _ = thread.join();
        }
        let leaving = lock(&self.state).take_all();
        let written = self.part(leaving, None).map(drop);
        // What could not be unloaded is closed before the directory is given away; it may be the
        // user's code that runs then.
        let left = lock(&self.state).take_all();
        drop(left);
        *lock(&self.index) = None;
        written
    }
}

pub(super) fn wait<'s, T>(condition: &Condvar, guard: MutexGuard<'s, T>) -> MutexGuard<'s, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn wait_for<'s, T>(
    condition: &Condvar,
    guard: MutexGuard<'s, T>,
    time: Duration,
) -> MutexGuard<'s, T> {
    condition
        .wait_timeout(guard, time.min(LONGEST_SLEEP))
        .unwrap_or_else(PoisonError::into_inner)
        .0
}
