//! The type itself: equality, texts, literals, and the edges of time.

use chrono::{DateTime, TimeDelta, Utc};
use lumenize_cron::{Cron, CronError};

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn the_text_is_kept_as_given() {
    let cron: Cron = " 0 9  * * MON".parse().unwrap();
    assert_eq!(cron.as_str(), " 0 9  * * MON");
    assert_eq!(cron.to_string(), cron.as_str());
    assert_eq!(cron.zone(), None);
    assert_eq!(
        format!("{cron:?}"),
        r#"Cron { expression: " 0 9  * * MON", zone: None }"#
    );
    assert_eq!(
        Cron::with_zone_name(cron.as_str(), cron.zone()),
        Ok(cron.clone())
    );
    assert_ne!(Cron::new("0 9 * * MON"), Ok(cron));
}

#[test]
fn matches_are_strictly_later() {
    let cron = Cron::new("0 9 * * *").unwrap();
    let nine = time("2024-05-05T09:00:00Z");
    let day = TimeDelta::days(1);
    let little = TimeDelta::nanoseconds(1);
    assert_eq!(cron.next_after(nine - little), Some(nine));
    assert_eq!(cron.next_after(nine), Some(nine + day));
    assert_eq!(cron.next_after(nine + little), Some(nine + day));
    let millis = nine.timestamp_millis();
    assert_eq!(cron.next_after_millis(millis - 1), Some(millis));
    assert_eq!(cron.next_after_millis(millis), Some(millis + 86_400_000));
}

#[test]
fn the_edges_of_time() {
    let cron = Cron::new("@yearly").unwrap();
    let first = DateTime::UNIX_EPOCH;
    assert_eq!(cron.next_after(DateTime::<Utc>::MIN_UTC), Some(first));
    assert_eq!(cron.next_after_millis(i64::MIN), Some(0));
    assert_eq!(cron.next_after_millis(-1), Some(0));
    assert_eq!(cron.next_after(first), Some(time("1971-01-01T00:00:00Z")));

    let every_second = Cron::new("* * * * * *").unwrap();
    let last = time("2099-12-31T23:59:59Z");
    assert_eq!(
        every_second.next_after(last - TimeDelta::milliseconds(1)),
        Some(last)
    );
    assert_eq!(every_second.next_after(last), None);
    assert_eq!(cron.next_after(time("2099-01-01T00:00:00Z")), None);
    assert_eq!(
        Cron::new("0 0 29 2 *")
            .unwrap()
            .next_after(time("2096-02-29T00:00:00Z")),
        None
    );
    assert_eq!(cron.next_after(DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(cron.next_after_millis(i64::MAX), None);
}

/// A leap second counts as the second before it.
#[test]
fn leap_seconds() {
    let every_second = Cron::new("* * * * * *").unwrap();
    let leap = time("2016-12-31T23:59:60.5Z");
    assert_eq!(
        every_second.next_after(leap),
        Some(time("2017-01-01T00:00:00Z"))
    );
}

#[test]
fn literals() {
    let literal = Cron::literal("0 9 * * *");
    assert_eq!(literal.check(), Ok(()));
    assert_eq!(Ok(literal), Cron::new("0 9 * * *"));
}

#[test]
fn a_literal_that_slipped_through_never_matches() {
    let literal = Cron::literal("0 9 L * *");
    assert!(matches!(literal.check(), Err(CronError::Extension { .. })));
    assert_eq!(literal.as_str(), "0 9 L * *");
    assert_eq!(literal.next_after(DateTime::UNIX_EPOCH), None);
    assert_eq!(literal.next_after_millis(0), None);

    let literal = Cron::literal_in_zone("0 9 * * *", "Europe/Berlim");
    assert!(literal.check().is_err());
    assert_eq!(literal.next_after_millis(0), None);
    assert_ne!(Ok(literal), Cron::new("0 9 * * *"));
}

#[cfg(not(feature = "timezone"))]
#[test]
fn a_stored_zone_needs_the_feature() {
    let error = Cron::with_zone_name("0 9 * * *", Some("Europe/Berlin")).unwrap_err();
    assert!(matches!(&error, CronError::NoZones { name } if name == "Europe/Berlin"));
    assert!(error.to_string().contains("enable the feature `timezone`"));
    assert_eq!(error.span(), None);
}

fn is_shared<T: Send + Sync + Unpin + 'static>() {}

#[test]
fn threads_can_share_it() {
    is_shared::<Cron>();
    is_shared::<CronError>();
}
