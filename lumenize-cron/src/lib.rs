//! Cron expressions of one strict dialect, in UTC or a time zone.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use lumenize_cron::{Cron, CronError};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let weekdays = Cron::new("30 9 * * mon-fri")?;
//! let friday: DateTime<Utc> = "2026-05-01T09:30:00Z".parse()?;
//! let monday: DateTime<Utc> = "2026-05-04T09:30:00Z".parse()?;
//! assert_eq!(weekdays.next_after(friday), Some(monday));
//!
//! // What is wrong is refused when it is read, and shown.
//! let error = Cron::new("0 9 31 feb *").unwrap_err();
//! assert!(matches!(error, CronError::NeverMatches { .. }));
//! assert_eq!(error.span(), Some(4..10)); // `31 feb`
//! # Ok(())
//! # }
//! ```
//!
//! # Dialect
//!
//! That of [POSIX], and what every cron that came after it has added:
//!
//! | field            | values                              |
//! |------------------|-------------------------------------|
//! | second           | 0–59; only if there are six fields  |
//! | minute           | 0–59                                |
//! | hour             | 0–23                                |
//! | day of the month | 1–31                                |
//! | month            | 1–12, or `jan`–`dec`                |
//! | day of the week  | 0–7 (0 and 7 are Sunday), or `sun`–`sat` |
//!
//! - A field is `*`, or a list of values, ranges `a-b` and steps `*/n` and `a-b/n`. Steps count from
//!   the lowest value. Names are the first three letters in English, capitals or not; a range of days
//!   may end on `sun`. Fields are parted by blanks or tabs.
//! - If both the day of the month and the day of the week are something else than `*`, a day matches
//!   if **either** does. `*/2` is something else than `*`.
//! - Instead of fields: `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`,
//!   `@hourly`.
//!
//! Everything else is refused, and the message says what to write: years, `L`, `W`, `#`, `?`, `H`, `+`
//! and `~`, which are extensions of single schedulers; `5/10` and `fri-mon`, on which they disagree;
//! `@reboot`; expressions that never match; and expressions of more than 256 bytes.
//!
//! # Clock changes
//!
//! With the feature `timezone` an expression can be meant in a zone of the IANA database. When the
//! clock of that zone changes, the rules of [Debian's cron(8)][debian] and [cronie's][cronie] hold,
//! applied to the hour alone:
//!
//! - Without a `*` in the hour, the expression names times of the day. Those that the clock skips in
//!   spring match at the end of the gap, together. Those that it shows twice in autumn match once, the
//!   first time.
//! - With a `*` in the hour (`*` or `*/n`), it follows elapsed time: it matches whenever the clock
//!   shows a match, so twice in autumn, and in spring not at what is skipped.
//!
//! # Limits
//!
//! Matches are full seconds of the years 1970 to 2099. The next one is at most four years away, so a
//! search is short.
//!
//! [POSIX]: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
//! [debian]: https://manpages.debian.org/bookworm/cron/cron.8.en.html
//! [cronie]: https://man7.org/linux/man-pages/man8/cron.8.html

mod dialect;
mod field;

mod schedule;
#[cfg_attr(not(feature = "timezone"), path = "no_zone.rs")]
mod zone;

mod cron;

mod error;

pub use cron::Cron;
pub use error::CronError;
pub use field::Field;
