//! When a schedule is due.

use super::Error;
use crate::store::Timing;
use chrono::{DateTime, SubsecRound, TimeZone, Utc};
use lumenize_cron::Cron;
use std::time::Duration;

/// The last moment of the year 9999, in Unix milliseconds.
const LATEST: i64 = 253_402_300_799_999;

/// An interval: the first time one interval from now, then each time one interval later, anchored
/// on the scheduled times. Ticks that were missed, or that pass while an occurrence is retried,
/// are made up for once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

/// When a schedule is due: a `Duration` from now (0 is now), a date (a past one is now), an interval
/// ([`Every`]) or a cron expression ([`Cron`], `cron!("…")`), whose first occurrence is strictly later
/// than now. Fractions of a millisecond are rounded up: an alarm is never early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When(Kinds);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kinds {
    After(Duration),
    At(DateTime<Utc>),
    Every(Duration),
    Cron(Cron),
}

/// What a [`When`] is made of. Implemented for every type that a `When` can be made from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say when: work is due after a `Duration`, at a `DateTime`, at an interval \
               (`Every`) or by a cron expression (`Cron`)",
    label = "this is no time",
    note = "write for example `Duration::from_secs(60)`, `self.svc.now() + Duration::from_secs(60)`, \
            `Every(Duration::from_secs(60))` or `cron!(\"0 9 * * *\")`"
)]
pub trait IntoWhen: Into<When> {}

#[diagnostic::do_not_recommend]
impl<T: Into<When>> IntoWhen for T {}

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

impl From<Cron> for When {
    fn from(cron: Cron) -> Self {
        Self(Kinds::Cron(cron))
    }
}

/// Whole milliseconds since 1970, a fraction rounded up.
pub(super) fn rounded_up(at: DateTime<Utc>) -> i64 {
    let fraction = at.trunc_subsecs(3) != at;
    at.timestamp_millis() + i64::from(fraction)
}

impl When {
    /// When it is due first (Unix milliseconds), and how that was given.
    pub(super) fn resolve(self, now: i64) -> Result<(i64, Timing), Error> {
        let (due, timing) = match self.0 {
            Kinds::After(delay) => {
                let ms = whole_ms(delay)?;
                (now.checked_add_unsigned(ms), Timing::After(ms))
            }
            Kinds::At(at) => {
                let at = rounded_up(at);
                (Some(at.max(now)), Timing::At(at))
            }
            Kinds::Every(interval) if interval < Duration::from_millis(1) => {
                return Err(Error::IntervalTooShort);
            }
            Kinds::Every(interval) => {
                let ms = whole_ms(interval)?;
                (now.checked_add_unsigned(ms), Timing::Every(ms))
            }
            Kinds::Cron(cron) => {
                cron.check()?;
                let timing = Timing::Cron {
                    expression: cron.as_str().to_owned(),
                    zone: cron.zone().map(str::to_owned),
                };
                (cron.next_after_millis(now), timing)
            }
        };
        match due {
            Some(due) if (0..=LATEST).contains(&due) => Ok((due, timing)),
            _ => Err(Error::TimeOutOfRange),
        }
    }
}

fn whole_ms(duration: Duration) -> Result<u64, Error> {
    let ms = duration.as_nanos().div_ceil(1_000_000);
    u64::try_from(ms).map_err(|_| Error::TimeOutOfRange)
}
