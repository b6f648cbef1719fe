//! Time zones: the rules for clock changes, by hand.

use crate::second_opinions::next;
use chrono::DateTime;
use chrono_tz::Tz;
use lumenize_cron::{Cron, CronError};

pub(crate) fn cron(expression: &str, zone: &str) -> Cron {
    Cron::new(expression).unwrap().in_zone(zone).unwrap()
}

/// The next matches after a time on the clock of the zone, as that clock shows them.
fn shown(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let tz: Tz = zone.parse().unwrap();
    let after = DateTime::parse_from_rfc3339(after).unwrap().timestamp();
    next(&cron(expression, zone), after, count)
        .into_iter()
        .map(|second| {
            DateTime::from_timestamp(second, 0)
                .unwrap()
                .with_timezone(&tz)
        })
        .map(|time| time.format("%d %H:%M%:z").to_string())
        .collect()
}

#[test]
fn a_named_time_in_a_gap_matches_at_its_end() {
    let berlin = |expression, count| {
        shown(
            expression,
            "Europe/Berlin",
            "2025-03-29T12:00:00+01:00",
            count,
        )
    };
    assert_eq!(
        berlin("30 2 * * *", 2),
        ["30 03:00+02:00", "31 02:30+02:00"]
    );
    // Together with others, and with what is there anyway.
    assert_eq!(
        berlin("0,15,30 2 * * *", 2),
        ["30 03:00+02:00", "31 02:00+02:00"]
    );
    assert_eq!(
        berlin("0 1-3 * * *", 3),
        ["30 01:00+01:00", "30 03:00+02:00", "31 01:00+02:00"]
    );
    assert_eq!(berlin("* 2 * * *", 2), ["30 03:00+02:00", "31 02:00+02:00"]);
    // The hours before and after are left alone.
    assert_eq!(
        berlin("30 1 * * *", 2),
        ["30 01:30+01:00", "31 01:30+02:00"]
    );
    assert_eq!(
        berlin("30 3 * * *", 2),
        ["30 03:30+02:00", "31 03:30+02:00"]
    );
    // Half an hour is skipped here, and midnight there.
    assert_eq!(
        shown(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2025-10-04T12:00:00+10:30",
            2
        ),
        ["05 02:30+11:00", "06 02:15+11:00"]
    );
    assert_eq!(
        shown(
            "30 0 * * *",
            "America/Santiago",
            "2025-09-06T12:00:00-04:00",
            2
        ),
        ["07 01:00-03:00", "08 00:30-03:00"]
    );
}

#[test]
fn a_named_time_in_an_overlap_matches_once() {
    let berlin = |expression, count| {
        shown(
            expression,
            "Europe/Berlin",
            "2025-10-25T12:00:00+02:00",
            count,
        )
    };
    assert_eq!(
        berlin("30 2 * * *", 2),
        ["26 02:30+02:00", "27 02:30+01:00"]
    );
    assert_eq!(
        berlin("0,30 2 * * *", 3),
        ["26 02:00+02:00", "26 02:30+02:00", "27 02:00+01:00"]
    );
    assert_eq!(
        berlin("0 1-3 * * *", 3),
        ["26 01:00+02:00", "26 02:00+02:00", "26 03:00+01:00"]
    );
    assert_eq!(
        shown(
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2025-04-05T12:00:00+11:00",
            2
        ),
        ["06 01:45+11:00", "07 01:45+10:30"]
    );
    // From within the second time, the first is over.
    assert_eq!(
        shown(
            "40 2 * * *",
            "Europe/Berlin",
            "2025-10-26T02:20:00+01:00",
            1
        ),
        ["27 02:40+01:00"]
    );
    // Every second of that hour is.
    assert_eq!(
        shown(
            "* * 2 * * *",
            "Europe/Berlin",
            "2025-10-26T02:00:00+01:00",
            1
        ),
        ["27 02:00+01:00"]
    );
}

#[test]
fn a_wildcard_hour_follows_elapsed_time() {
    let spring = "2025-03-30T01:15:00+01:00";
    assert_eq!(
        shown("*/30 * * * *", "Europe/Berlin", spring, 3),
        ["30 01:30+01:00", "30 03:00+02:00", "30 03:30+02:00"]
    );
    let autumn = "2025-10-26T02:15:00+02:00";
    assert_eq!(
        shown("*/30 * * * *", "Europe/Berlin", autumn, 4),
        [
            "26 02:30+02:00",
            "26 02:00+01:00",
            "26 02:30+01:00",
            "26 03:00+01:00"
        ]
    );
    // What the clock skips, it never shows; what it shows twice counts twice.
    assert_eq!(
        shown("0 */2 * * *", "Europe/Berlin", spring, 1),
        ["30 04:00+02:00"]
    );
    assert_eq!(
        shown("10 */2 * * *", "Europe/Berlin", autumn, 2),
        ["26 02:10+01:00", "26 04:10+01:00"]
    );
    assert_eq!(
        shown(
            "*/20 * * * *",
            "Australia/Lord_Howe",
            "2025-04-06T01:30:00+11:00",
            3
        ),
        ["06 01:40+11:00", "06 01:40+10:30", "06 02:00+10:30"]
    );
}

#[test]
fn cron_matches_an_overlap_twice() {
    let theirs: cron::Schedule = "0 30 2 * * *".parse().unwrap();
    let start = DateTime::parse_from_rfc3339("2025-10-25T12:00:00+02:00").unwrap();
    let berlin: Tz = "Europe/Berlin".parse().unwrap();
    let days: Vec<String> = theirs
        .after(&start.with_timezone(&berlin))
        .take(2)
        .map(|time| time.format("%d %H:%M").to_string())
        .collect();
    assert_eq!(days, ["26 02:30", "26 02:30"]);
}

/// A day that a zone left out: the gap is longer than any hour.
#[test]
fn a_gap_of_a_day() {
    assert_eq!(
        shown(
            "0 9 30 12 *",
            "Pacific/Apia",
            "2011-12-29T12:00:00-10:00",
            1
        ),
        ["31 00:00+14:00"]
    );
    assert_eq!(
        shown(
            "0 * 30 12 *",
            "Pacific/Apia",
            "2011-12-29T12:00:00-10:00",
            1
        ),
        ["30 00:00+14:00"]
    );
}

#[test]
fn names() {
    let cron = cron("0 9 * * *", "Europe/Berlin");
    assert_eq!(cron.zone(), Some("Europe/Berlin"));
    assert_eq!(
        Cron::with_zone_name(cron.as_str(), cron.zone()),
        Ok(cron.clone())
    );
    assert_eq!(Cron::literal_in_zone("0 9 * * *", "Europe/Berlin"), cron);
    assert_ne!(Cron::new("0 9 * * *"), Ok(cron.clone()));
    for name in ["Europe/Berlim", "europe/berlin", "", "CET+1", "\0"] {
        let error = cron.clone().in_zone(name).unwrap_err();
        assert!(matches!(error, CronError::UnknownZone { .. }), "{name}");
        assert_eq!(error.span(), None);
    }
}

/// The database has summer time to the end.
#[test]
fn the_last_years() {
    assert_eq!(
        shown("0 12 1 1,7 *", "Europe/Berlin", "2099-01-01T00:00:00Z", 3),
        ["01 12:00+01:00", "01 12:00+02:00"]
    );
}
