//! The type of expressions.

use crate::error::CronError;
use crate::schedule::Schedule;
use crate::zone::Zone;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A cron expression, and the time zone that it is meant in.
///
/// It is checked when it is made, so [`next_after`](Self::next_after) can't fail. A clone costs next
/// to nothing. Two are equal if their text and their zone are: `@daily` is not `0 0 * * *`.
#[derive(Clone)]
pub struct Cron {
    text: Cow<'static, str>,
    zone: Option<Zone>,
    /// An error only in what [`literal`](Self::literal) makes.
    schedule: Result<Arc<Schedule>, CronError>,
}

impl Cron {
    /// How many bytes an expression can have.
    pub const MAX_LEN: usize = 256;

    /// Reads an expression, in UTC.
    ///
    /// # Errors
    ///
    /// If it is not in the [dialect](crate), or never matches.
    pub fn new(expression: &str) -> Result<Self, CronError> {
        Self::with_zone_name(expression, None)
    }

    /// Reads an expression and the name of its zone, as [`as_str`](Self::as_str) and
    /// [`zone`](Self::zone) gave them. Without a name it is in UTC.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new); and if there is no such zone, or the feature `timezone` is off.
    pub fn with_zone_name(expression: &str, zone: Option<&str>) -> Result<Self, CronError> {
        let schedule = Schedule::parse(expression)?;
        Ok(Self {
            text: Cow::Owned(expression.to_owned()),
            zone: zone.map(Zone::named).transpose()?,
            schedule: Ok(Arc::new(schedule)),
        })
    }

    /// What `cron!` expands to. The macro has checked the text with this same code; should another
    /// version of it think otherwise, [`check`](Self::check) says so, and nothing ever matches.
    #[doc(hidden)]
    #[must_use]
    pub fn literal(expression: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(expression),
            zone: None,
            schedule: Schedule::parse(expression).map(Arc::new),
        }
    }

    /// What `cron!` with a zone expands to: [`literal`](Self::literal) in that zone.
    #[doc(hidden)]
    #[must_use]
    pub fn literal_in_zone(expression: &'static str, zone: &'static str) -> Self {
        let literal = Self::literal(expression);
        match Zone::named(zone) {
            Ok(zone) => Self {
                zone: Some(zone),
                ..literal
            },
            Err(error) => Self {
                schedule: literal.schedule.and(Err(error)),
                ..literal
            },
        }
    }

    /// The same expression in a zone of the IANA database, for example `Europe/Berlin`.
    ///
    /// # Errors
    ///
    /// If there is no such zone.
    #[cfg(feature = "timezone")]
    pub fn in_zone(self, name: &str) -> Result<Self, CronError> {
        let zone = Some(Zone::named(name)?);
        Ok(Self { zone, ..self })
    }

    /// Whether this is usable. It is, unless `cron!` and the runtime come from different versions.
    ///
    /// # Errors
    ///
    /// What [`new`](Self::new) would have said.
    pub fn check(&self) -> Result<(), CronError> {
        match &self.schedule {
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone()),
        }
    }

    /// The expression as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the zone. `None` means UTC.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_ref().map(Zone::name)
    }

    /// The first match strictly later than `time`, at a full second. `None` if that is later than
    /// the year 2099. Matches begin with 1970.
    #[must_use]
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.next(time.timestamp())?, 0)
    }

    /// [`next_after`](Self::next_after) in Unix time, in milliseconds.
    #[must_use]
    pub fn next_after_millis(&self, millis: i64) -> Option<i64> {
        Some(self.next(millis.div_euclid(1_000))? * 1_000)
    }

    /// All matches are full seconds, so the next after any part of a second is that after its begin.
    fn next(&self, second: i64) -> Option<i64> {
        let schedule = self.schedule.as_ref().ok()?;
        schedule.next(self.zone.as_ref(), second)
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(expression: &str) -> Result<Self, CronError> {
        Self::new(expression)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cron")
            .field("expression", &self.text)
            .field("zone", &self.zone())
            .finish()
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone && self.check() == other.check()
    }
}

impl Eq for Cron {}
