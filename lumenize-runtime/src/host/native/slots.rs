//! What the host knows of each object that has something to do, is loaded, or must wake soon. No I/O
//! and no user's code: it is read and changed under one lock.

use super::mail::{Mailbox, Message, Refused};
use crate::engine::Turns;
use crate::host::sqlite::Sqlite;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use uuid::Uuid;

/// Class and name.
pub(super) type Key = (&'static str, Arc<str>);

/// How many acknowledgements wait for one object, and for how long, in milliseconds.
const MAX_ACKNOWLEDGED: usize = 10_000;
const ACKNOWLEDGED_MS: i64 = 1_000;

/// How long an object that can't be loaded is left alone: this, doubling, up to a minute.
const TROUBLE_MS: i64 = 1_000;
const LONGEST_TROUBLE_MS: i64 = 60_000;

#[derive(Default)]
pub(super) struct State {
    pub slots: HashMap<Key, Slot>,
    /// The objects that have mail and wait for a thread, and those whose alarm has rung. A thread
    /// takes from each in turn, so that neither waits for all of the other. One that is in both, or
    /// that a thread has taken meanwhile, is passed over.
    asked: VecDeque<Key>,
    rung: VecDeque<Key>,
    alarms_next: bool,
    /// The alarms of what is loaded, and of what must wake before `horizon`.
    timers: BTreeSet<(i64, Key)>,
    /// When the clock's thread looks at them next.
    pub clock: i64,
    /// The loaded objects that have nothing to do, the least recently used first.
    pub resting: BTreeMap<u64, Key>,
    rests: u64,
    /// The objects that are not loaded and have parked work which this process doesn't understand.
    pub knows_parked: HashSet<Key>,
    /// How many messages wait.
    pub waiting: usize,
    /// The unloaded objects that must wake at this time or later have no slot: the index alone
    /// knows them.
    pub horizon: i64,
    pub stopping: bool,
}

#[derive(Default)]
pub(super) struct Slot {
    mail: Mailbox,
    /// The calls whose answers it may forget.
    acknowledged: Vec<Uuid>,
    /// The alarm that has rung and is to be heard.
    pub rung: Option<i64>,
    /// The alarm that is in `timers`.
    pub alarm: Option<i64>,
    pub stage: Stage,
    /// Its database and engine, while no thread has them.
    pub loaded: Option<Loaded>,
    /// Its place in `resting`, and since when.
    pub rest: Option<(u64, Instant)>,
    /// Whether what is pending may have ended a process, as far as is known while it is not loaded.
    pub unclean: bool,
    /// How often in a row it could not be loaded.
    failures: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Free,
    /// It is in `asked` or in `rung`.
    Queued,
    /// A thread has it.
    Busy,
}

/// An object in memory.
pub(super) struct Loaded {
    pub database: Arc<Sqlite>,
    pub engine: Box<dyn Turns + Send>,
    /// Whether its engine began as after an unclean stop.
    pub unclean: bool,
    pub _place: Place,
}

/// Counts the objects in memory: each has one for as long as it is there.
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    /// A place, and how many are taken with it.
    pub(super) fn take(places: &Arc<AtomicUsize>) -> (Self, usize) {
        let taken = places.fetch_add(1, Ordering::Relaxed) + 1;
        (Self(Arc::clone(places)), taken)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a thread takes from a slot.
pub(super) struct Job {
    pub key: Key,
    pub mail: Vec<Message>,
    pub rung: Option<i64>,
    pub loaded: Option<Loaded>,
    pub unclean: bool,
}

/// What became of the object of a job.
pub(super) enum After {
    Loaded(Loaded),
    /// There is no such object.
    Nothing,
    /// There is none any more.
    Destroyed,
    /// It could not be loaded, or the thread panicked with it; if it was marked, it still is.
    Lost,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            horizon: i64::MIN,
            ..Self::default()
        }
    }

    /// Puts a message into an object's mailbox, unless too much waits there, and says whether a thread
    /// is needed for it.
    pub(super) fn post(&mut self, key: Key, message: Message) -> Result<bool, Box<Refused>> {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.mail.push(message)?;
        self.waiting += 1;
        Ok(self.queue(&key))
    }

    /// Lets an object know that the answer to a call has been heard: with its next mail, or a little
    /// later by itself, as to forget the answer takes a commit. One that is not in memory keeps it until
    /// the call's deadline.
    pub(super) fn acknowledge(&mut self, key: &Key, call: Uuid, now: i64) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        let there = slot.stage == Stage::Busy || slot.loaded.is_some();
        if there && slot.acknowledged.len() < MAX_ACKNOWLEDGED {
            slot.acknowledged.push(call);
            self.see_to_acknowledged(key, now);
        }
    }

    fn see_to_acknowledged(&mut self, key: &Key, now: i64) {
        let within = now.saturating_add(ACKNOWLEDGED_MS);
        if let Some(slot) = self.slots.get(key)
            && slot.stage == Stage::Free
            && !slot.acknowledged.is_empty()
            && slot.alarm.is_none_or(|at| at > within)
        {
            self.set_alarm(key, Some(within));
        }
    }

    /// Puts an object that has something to do before the threads, unless one has it.
    fn queue(&mut self, key: &Key) -> bool {
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        let queue = match (slot.stage, slot.mail.len()) {
            (Stage::Busy, _) => return false,
            (Stage::Free, 0) => &mut self.rung,
            (Stage::Free, _) => &mut self.asked,
            // It waits for its alarm to be heard, and its first mail need not.
            (Stage::Queued, 1) => &mut self.asked,
            (Stage::Queued, _) => return false,
        };
        slot.stage = Stage::Queued;
        queue.push_back(key.clone());
        if let Some((place, _)) = slot.rest.take() {
            self.resting.remove(&place);
        }
        true
    }

    /// What a thread is to do next. Of a host that stops, only what was asked before is answered:
    /// alarms are for the next.
    pub(super) fn next_job(&mut self) -> Option<Job> {
        loop {
            self.alarms_next = !self.alarms_next;
            let key = if self.stopping {
                self.asked.pop_front()
            } else if self.alarms_next {
                self.rung.pop_front().or_else(|| self.asked.pop_front())
            } else {
                self.asked.pop_front().or_else(|| self.rung.pop_front())
            }?;
            let Some(slot) = self.slots.get_mut(&key) else {
                continue;
            };
            if slot.stage != Stage::Queued || (self.stopping && slot.mail.is_empty()) {
                continue;
            }
            slot.stage = Stage::Busy;
            let mut mail = slot.mail.take();
            self.waiting -= mail.len();
            let acknowledged = std::mem::take(&mut slot.acknowledged);
            mail.extend(acknowledged.into_iter().map(Message::Acknowledged));
            return Some(Job {
                mail,
                rung: slot.rung.take_if(|_| !self.stopping),
                loaded: slot.loaded.take(),
                unclean: slot.unclean,
                key,
            });
        }
    }

    /// Takes back the object of a job, and says whether a thread is needed for it again.
    pub(super) fn finish(&mut self, key: &Key, after: After, now: i64) -> bool {
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        slot.stage = Stage::Free;
        let mut alarm = slot.alarm;
        match after {
            After::Loaded(loaded) => {
                alarm = loaded.database.alarm();
                slot.failures = 0;
                slot.loaded = Some(loaded);
            }
            After::Nothing => {}
            After::Destroyed => alarm = None,
            After::Lost => {
                // One that is to ring anyway is tried then: callers who ask in vain put off nothing.
                if alarm.is_none() {
                    let wait = TROUBLE_MS << slot.failures.min(6);
                    slot.failures = slot.failures.saturating_add(1);
                    alarm = Some(now + wait.min(LONGEST_TROUBLE_MS));
                }
            }
        }
        self.set_alarm(key, alarm);
        self.see_to_acknowledged(key, now);
        self.settle(key)
    }

    /// What an object does that no thread has any more: something, rest, wait, or nothing. Says
    /// whether a thread is needed for it.
    pub(super) fn settle(&mut self, key: &Key) -> bool {
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        if slot.rung.is_some() || !slot.mail.is_empty() {
            return self.queue(key);
        }
        if slot.loaded.is_some() {
            self.rests += 1;
            slot.rest = Some((self.rests, Instant::now()));
            self.resting.insert(self.rests, key.clone());
        } else if slot.alarm.is_none() {
            self.slots.remove(key);
        }
        false
    }

    pub(super) fn set_alarm(&mut self, key: &Key, at: Option<i64>) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.alarm == at {
            return;
        }
        if let Some(before) = std::mem::replace(&mut slot.alarm, at) {
            self.timers.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.timers.insert((at, key.clone()));
        }
    }

    /// Sets the alarm of an object that is not loaded, as the index has it, unless something
    /// happens to the object: then its database will say.
    pub(super) fn expect(&mut self, key: Key, at: i64) {
        let slot = self.slots.entry(key.clone()).or_default();
        if slot.stage == Stage::Free && slot.loaded.is_none() && slot.alarm.is_none() {
            self.set_alarm(&key, Some(at));
        }
    }

    /// Rings what is due, and says how many threads are needed for it.
    pub(super) fn ring(&mut self, now: i64) -> usize {
        let mut needed = 0;
        while let Some((at, key)) = self.timers.first().filter(|(at, _)| *at <= now).cloned() {
            self.set_alarm(&key, None);
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.rung = Some(at);
                if slot.stage == Stage::Free {
                    needed += usize::from(self.queue(&key));
                }
            }
        }
        needed
    }

    pub(super) fn first_timer(&self) -> Option<i64> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Whether the clock's thread would look at the first alarm too late.
    pub(super) fn clock_is_late(&self) -> bool {
        self.first_timer().is_some_and(|at| at < self.clock)
    }

    pub(super) fn timers(&self) -> usize {
        self.timers.len()
    }
}
