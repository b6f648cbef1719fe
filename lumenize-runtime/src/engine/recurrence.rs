//! When a recurring item runs next.

use super::wake::not_understood;
use crate::error::HandlerError;
use crate::store::Timing;
use lumenize_cron::Cron;

/// The next occurrence, strictly later than the one `scheduled` and than `now`, so that what was missed
/// is made up for once; none for what runs once, and for a cron expression after the year 2099.
pub(super) fn next(when: &Timing, scheduled: i64, now: i64) -> Result<Option<i64>, HandlerError> {
    match when {
        Timing::Once | Timing::After(_) | Timing::At(_) => Ok(None),
        Timing::Every(every) => Ok(Some(next_tick(scheduled, *every, now))),
        Timing::Cron { expression, zone } => {
            let cron = Cron::with_zone_name(expression, zone.as_deref()).map_err(not_understood)?;
            Ok(cron.next_after_millis(scheduled.max(now)))
        }
    }
}

/// The first tick after `now` on the grid that `scheduled` lies on.
fn next_tick(scheduled: i64, every: u64, now: i64) -> i64 {
    let every = i64::try_from(every).unwrap_or(i64::MAX).max(1);
    let missed = now.saturating_sub(scheduled).max(0) / every;
    scheduled.saturating_add(every.saturating_mul(missed.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stays_on_its_grid() {
        let every = Timing::Every(10);
        for (scheduled, now, expected) in [
            (100, 100, 110),
            (100, 109, 110),
            (100, 110, 120),
            (100, 1_005, 1_010),
            // A clock that went back.
            (100, 50, 110),
            (i64::MAX - 1, 0, i64::MAX),
        ] {
            assert_eq!(next(&every, scheduled, now), Ok(Some(expected)));
        }
    }

    #[test]
    fn cron_goes_on_strictly_later_and_coalesces() {
        let daily = |zone: Option<&str>| Timing::Cron {
            expression: "@daily".to_owned(),
            zone: zone.map(str::to_owned),
        };
        const DAY: i64 = 86_400_000;
        for (scheduled, now, expected) in [
            (0, 0, DAY),
            (DAY, DAY + 1, 2 * DAY),
            (DAY, 5 * DAY, 6 * DAY),
            (2 * DAY, DAY, 3 * DAY),
        ] {
            assert_eq!(next(&daily(None), scheduled, now), Ok(Some(expected)));
        }
        assert_eq!(next(&daily(None), 4_102_444_800_000, 0), Ok(None));
        let error = next(&daily(Some("Nowhere/Land")), 0, 0).unwrap_err();
        assert_eq!(error.code.as_deref(), Some("not_understood"));
    }
}
