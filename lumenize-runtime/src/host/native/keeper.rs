//! The thread that unloads what rests, and looks ahead for what must wake.

use super::clock::now;
use super::pool::{Pool, wait_for};
use crate::host::SqlError;
use crate::sync::lock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How many objects are unloaded in one commit.
const BATCH: usize = 16;
/// How long to wait after one that failed.
const TROUBLE: Duration = Duration::from_secs(1);

impl Pool {
    /// What the keeper's thread does.
    pub(super) fn keep(&self) {
        let idle_after = self.options.idle_after;
        let mut not_before = Instant::now();
        let mut state = lock(&self.state);
        while !state.stopping {
            let now = now();
            if state.horizon.saturating_sub(now) < self.options.look_ahead_ms {
                drop(state);
                let ahead = self.look_ahead(now);
                state = lock(&self.state);
                if ahead.is_err() {
                    // The index can't be read at present.
                    state = wait_for(&self.keeper, state, TROUBLE);
                    continue;
                }
            }
            let loaded = self.places.load(Ordering::Relaxed);
            let excess = loaded.saturating_sub(self.options.max_loaded);
            let leaving = match Instant::now() >= not_before {
                true => state.take_resting(excess, idle_after, BATCH),
                false => Vec::new(),
            };
            if leaving.is_empty() {
                let sleep = state.next_idle(idle_after).unwrap_or(Duration::MAX);
                // One that could not be unloaded is due again at once.
                let sleep = sleep.max(not_before.saturating_duration_since(Instant::now()));
                state = wait_for(&self.keeper, state, sleep);
                continue;
            }
            drop(state);
            if self.part(leaving, None).is_err() {
                not_before = Instant::now() + TROUBLE;
            }
            state = lock(&self.state);
        }
    }

    /// Takes the alarms of unloaded objects into memory for the time ahead, twice as far as is
    /// needed.
    pub(super) fn look_ahead(&self, now: i64) -> Result<(), SqlError> {
        let mut state = lock(&self.state);
        let from = state.horizon;
        let ahead = self.options.look_ahead_ms.saturating_mul(2);
        let to = from.max(now.saturating_add(ahead));
        // Before the index is read: what is unloaded from here on is either read or kept.
        state.horizon = to;
        drop(state);
        let known = self.index(|index| index.wakes(from, to));
        let mut state = lock(&self.state);
        let known = known.inspect_err(|_| state.horizon = from)?;
        for object in known {
            if let (Some(key), Some(wake)) = (self.key(&object), object.wake) {
                state.expect(key, wake);
            }
        }
        self.clock.notify_one();
        Ok(())
    }
}
