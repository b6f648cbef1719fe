//! A checked expression that can be searched: the one file that knows the library that searches.

use crate::dialect;
use crate::error::CronError;
use crate::zone::Zone;
use chrono::{DateTime, NaiveDateTime};
use croner::parser::{CronParser, Seconds, Year};

/// The last second before 1970. Searches begin after it: from a time long ago the library would go on
/// year by year, and in the 19th century some clocks were put back by a day.
const EARLIEST: i64 = -1;
/// The last second of the year 2099. Searches end with it: the database of zones knows no change of
/// a clock that is much later.
const LATEST: i64 = 4_102_444_799;

/// How many days each month can have.
const LONGEST: [u16; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// What an expression means.
pub(crate) struct Schedule {
    search: croner::Cron,
}

impl Schedule {
    /// Checks and parses an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, CronError> {
        let checked = dialect::check(text)?;
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .build();
        let search = parser
            .parse(&checked.normal)
            .map_err(|error| CronError::Search {
                reason: error.to_string(),
            })?;
        let schedule = Self { search };
        if schedule.never_matches() {
            return Err(CronError::NeverMatches { span: checked.days });
        }
        Ok(schedule)
    }

    /// Every month has every day of the week, so only days of the month can miss all months.
    fn never_matches(&self) -> bool {
        let pattern = &self.search.pattern;
        let months = pattern.months.values();
        let longest = (1..)
            .zip(LONGEST)
            .filter_map(|(month, days)| months.contains(&month).then_some(days))
            .max();
        pattern.is_dow_wildcard() && pattern.days.values().first() > longest.as_ref()
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
