//! Unloading: which objects, in which order of writes, and what if that fails.

use super::options::Durability;
use super::pool::Pool;
use super::slots::{Key, Loaded, Slot, Stage, State};
use crate::host::SqlError;
use crate::sync::lock;
use std::time::Duration;

/// An object that is to be unloaded.
pub(super) struct Parting {
    pub key: Key,
    pub loaded: Loaded,
    /// When it must wake (Unix milliseconds).
    pub wake: Option<i64>,
}

impl State {
    /// Takes loaded objects that have nothing to do, the least recently used first: those that
    /// `excess` is too many, and those that have rested for so long; not more than `most`.
    pub(super) fn take_resting(
        &mut self,
        excess: usize,
        idle_after: Duration,
        most: usize,
    ) -> Vec<Parting> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some((_, key)) = self.resting.first_key_value() else {
                break;
            };
            let key = key.clone();
            let Some(slot) = self.slots.get_mut(&key) else {
                break;
            };
            let rested = slot
                .rest
                .map_or(Duration::ZERO, |(_, since)| since.elapsed());
            if taken.len() >= excess && rested < idle_after {
                break;
            }
            self.resting.pop_first();
            slot.rest = None;
            slot.stage = Stage::Busy;
            if let Some(loaded) = slot.loaded.take() {
                let wake = slot.alarm;
                taken.push(Parting { key, loaded, wake });
            }
        }
        taken
    }

    /// How long until the next one has rested for so long.
    pub(super) fn next_idle(&self, idle_after: Duration) -> Option<Duration> {
        let (_, key) = self.resting.first_key_value()?;
        let (_, since) = self.slots.get(key)?.rest?;
        Some(idle_after.saturating_sub(since.elapsed()))
    }

    /// Takes every loaded object, once no thread runs any more.
    pub(super) fn take_all(&mut self) -> Vec<Parting> {
        self.resting.clear();
        let parting = |(key, slot): (&Key, &mut Slot)| {
            let loaded = slot.loaded.take()?;
            let wake = slot.rung.or(slot.alarm);
            let key = key.clone();
            Some(Parting { key, loaded, wake })
        };
        self.slots.iter_mut().filter_map(parting).collect()
    }

    /// After an object was unloaded; says whether a thread is needed for it, because something has
    /// happened meanwhile.
    pub(super) fn parted(&mut self, key: &Key, unclean: bool) -> bool {
        let horizon = self.horizon;
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        slot.stage = Stage::Free;
        slot.unclean = unclean;
        if slot.alarm.is_some_and(|at| at >= horizon) {
            self.set_alarm(key, None);
        }
        self.settle(key)
    }

    /// After an object could not be unloaded; says whether a thread is needed for it.
    pub(super) fn put_back(&mut self, parting: Parting) -> bool {
        let Some(slot) = self.slots.get_mut(&parting.key) else {
            return false;
        };
        slot.stage = Stage::Free;
        slot.loaded = Some(parting.loaded);
        self.settle(&parting.key)
    }
}

impl Pool {
    /// Unloads objects and marks one that is to be loaded, in one commit; says whether the latter
    /// was marked before. What could not be written down stays loaded.
    pub(super) fn part(&self, leaving: Vec<Parting>, load: Option<&Key>) -> Result<bool, SqlError> {
        let mut failure = None;
        let (leaving, staying): (Vec<_>, Vec<_>) = leaving.into_iter().partition(|parting| {
            if self.options.durability == Durability::Full {
                return true;
            }
            // Its wake time must not outlive, on disk, the commit that it comes from.
            match parting.loaded.database.checkpoint() {
                Ok(()) => true,
                Err(error) => {
                    failure = Some(error);
                    false
                }
            }
        });
        self.put_back(staying);
        if leaving.is_empty() && load.is_none() {
            return failure.map_or(Ok(false), Err);
        }
        let unload = leaving.iter().map(|parting| (&parting.key, parting.wake));
        match self.index(|index| index.exchange(load, unload)) {
            Ok(was_marked) => {
                for Parting { key, loaded, .. } in leaving {
                    let unclean = loaded.unclean;
                    let knows_parked = loaded.engine.knows_parked();
                    // The user's `Drop` runs here.
                    drop(loaded);
                    let mut state = lock(&self.state);
                    if knows_parked {
                        state.knows_parked.insert(key.clone());
                    }
                    if state.parted(&key, unclean) {
                        self.work.notify_one();
                    }
                }
                match (load, failure) {
                    (None, Some(error)) => Err(error),
                    _ => Ok(was_marked),
                }
            }
            Err(error) => {
                self.put_back(leaving);
                Err(error)
            }
        }
    }

    fn put_back(&self, partings: Vec<Parting>) {
        for parting in partings {
            if lock(&self.state).put_back(parting) {
                self.work.notify_one();
            }
        }
    }
}
