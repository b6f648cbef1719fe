//! Time zones, and what happens when their clocks change.
//!
//! The rules are those of Debian's and cronie's `cron(8)`, for the hour alone: an expression without a
//! `*` in its hour names times, and each of them happens once a day, come what may; one with a `*`
//! there happens whenever the clock shows it, so that `*/15 * * * *` keeps its pace.

use crate::error::{CronError, printable};
use crate::schedule::Schedule;
use chrono::{DateTime, LocalResult, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// A zone of the IANA database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone(Tz);

impl Zone {
    pub(crate) fn named(name: &str) -> Result<Self, CronError> {
        name.parse().map(Self).map_err(|_| CronError::UnknownZone {
            name: printable(name),
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }

    /// The first match later than `after`.
    pub(crate) fn next(&self, schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = after.with_timezone(&self.0);
        let next = if schedule.has_wildcard_hour() {
            schedule.next_instant(&after)
        } else {
            self.next_named_time(schedule, after)
        };
        next.map(|next| next.to_utc())
    }

    /// Goes from one time on the wall to the next, and takes for each the one instant that stands for
    /// it. The library has such a rule, too, but holds every list and range for a wildcard.
    fn next_named_time(&self, schedule: &Schedule, after: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let mut wall = after.naive_local();
        loop {
            wall = schedule.next_wall(wall)?;
            let instant = match self.0.from_local_datetime(&wall) {
                LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant,
                LocalResult::None => GapInfo::new(&wall, &self.0)?.end?,
            };
            // While the clock repeats an hour, what it shows next may be over.
            if instant > after {
                return Some(instant);
            }
        }
    }
}
