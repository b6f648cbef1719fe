//! Schedules: a continuation that runs at a time.

use super::{Error, Shared};
use crate::codec;
use crate::continuation::program::Program;
use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::retry::RetryPolicy;
use crate::object::Object;
use crate::store::{Detail, Item, Kind};
use crate::views::{ScheduleId, date};
use chrono::{DateTime, SubsecRound, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// The last moment of the year 9999, in Unix milliseconds.
const LATEST: i64 = 253_402_300_799_999;

/// An interval: the first time one interval from now, then each time one interval later, anchored
/// on the scheduled times. Ticks that were missed, or that pass while an occurrence is retried,
/// are made up for once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

/// When a schedule is due: a `Duration` from now (0 is now), a date (a past one is now), or
/// [`Every`]. Fractions of a millisecond are rounded up: an alarm is never early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(Kinds);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinds {
    After(Duration),
    At(DateTime<Utc>),
    Every(Duration),
}

impl From<Duration> for When {
    fn from(delay: Duration) -> Self {
        Self(Kinds::After(delay))
    }
}

impl<Z: TimeZone> From<DateTime<Z>> for When {
    fn from(at: DateTime<Z>) -> Self {
        Self(Kinds::At(at.to_utc()))
    }
}

impl From<Every> for When {
    fn from(Every(interval): Every) -> Self {
        Self(Kinds::Every(interval))
    }
}

/// A schedule as it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schedule {
    /// For `cancel`.
    pub id: ScheduleId,
    /// When it runs (first), in whole milliseconds.
    pub due: DateTime<Utc>,
}

/// The alarms of an object: `self.svc.alarms`.
pub struct Alarms<D> {
    shared: Arc<Shared>,
    marker: PhantomData<fn() -> D>,
}

impl<D: Object> Alarms<D> {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            marker: PhantomData,
        }
    }

    /// Stores a continuation that runs at `when`, once (or as often as it recurs), with the default
    /// [`RetryPolicy`]. It is stored in the transaction of the running handler: if that fails,
    /// nothing was scheduled. Work that is due at the same time runs in the order of scheduling.
    ///
    /// # Errors
    /// [`Error::Continuation`] if it is over a limit or an argument can't be stored,
    /// [`Error::TimeOutOfRange`], [`Error::IntervalTooShort`], [`Error::ReadOnly`],
    /// [`Error::Building`], [`Error::Storage`].
    pub fn schedule<R: Output>(
        &mut self,
        when: impl Into<When>,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<Schedule, Error> {
        self.retry(RetryPolicy::default())
            .schedule(when, continuation)
    }

    /// Schedules with another retry policy: `alarms.retry(policy).schedule(..)`.
    pub fn retry(&mut self, policy: RetryPolicy) -> AlarmOptions<'_, D> {
        AlarmOptions {
            alarms: self,
            policy,
        }
    }

    /// Removes a schedule before it runs (again), and says whether there was one. One that runs
    /// once and is just running is no longer there.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::Storage`].
    pub fn cancel(&mut self, id: ScheduleId) -> Result<bool, Error> {
        Ok(self.shared.writing_work()?.remove(id.into())?)
    }
}

/// A schedule with options, begun by [`Alarms::retry`].
#[must_use = "nothing is scheduled before `.schedule(..)`"]
pub struct AlarmOptions<'a, D> {
    alarms: &'a mut Alarms<D>,
    policy: RetryPolicy,
}

impl<D: Object> AlarmOptions<'_, D> {
    /// As [`Alarms::schedule`].
    ///
    /// # Errors
    /// As [`Alarms::schedule`].
    pub fn schedule<R: Output>(
        self,
        when: impl Into<When>,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<Schedule, Error> {
        let shared = &self.alarms.shared;
        let store = shared.writing_work()?;
        let program = continuation.into_steps().encode()?;
        let (due, every) = resolve(when.into(), shared.now())?;
        for value in Program::decode(&program)?.values() {
            shared.keep_shape(codec::beside(value))?;
        }
        let id = shared.next_id()?;
        store.add(&Item {
            id,
            due,
            kind: Kind::Schedule as i64,
            scheduled: due,
            attempts: 0,
            program,
            detail: Detail {
                retry: self.policy,
                every,
            }
            .encode(),
            error: None,
        })?;
        Ok(Schedule {
            id: id.into(),
            due: date(due),
        })
    }
}

/// When it is due first, and its interval, in milliseconds.
fn resolve(when: When, now: i64) -> Result<(i64, Option<u64>), Error> {
    let after = |delay: Duration| {
        let ms = i64::try_from(delay.as_nanos().div_ceil(1_000_000)).ok()?;
        now.checked_add(ms)
    };
    let (due, every) = match when.0 {
        Kinds::After(delay) => (after(delay), None),
        Kinds::At(at) => {
            let floor = at.timestamp_millis();
            let fraction = at.trunc_subsecs(3) != at;
            (Some((floor + i64::from(fraction)).max(now)), None)
        }
        Kinds::Every(interval) if interval < Duration::from_millis(1) => {
            return Err(Error::IntervalTooShort);
        }
        Kinds::Every(interval) => {
            let ms = u64::try_from(interval.as_nanos().div_ceil(1_000_000)).ok();
            (after(interval), ms)
        }
    };
    match due {
        Some(due) if (0..=LATEST).contains(&due) => Ok((due, every)),
        _ => Err(Error::TimeOutOfRange),
    }
}
