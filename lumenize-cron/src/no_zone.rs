//! In place of time zones, where the feature `timezone` is off: there is none.

use crate::error::{CronError, printable};
use crate::schedule::Schedule;
use chrono::{DateTime, Utc};

/// No zone: this type has no values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {}

impl Zone {
    pub(crate) fn named(name: &str) -> Result<Self, CronError> {
        Err(CronError::NoZones {
            name: printable(name),
        })
    }

    pub(crate) fn name(&self) -> &str {
        match *self {}
    }

    pub(crate) fn next(&self, _: &Schedule, _: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match *self {}
    }
}
