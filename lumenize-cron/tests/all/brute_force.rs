//! To the end of 2099 without a repeat and without a skip, against the naive matcher.

use crate::naive::Naive;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use lumenize_cron::Cron;

/// The matches from one date to before another, minute by minute, are those of `next_after`: none is
/// left out, and there is none besides.
fn minute_by_minute(expression: &str, first: (i32, u32), end: (i32, u32)) {
    let naive = Naive::new(expression);
    let cron = Cron::new(expression).expect("an expression");
    let [first, end] =
        [first, end].map(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1).expect("a date"));
    let midnight = first.and_time(NaiveTime::MIN).and_utc();
    let mut next = cron.next_after(midnight - TimeDelta::milliseconds(1));
    let mut count = 0;
    let dates = first.iter_days().take_while(|date| *date < end);
    for date in dates.filter(|date| naive.matches_date(*date)) {
        for minute in 0..24 * 60 {
            if naive.matches_time(at_minute(minute)) {
                let time = date.and_time(at_minute(minute)).and_utc();
                assert_eq!(next, Some(time), "{expression}");
                next = cron.next_after(time);
                count += 1;
            }
        }
    }
    assert!(count > 0, "{expression}");
    assert!(
        next.is_none_or(|next| next.date_naive() >= end),
        "{expression}"
    );
}

fn at_minute(minute: u32) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).expect("a minute of a day")
}

#[test]
fn to_the_end_of_2099() {
    for expression in [
        "0 0 * * 0",
        "0 0 1 * *",
        "59 23 31 12 *",
        "0 0 31 * *",
        "0 0 29 2 *",
        "0 0 13 * fri",
        "0 12 * feb 7",
        "30 4 28-31/3 1-6/5 *",
        "0,30 12 */10 1-12/3 *",
    ] {
        minute_by_minute(expression, (2000, 1), (2100, 1));
    }
}

#[test]
fn some_months() {
    for expression in [
        "* * * * *",
        "*/7 * * * *",
        "3-59/13 */5 * * *",
        "0 9-17 * * mon-fri",
        "0 0 1,15 * 5",
        "30 4 */2 * */3",
        "1,2,3,57 23,0 31,1 * *",
    ] {
        minute_by_minute(expression, (2027, 12), (2028, 4));
        minute_by_minute(expression, (2099, 12), (2100, 1));
    }
}
