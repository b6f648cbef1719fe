//! Clock changes, against a naive search through the minutes of UTC, and cronsim.

use crate::naive::Naive;
use crate::second_opinions::{has_day_step, next};
use crate::table;
use crate::zones::cron;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// Whether elapsed time counts.
fn has_wildcard_hour(expression: &str) -> bool {
    let from_the_end = expression.split_whitespace().rev().nth(3);
    from_the_end.is_some_and(|hour| hour.contains('*'))
}

/// The matches of some days, found by looking at each minute of UTC and at what the clock shows.
fn by_minutes(expression: &str, tz: Tz, from: DateTime<Utc>, days: i64) -> Vec<i64> {
    let naive = Naive::new(expression);
    let minute = TimeDelta::minutes(1);
    let mut latest: NaiveDateTime = from.with_timezone(&tz).naive_local();
    let mut found = Vec::new();
    for minutes in 1..days * 24 * 60 {
        let time = from + minute * i32::try_from(minutes).unwrap();
        let wall = time.with_timezone(&tz).naive_local();
        let is_match = if has_wildcard_hour(expression) {
            naive.matches(wall)
        } else {
            // All that the clock passes, whether it shows it or not, unless it has before.
            let mut passed = latest + minute;
            let mut any = false;
            while passed <= wall {
                any |= naive.matches(passed);
                passed += minute;
            }
            any
        };
        latest = latest.max(wall);
        if is_match {
            found.push(time.timestamp());
        }
    }
    found
}

#[test]
fn every_minute_around_the_changes() {
    for line in table::lines().filter(|line| !line.is_utc()) {
        if line.expression.split_whitespace().count() != 5 {
            continue;
        }
        let (tz, start): (Tz, _) = (
            line.zone.parse().unwrap(),
            DateTime::from_timestamp(line.start, 0).unwrap(),
        );
        let expected = by_minutes(line.expression, tz, start, 4);
        let cron = cron(line.expression, line.zone);
        let ours = next(&cron, line.start, expected.len());
        assert_eq!(ours, expected, "{} in {}", line.expression, line.zone);
        // And from every quarter of an hour of that day, so also from within what is repeated.
        for quarter in 0..96 {
            let after = line.start + quarter * 900;
            if let Some(later) = expected.iter().find(|time| **time > after) {
                assert_eq!(
                    next(&cron, after, 1),
                    [*later],
                    "{} in {} after {after}",
                    line.expression,
                    line.zone
                );
            }
        }
    }
}

/// What cronsim gets wrong where a clock changes by half an hour: it jumps by hours and misses a match.
/// The naive search above doesn't.
const MISSED: [(&str, i64); 3] = [
    ("0 */2 * * *", 1_743_850_800),
    ("54 * * * sun", 1_759_577_400),
    ("35 * 8-22/25,21,3-8/3,24 * *", 1_743_850_800),
];

/// cronsim goes on minute by minute where the minute has a `*`, or where there are seconds, and gives
/// the end of a gap once for each time that lies in it.
#[test]
fn cronsim() {
    let mut asked = 0;
    for line in table::lines().filter(|line| !line.is_utc()) {
        let fields: Vec<&str> = line.expression.split_whitespace().collect();
        let follows_elapsed =
            fields.len() == 6 || fields[0].starts_with('*') || fields[1].starts_with('*');
        let wildcard_hour = has_wildcard_hour(line.expression);
        let Some(mut expected) = line.matches else {
            continue;
        };
        if follows_elapsed != wildcard_hour || has_day_step(line.expression) {
            continue;
        }
        asked += 1;
        expected.dedup();
        let ours = next(
            &cron(line.expression, line.zone),
            line.start,
            expected.len(),
        );
        let is_missed =
            line.zone == "Australia/Lord_Howe" && MISSED.contains(&(line.expression, line.start));
        assert_eq!(
            ours != expected,
            is_missed,
            "{} in {}",
            line.expression,
            line.zone
        );
    }
    assert_eq!(asked, ASKED_OF_CRONSIM);
}

/// How many lines cronsim was asked about.
const ASKED_OF_CRONSIM: usize = 292;

#[test]
fn cronsim_follows_elapsed_time_for_a_wildcard_minute() {
    let line = table::line("Europe/Berlin", "* 2 * * *");
    assert!(
        line.matches
            .is_some_and(|matches| matches[0] == line.start + 27 * 3_600)
    );
    assert_eq!(
        next(&cron("* 2 * * *", line.zone), line.start, 1),
        [line.start + 4 * 3_600]
    );
}
