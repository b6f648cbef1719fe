//! A checked expression that can be searched: the one file that knows the library that searches.

use crate::dialect::{self, Checked};
use crate::error::CronError;
use crate::zone::Zone;
use chrono::{DateTime, NaiveDateTime};
use croner::{CronComponent, CronPattern};

/// The last second before 1970. Searches begin after it: from a time long ago the library would go on
/// year by year, and in the 19th century some clocks were put back by a day.
const EARLIEST: i64 = -1;
/// The last second of the year 2099. Searches end with it: the database of zones knows no change of
/// a clock that is much later.
const LATEST: i64 = 4_102_444_799;

/// How many days each month can have.
const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Marks a value that matches; the library has no public name for it.
const MATCHES: u8 = 1;

/// What an expression means.
pub(crate) struct Schedule {
    search: croner::Cron,
}

impl Schedule {
    /// Checks an expression. It is read here alone: the library is told the values, not the text.
    pub(crate) fn parse(text: &str) -> Result<Self, CronError> {
        let checked = dialect::check(text)?;
        if never_matches(&checked) {
            return Err(CronError::NeverMatches { span: checked.days });
        }
        let pattern = pattern(&checked).map_err(|error| CronError::Search {
            reason: error.to_string(),
        })?;
        Ok(Self {
            search: croner::Cron { pattern },
        })
    }

    /// The first match later than `after`, in seconds since 1970.
    pub(crate) fn next(&self, zone: Option<&Zone>, after: i64) -> Option<i64> {
        if after >= LATEST {
            return None;
        }
        let after = DateTime::from_timestamp(after.max(EARLIEST), 0)?;
        let next = match zone {
            Some(zone) => zone.next(self, after)?,
            None => self.next_wall(after.naive_utc())?.and_utc(),
        };
        Some(next.timestamp()).filter(|next| *next <= LATEST)
    }

    /// The first match that a clock shows later than `after`, if it never changes.
    pub(crate) fn next_wall(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        self.search.find_next_occurrence(&after, false).ok()
    }
}

/// Every month has every day of the week, so only days of the month can miss all months.
fn never_matches(checked: &Checked) -> bool {
    let [_, _, _, days, months, _] = checked.values;
    let longest = (1..)
        .zip(LONGEST)
        .filter_map(|(month, days)| (months >> month & 1 == 1).then_some(days))
        .max();
    checked.any_weekday && Some(days.trailing_zeros()) > longest
}

/// A day matches if its day of the month does or its day of the week does. If one of them is `*`,
/// only the other says so.
fn pattern(checked: &Checked) -> Result<CronPattern, croner::errors::CronError> {
    let [seconds, minutes, hours, mut days, months, mut weekdays] = checked.values;
    if checked.any_weekday {
        weekdays = 0;
    } else if checked.any_day {
        days = 0;
    }
    let mut pattern = CronPattern::new("");
    for (component, values) in [
        (&mut pattern.seconds, seconds),
        (&mut pattern.minutes, minutes),
        (&mut pattern.hours, hours),
        (&mut pattern.days, days),
        (&mut pattern.months, months),
        (&mut pattern.days_of_week, weekdays),
    ] {
        set(component, |value| values >> value & 1 == 1)?;
    }
    set(&mut pattern.years, |_| true)?;
    pattern.hours.from_wildcard = checked.wildcard_hour;
    Ok(pattern)
}

fn set(
    component: &mut CronComponent,
    matches: impl Fn(u16) -> bool,
) -> Result<(), croner::errors::CronError> {
    (component.min..=component.max)
        .filter(|value| matches(*value))
        .try_for_each(|value| component.set_bit(value, MATCHES))
}

#[cfg(feature = "timezone")]
impl Schedule {
    /// Whether the hour has a `*`.
    pub(crate) fn has_wildcard_hour(&self) -> bool {
        self.search.pattern.hours.from_wildcard
    }

    /// The first instant later than `after` at which the zone's clock shows a match.
    pub(crate) fn next_instant<Z: chrono::TimeZone>(
        &self,
        after: &DateTime<Z>,
    ) -> Option<DateTime<Z>> {
        self.search.find_next_occurrence(after, false).ok()
    }
}
