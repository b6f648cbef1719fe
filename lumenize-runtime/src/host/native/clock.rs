//! The time, and the thread that rings alarms.

use super::pool::{Pool, wait_for};
use crate::host::Tick;
use crate::sync::lock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// How long the threads that look at the clock sleep at most: it may be set forward meanwhile.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// Unix milliseconds; 0 before 1970.
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| {
            i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
        })
}

/// What a turn gets that begins now.
pub(super) fn tick() -> Tick {
    Tick {
        now: now(),
        entropy: Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64),
    }
}

impl Pool {
    /// What the clock's thread does.
    pub(super) fn ring(&self) {
        let mut state = lock(&self.state);
        while !state.stopping {
            let now = now();
            for _ in 0..state.ring(now) {
                self.work.notify_one();
            }
            let sleep = match state.first_timer() {
                // A thread that sets one for before then notifies.
                None => LONGEST_SLEEP,
                Some(at) => Duration::from_millis(at.saturating_sub(now).max(1) as u64),
            };
            let sleep = sleep.min(LONGEST_SLEEP);
            state.clock = now.saturating_add(sleep.as_millis() as i64);
            state = wait_for(&self.clock, state, sleep);
        }
    }
}
