//! The mailboxes of the objects, the threads that empty them, and the clock that rings alarms.

use super::Class;
use super::index::{Index, file};
use crate::engine::{self, Event, Inspection, Request, Start, Turns};
use crate::error::CallError;
use crate::host::sqlite::Sqlite;
use crate::host::{Identity, SqlError, Storage, Tick};
use crate::sync::lock;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;
use uuid::Uuid;

/// How many messages share one commit.
const BATCH: usize = 64;
/// How long the clock sleeps at most: the machine's clock may be set forward meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

type Key = (&'static str, Arc<str>);

pub(super) enum Message {
    Run {
        program: Vec<u8>,
        reply: oneshot::Sender<Result<Vec<u8>, CallError>>,
    },
    Inspect {
        reply: oneshot::Sender<Result<Inspection, CallError>>,
    },
}

pub(super) struct Pool {
    directory: PathBuf,
    classes: BTreeMap<&'static str, Class>,
    state: Mutex<State>,
    /// There is something in `ready`, or the pool stops.
    work: Condvar,
    /// The first timer has changed, or the pool stops.
    clock: Condvar,
    index: Mutex<Index>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    slots: HashMap<Key, Slot>,
    ready: VecDeque<Key>,
    timers: BTreeSet<(i64, Key)>,
    stopping: bool,
}

#[derive(Default)]
struct Slot {
    mail: VecDeque<Message>,
    /// The alarm that has rung and is to be heard.
    rung: Option<i64>,
    /// The alarm that is in `timers`.
    alarm: Option<i64>,
    /// Whether it is in `ready` or with a thread.
    busy: bool,
    /// Its database and engine, while no thread has them.
    loaded: Option<Loaded>,
}

struct Loaded {
    database: Arc<Sqlite>,
    engine: Box<dyn Turns + Send>,
}

/// What a thread takes from a slot.
struct Job {
    key: Key,
    mail: Vec<Message>,
    rung: Option<i64>,
    loaded: Option<Loaded>,
}

impl State {
    fn set_alarm(&mut self, key: &Key, at: Option<i64>) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if let Some(before) = std::mem::replace(&mut slot.alarm, at) {
            self.timers.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.timers.insert((at, key.clone()));
        }
    }

    fn make_ready(&mut self, key: &Key) -> bool {
        match self.slots.get_mut(key) {
            Some(slot) if !slot.busy => {
                slot.busy = true;
                self.ready.push_back(key.clone());
                true
            }
            _ => false,
        }
    }
}

impl Pool {
    pub(super) fn start(
        directory: PathBuf,
        classes: BTreeMap<&'static str, Class>,
        index: Index,
    ) -> Result<Arc<Self>, SqlError> {
        let mut state = State::default();
        for known in index.wakes()? {
            // Objects of other types wait until their type is registered.
            if let Some((class, _)) = classes.get_key_value(known.class.as_str()) {
                let key = (*class, Arc::from(known.name));
                state.slots.insert(key.clone(), Slot::default());
                state.set_alarm(&key, Some(known.wake.unwrap_or(0)));
            }
        }
        let pool = Arc::new(Self {
            directory,
            classes,
            state: Mutex::new(state),
            work: Condvar::new(),
            clock: Condvar::new(),
            index: Mutex::new(index),
            threads: Mutex::new(Vec::new()),
        });
        let workers = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
        let mut threads = lock(&pool.threads);
        for _ in 0..workers {
            let pool = Arc::clone(&pool);
            threads.push(std::thread::spawn(move || pool.serve()));
        }
        let ringing = Arc::clone(&pool);
        threads.push(std::thread::spawn(move || ringing.ring()));
        drop(threads);
        Ok(pool)
    }

    /// Puts a message into an object's mailbox, unless the host stops or does not know the type.
    pub(super) fn send(&self, class: &'static str, name: &str, message: Message) -> bool {
        let mut state = lock(&self.state);
        if state.stopping || !self.classes.contains_key(class) {
            return false;
        }
        let key: Key = (class, Arc::from(name));
        let slot = state.slots.entry(key.clone()).or_default();
        slot.mail.push_back(message);
        if state.make_ready(&key) {
            self.work.notify_one();
        }
        true
    }

    /// What each working thread does.
    fn serve(&self) {
        while let Some(mut job) = self.next_job() {
            let alarm = self.run(&mut job);
            let mut state = lock(&self.state);
            let Some(slot) = state.slots.get_mut(&job.key) else {
                continue;
            };
            slot.loaded = job.loaded;
            slot.busy = false;
            let more = slot.rung.is_some() || !slot.mail.is_empty();
            if let Some(at) = alarm {
                state.set_alarm(&job.key, at);
                self.clock.notify_one();
            }
            if more && state.make_ready(&job.key) {
                self.work.notify_one();
            }
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if let Some(key) = state.ready.pop_front() {
                let slot = state.slots.get_mut(&key)?;
                let count = slot.mail.len().min(BATCH);
                return Some(Job {
                    mail: slot.mail.drain(..count).collect(),
                    rung: slot.rung.take(),
                    loaded: slot.loaded.take(),
                    key,
                });
            }
            if state.stopping {
                return None;
            }
            state = wait(&self.work, state);
        }
    }

