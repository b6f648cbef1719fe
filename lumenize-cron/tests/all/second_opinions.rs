//! cronsim, the crate `cron` and the naive matcher, on the chosen and the 1,000 random expressions
//! of the table. Where they differ for a reason that `differences.rs` lists, they are not asked.

use crate::differences::DIALECT;
use crate::naive::{Naive, Values};
use crate::table;
use chrono::{DateTime, Utc};
use lumenize_cron::{Cron, CronError};
use std::iter::successors;

/// The next `count` matches after `start`, in seconds.
pub(crate) fn next(cron: &Cron, start: i64, count: usize) -> Vec<i64> {
    successors(cron.next_after_millis(start * 1_000), |last| {
        cron.next_after_millis(*last)
    })
    .take(count)
    .map(|millis| millis / 1_000)
    .collect()
}

/// Debian joins the day fields by AND if one of them begins with `*`, here only if it is `*`.
pub(crate) fn has_day_step(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().rev().collect();
    let (weekday, day) = (fields[0], fields[2]);
    weekday != "*" && day != "*" && (weekday.starts_with('*') || day.starts_with('*'))
}

fn is_of_one_dialect(expression: &str) -> bool {
    DIALECT.iter().any(|(listed, _)| *listed == expression)
}

#[test]
fn cronsim() {
    let (mut same, mut other) = (0, 0);
    for line in table::lines().filter(table::Line::is_utc) {
        if is_of_one_dialect(line.expression) || has_day_step(line.expression) {
            other += 1;
            continue;
        }
        same += 1;
        match (Cron::new(line.expression), line.matches) {
            (Ok(cron), Some(matches)) => {
                let ours = next(&cron, line.start, matches.len());
                assert_eq!(ours, matches, "{}", line.expression);
            }
            (Err(CronError::NeverMatches { .. }), None) => {}
            (ours, theirs) => panic!("{}: {ours:?}, not {theirs:?}", line.expression),
        }
    }
    assert_eq!((same, other), (SAME_AS_CRONSIM, LISTED));
}

/// All expressions of the table that are in both dialects.
fn expressions() -> impl Iterator<Item = (table::Line, Cron)> {
    table::lines()
        .filter(|line| line.is_utc() && !is_of_one_dialect(line.expression))
        .filter_map(|line| Cron::new(line.expression).ok().map(|cron| (line, cron)))
}

#[test]
fn naive_matcher() {
    for (line, cron) in expressions() {
        let naive = Naive::new(line.expression);
        let start = DateTime::from_timestamp(line.start, 0).expect("a time");
        let expected = naive.next(start.naive_utc()).map(|next| next.and_utc());
        // Both would go on after 2099, but only one of them does.
        let expected = expected.filter(|next| next.timestamp() < 4_102_444_800);
        assert_eq!(cron.next_after(start), expected, "{}", line.expression);
    }
}

#[test]
fn cron_crate() {
    let mut asked = 0;
    for (line, cron) in expressions() {
        let naive = Naive::new(line.expression);
        if !naive.any_day && !naive.any_weekday {
            continue;
        }
        asked += 1;
        let theirs: cron::Schedule = translated(&naive).parse().expect("its dialect");
        let start: DateTime<Utc> = DateTime::from_timestamp(line.start, 0).expect("a time");
        let expected: Vec<i64> = theirs
            .after(&start)
            .take(6)
            .map(|next| next.timestamp())
            .filter(|next| *next < 4_102_444_800)
            .collect();
        assert_eq!(
            next(&cron, line.start, expected.len()),
            expected,
            "{}",
            line.expression
        );
    }
    assert_eq!(asked, ASKED_OF_CRON);
}

/// In the dialect of the crate `cron`: with seconds, and weekdays from Sunday, which is 1 there.
pub(crate) fn translated(naive: &Naive) -> String {
    let list = |values: Values, plus: u32| {
        let values: Vec<String> = values
            .iter()
            .map(|value| (value + plus).to_string())
            .collect();
        values.join(",")
    };
    let [second, minute, hour, day, month, weekday] = naive.values;
    let others = [second, minute, hour, day, month].map(|values| list(values, 0));
    format!("{} {}", others.join(" "), list(weekday, 1))
}

/// How many lines each was asked about, so that none is passed over by mistake.
const SAME_AS_CRONSIM: usize = 984;
const LISTED: usize = 59;
const ASKED_OF_CRON: usize = 785;
