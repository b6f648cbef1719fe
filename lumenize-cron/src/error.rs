//! What can be wrong with an expression.

use crate::field::Field;
use std::ops::Range;
use thiserror::Error;

/// Why an expression, or its time zone, is refused. Each message says what is wrong, why, and what to
/// write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CronError {
    /// There is nothing but blanks.
    #[error(
        "a cron expression can't be empty: it says when; write its five fields, for example `0 9 * * mon-fri`"
    )]
    Empty,

    /// It is longer than [`Cron::MAX_LEN`](crate::Cron::MAX_LEN) bytes.
    #[error(
        "a cron expression can't be longer than {max} bytes, and this one has {length}: the limit bounds what reading it can cost; write lists as ranges and steps",
        max = crate::Cron::MAX_LEN
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },

    /// It has neither five fields nor six.
    #[error(
        "a cron expression has five fields, or six with seconds in front, and this one has {found}: fields are parted by blanks, and there are no years; write minute, hour, day of the month, month, day of the week"
    )]
    FieldCount {
        /// How many there are.
        found: usize,
        /// The fields that are too many, or all of them if there are too few.
        span: Range<usize>,
    },

    /// It begins with `@`, and is no nickname.
    #[error(
        "`{name}` is no nickname: there are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly; write one of these alone, or five fields"
    )]
    Nickname {
        /// What was written.
        name: String,
        /// Where.
        span: Range<usize>,
    },

    /// It is `@reboot`.
    #[error(
        "`@reboot` is no time: an expression follows the clock, and nothing boots here; start such work where your program starts"
    )]
    Reboot {
        /// Where.
        span: Range<usize>,
    },

    /// Something in a field can't be read.
    #[error(
        "`{text}` is no {field}: that is {values}, if not `*`; write such a value, a range `a-b`, a step `*/n` or `a-b/n`, or a list of these with commas",
        values = field.values()
    )]
    Value {
        /// The field.
        field: Field,
        /// What was written.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// A value is too high or too low for its field.
    #[error(
        "the {field} can't be {text}: it goes from {min} to {max}; write a value in between",
        min = field.min(),
        max = field.max()
    )]
    OutOfRange {
        /// The field.
        field: Field,
        /// The number.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// A range ends before it begins.
    #[error(
        "the range `{text}` can't go backwards: schedulers disagree on what that means; write its ends in order, a list of two ranges, or 7 where it ends on a Sunday"
    )]
    Backwards {
        /// The range.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// A step is no number from 1 to the field's highest value.
    #[error(
        "`{text}` is no step for the {field}: a step is a number from 1 to {max}; write such a one, or leave it out",
        max = field.max()
    )]
    Step {
        /// The field.
        field: Field,
        /// The step.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// A step follows a single value.
    #[error(
        "`{text}` has a step but no range: schedulers disagree on where it would end; write the range, for example `*/n` or `a-b/n`"
    )]
    StepOfValue {
        /// The value and its step.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// `*` stands in a list.
    #[error(
        "`*` can't stand in a list: it is all values already; write `*` alone, or the others alone"
    )]
    StarInList {
        /// Where.
        span: Range<usize>,
    },

    /// Between two commas, or beside one, there is nothing.
    #[error(
        "a list can't have an empty place: a value is missing or a comma too many; write the value or remove the comma"
    )]
    EmptyPlace {
        /// Where.
        span: Range<usize>,
    },

    /// Something is of another scheduler's dialect: `?`, `L`, `W`, `#`, `H` and the like.
    #[error(
        "`{text}` is of another scheduler's dialect: POSIX has no such sign, and its meaning differs from one to the next; write `*` instead of `?`, and days as numbers or names, or check the date when the work runs"
    )]
    Extension {
        /// What was written.
        text: String,
        /// Where.
        span: Range<usize>,
    },

    /// None of its months has any of its days.
    #[error(
        "the expression never matches: none of its months has such a day; change the day of the month or the month"
    )]
    NeverMatches {
        /// The days and the months.
        span: Range<usize>,
    },

    /// There is no such time zone.
    #[error(
        "there is no time zone `{name}`: zones are named as in the IANA database, capitals included; write for example `Europe/Berlin`"
    )]
    UnknownZone {
        /// What was asked for.
        name: String,
    },

    /// Time zones are not part of this build.
    #[error(
        "the time zone `{name}` can't be followed: this program is built without zones; enable the feature `timezone`, or write the expression in UTC"
    )]
    NoZones {
        /// What was asked for.
        name: String,
    },

    /// The library that searches refuses what this one accepts.
    #[error("the expression can't be searched for: {reason}; report it, with the expression")]
    Search {
        /// What the library says.
        reason: String,
    },
}

impl CronError {
    /// The bytes of the expression that are wrong, where that can be said.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        match self {
            Self::FieldCount { span, .. }
            | Self::Nickname { span, .. }
            | Self::Reboot { span }
            | Self::Value { span, .. }
            | Self::OutOfRange { span, .. }
            | Self::Backwards { span, .. }
            | Self::Step { span, .. }
            | Self::StepOfValue { span, .. }
            | Self::StarInList { span }
            | Self::EmptyPlace { span }
            | Self::Extension { span, .. }
            | Self::NeverMatches { span } => Some(span.clone()),
            Self::Empty
            | Self::TooLong { .. }
            | Self::UnknownZone { .. }
            | Self::NoZones { .. }
            | Self::Search { .. } => None,
        }
    }
}

/// A text as messages show it: printable, whatever it is. Not by `escape_debug`, the code of which
/// few programs have otherwise.
pub(crate) fn printable(text: &str) -> String {
    let quoted = format!("{text:?}");
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}
