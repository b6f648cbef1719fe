//! When something is due.

use crate::program::When;

/// The time of what is scheduled now.
pub(super) fn first_due(when: When, now: i64) -> i64 {
    match when {
        When::After(ms) | When::Every(ms) => now + ms as i64,
        When::At(at) => at.max(now),
        When::Cron(each) => (now.div_euclid(each) + 1) * each,
    }
}

/// The first occurrence that is later than the last and than now.
pub(super) fn next_due(when: When, scheduled: i64, now: i64) -> i64 {
    let last = scheduled.max(now);
    match when {
        When::Every(each) => scheduled + ((last - scheduled) / each as i64 + 1) * each as i64,
        When::Cron(each) => (last.div_euclid(each) + 1) * each,
        When::After(_) | When::At(_) => last,
    }
}