    /// Lets an object hear its alarm, then its mail; returns its alarm if that may have changed.
    fn run(&self, job: &mut Job) -> Option<Option<i64>> {
        let mail = std::mem::take(&mut job.mail);
        let only_read = job.rung.is_none() && self.only_reads(&job.key, &mail);
        if job.loaded.is_none() {
            match self.load(&job.key, only_read) {
                Ok((loaded, true)) => job.loaded = Some(loaded),
                // It does not exist, and reading must not make it.
                Ok((mut passing, false)) => {
                    deliver(passing.engine.as_mut(), mail);
                    return None;
                }
                Err(error) => {
                    for message in mail {
                        message.refuse(CallError::not_executed(&error));
                    }
                    // If it was to be woken, it is tried again.
                    return job.rung.map(|_| Some(now() + 1_000));
                }
            }
        }
        let loaded = job.loaded.as_mut()?;
        if let Some(rung) = job.rung {
            // The clock may have been set back since the alarm was set.
            wake(loaded.engine.as_mut(), rung.min(now()));
        }
        deliver(loaded.engine.as_mut(), mail);
        Some(loaded.database.alarm())
    }

    fn only_reads(&self, key: &Key, mail: &[Message]) -> bool {
        mail.iter().all(|message| match message {
            Message::Inspect { .. } => true,
            Message::Run { program, .. } => self
                .classes
                .get(key.0)
                .is_some_and(|class| (class.only_reads)(program)),
        })
    }

    /// Opens an object, and says whether it is the one on disk: one that does not exist and is only
    /// read is made in memory, for once.
    fn load(&self, key: &Key, only_read: bool) -> Result<(Loaded, bool), SqlError> {
        let (class, name) = key;
        let path = file(&self.directory, class, name);
        let exists = path.exists();
        let keeps = exists || !only_read;
        let mut start = Start::Clean;
        let database = Arc::new(if keeps {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|error| SqlError::disk(format!("{}: {error}", parent.display())))?;
            }
            if lock(&self.index).mark_loaded(class, name)? {
                start = Start::Unclean;
            }
            Sqlite::open(&path)?
        } else {
            Sqlite::in_memory()?
        });
        let known = self
            .classes
            .get(class)
            .ok_or_else(|| SqlError::statement(format!("the type `{class}` is not registered")))?;
        let identity = Identity {
            class,
            name: name.to_string(),
        };
        let mut loaded = Loaded {
            engine: (known.engine)(Arc::clone(&database) as Arc<dyn Storage>, identity, start),
            database,
        };
        if exists {
            // Its alarm is known to its database alone: overdue work runs, and the alarm is set.
            wake(loaded.engine.as_mut(), now());
        }
        Ok((loaded, keeps))
    }

    /// What the clock's thread does.
    fn ring(&self) {
        let mut state = lock(&self.state);
        while !state.stopping {
            let now = now();
            while let Some((at, key)) = state.timers.first().filter(|(at, _)| *at <= now).cloned() {
                state.set_alarm(&key, None);
                if let Some(slot) = state.slots.get_mut(&key) {
                    slot.rung = Some(at);
                }
                if state.make_ready(&key) {
                    self.work.notify_one();
                }
            }
            let sleep = match state.timers.first() {
                None => {
                    state = wait(&self.clock, state);
                    continue;
                }
                Some((at, _)) => Duration::from_millis(at.saturating_sub(now).max(1) as u64),
            };
            state = self
                .clock
                .wait_timeout(state, sleep.min(LONGEST_SLEEP))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Stops; does nothing the second time.
    pub(super) fn shut_down(&self) -> Result<(), SqlError> {
        lock(&self.state).stopping = true;
        self.work.notify_all();
        self.clock.notify_all();
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            // A thread that panicked has said so on standard error; the others end all the same.
            let _ = thread.join();
        }
        let mut slots = std::mem::take(&mut lock(&self.state).slots);
        let wakes: Vec<(Key, Option<i64>)> = slots
            .drain()
            .filter_map(|(key, slot)| {
                let loaded = slot.loaded?;
                let wake = slot.rung.or(loaded.database.alarm());
                Some((key, wake))
            })
            .collect();
        let wakes = wakes
            .iter()
            .map(|((class, name), wake)| (*class, name.as_ref(), *wake));
        lock(&self.index).unload(wakes)
    }
}

/// Runs the messages, those that follow each other in one commit, and answers them.
fn deliver(engine: &mut dyn Turns, mail: Vec<Message>) {
    let mut replies = Vec::new();
    let mut requests = Vec::new();
    let mut inspections = Vec::new();
    for message in mail {
        match message {
            Message::Run { program, reply } => {
                requests.push(Request {
                    token: replies.len() as u64,
                    program,
                });
                replies.push(Some(reply));
            }
            Message::Inspect { reply } => inspections.push(reply),
        }
    }
    if !requests.is_empty() {
        for reply in engine::turns(engine, Event::Requests(requests), || Some(tick())) {
            let waits = replies.get_mut(reply.token as usize).and_then(Option::take);
            if let Some(caller) = waits {
                // A caller who no longer waits needs no answer.
                let _ = caller.send(reply.answer);
            }
        }
    }
    for reply in inspections {
        let _ = reply.send(engine.inspect(tick()));
    }
}

fn wake(engine: &mut dyn Turns, scheduled: i64) {
    engine::turns(engine, Event::Alarm { scheduled }, || Some(tick()));
}

impl Message {
    fn refuse(self, error: CallError) {
        // A caller who no longer waits needs no answer.
        match self {
            Message::Run { reply, .. } => drop(reply.send(Err(error))),
            Message::Inspect { reply } => drop(reply.send(Err(error))),
        }
    }
}

fn tick() -> Tick {
    Tick {
        now: now(),
        entropy: Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64),
    }
}

/// Unix milliseconds; 0 before 1970.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| {
            i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
        })
}

fn wait<'s, T>(condition: &Condvar, guard: MutexGuard<'s, T>) -> MutexGuard<'s, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
