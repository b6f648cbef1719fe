//! Where the second opinions differ, and why: each difference is a case here. Those about clock
//! changes are in `zones.rs` and `zones_checked.rs`.

use crate::naive::Naive;
use crate::second_opinions::{has_day_step, next, translated};
use crate::table;
use lumenize_cron::Cron;

fn theirs(expression: &str) -> Result<cron::Schedule, cron::error::Error> {
    expression.parse()
}

/// cronsim: Debian joins the day fields by AND if one begins with `*`, even if that is a step. POSIX
/// knows no steps; a step restricts a field, and restricted fields are joined by OR.
#[test]
fn cronsim_joins_day_steps_by_and() {
    for expression in ["0 0 */2 * 1", "0 0 1 * */2", "0 0 */10 * */3"] {
        assert!(has_day_step(expression));
        let line = table::line("UTC", expression);
        let matches = line.matches.unwrap();
        let ours = next(&Cron::new(expression).unwrap(), line.start, matches.len());
        assert_ne!(ours, matches, "{expression}");
        // Theirs are too few, and none is wrong: AND is a part of OR.
        let all = next(&Cron::new(expression).unwrap(), line.start, 500);
        assert!(
            matches.iter().all(|time| all.contains(time)),
            "{expression}"
        );
    }
}

/// What cronsim takes and this crate refuses: steps of single values, steps beyond the field, `*` in
/// a list, `L`, `W` and `#`. And what it refuses: weeks that end on `sun`, and nicknames.
pub(crate) const DIALECT: [(&str, bool); 9] = [
    ("5/10 * * * *", false),
    ("*/60 * * * *", false),
    ("0 *,9 * * *", false),
    ("0 0 L * *", false),
    ("0 0 LW * *", false),
    ("0 0 * * 5L", false),
    ("0 0 * * 1#2", false),
    ("0 0 * * fri-sun", true),
    ("@daily", true),
];

#[test]
fn cronsim_has_another_dialect() {
    for (expression, is_accepted) in DIALECT {
        assert_eq!(Cron::new(expression).is_ok(), is_accepted, "{expression}");
        let theirs = table::line("UTC", expression).matches;
        assert_eq!(theirs.is_some(), !is_accepted, "{expression}");
    }
}

/// `cron`: the two day fields are joined by AND.
#[test]
fn cron_joins_days_by_and() {
    let expression = "0 0 13 * 5";
    let their = theirs(&translated(&Naive::new(expression))).unwrap();
    let friday_the_13th = their.after(&chrono::DateTime::UNIX_EPOCH).next().unwrap();
    assert_eq!(friday_the_13th.to_rfc3339(), "1970-02-13T00:00:00+00:00");
    let friday = Cron::new(expression)
        .unwrap()
        .next_after(chrono::DateTime::UNIX_EPOCH);
    assert_eq!(friday.unwrap().to_rfc3339(), "1970-01-02T00:00:00+00:00");
}

/// `cron`: weekdays go from 1 to 7, and 1 is Sunday.
#[test]
fn cron_begins_the_week_with_1() {
    assert!(theirs("0 0 0 * * 0").is_err());
    let their = theirs("0 0 0 * * 1")
        .unwrap()
        .after(&chrono::DateTime::UNIX_EPOCH)
        .next();
    let sunday = Cron::new("0 0 * * 0")
        .unwrap()
        .next_after(chrono::DateTime::UNIX_EPOCH);
    assert_eq!(their, sunday);
}

/// `cron`: seconds are required.
#[test]
fn cron_refuses_five_fields() {
    assert!(theirs("0 9 * * *").is_err());
    assert!(Cron::new("0 9 * * *").is_ok());
}

/// `cron`: what never matches is accepted.
#[test]
fn cron_accepts_what_never_matches() {
    let never = theirs("0 0 0 31 2 *").unwrap();
    assert_eq!(never.after(&chrono::DateTime::UNIX_EPOCH).next(), None);
    assert!(Cron::new("0 0 31 2 *").is_err());
}

/// `cron`: a step may follow a single value, which then is the first.
#[test]
fn cron_takes_steps_of_values() {
    assert!(theirs("0 5/10 * * * *").is_ok());
    assert!(Cron::new("5/10 * * * *").is_err());
}
