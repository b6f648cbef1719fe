//! What may be written, and what it means, by hand.

use crate::naive::Naive;
use crate::second_opinions::next;
use lumenize_cron::Cron;

/// 2024-01-01, a Monday.
const MONDAY: i64 = 1_704_067_200;
const DAY: i64 = 86_400;

fn cron(expression: &str) -> Cron {
    match Cron::new(expression) {
        Ok(cron) => cron,
        Err(error) => panic!("{expression}: {error}"),
    }
}

/// Two expressions that mean the same.
#[track_caller]
fn same(one: &str, other: &str) {
    assert_eq!(
        next(&cron(one), MONDAY, 50),
        next(&cron(other), MONDAY, 50),
        "{one} is {other}"
    );
}

#[test]
fn weekdays_go_from_0_to_7() {
    for (weekday, day) in [
        (1, 7),
        (2, 1),
        (3, 2),
        (4, 3),
        (5, 4),
        (6, 5),
        (0, 6),
        (7, 6),
    ] {
        let cron = cron(&format!("0 0 * * {weekday}"));
        assert_eq!(next(&cron, MONDAY, 1), [MONDAY + day * DAY], "{weekday}");
    }
    same("0 0 * * 5-7", "0 0 * * 0,5,6");
    same("0 0 * * 0-7", "0 0 * * *");
    same("0 0 * * */7", "0 0 * * 0");
}

#[test]
fn names_are_numbers() {
    same("0 0 * jan,Feb,MAR *", "0 0 * 1,2,3 *");
    same("0 0 * apr-dec/2 *", "0 0 * 4-12/2 *");
    same("0 0 * 9-nov *", "0 0 * 9-11 *");
    same("0 0 * * Sun,tue", "0 0 * * 0,2");
    same("0 0 * * mon-fri", "0 0 * * 1-5");
    same("0 0 * * fri-sun", "0 0 * * 5-7");
    same("0 0 * * sun-tue", "0 0 * * 0-2");
    same("0 0 * * sun-sun", "0 0 * * 0");
}

#[test]
fn steps_count_from_the_lowest_value() {
    same("*/25 * * * *", "0,25,50 * * * *");
    same("7-30/10 * * * *", "7,17,27 * * * *");
    same("0 */9 * * *", "0 0,9,18 * * *");
    same("0 0 */10 * *", "0 0 1,11,21,31 * *");
    same("0 0 1 */5 *", "0 0 1 1,6,11 *");
    same("0 0 * * */3", "0 0 * * 0,3,6");
    same("*/59 * * * *", "0,59 * * * *");
    same("*/1 */1 * * *", "* * * * *");
}

#[test]
fn lists_are_unions() {
    same("5,5,1-3,2-4,*/30 * * * *", "0,1,2,3,4,5,30 * * * *");
    same("05,007 0 * * *", "5,7 0 * * *");
}

#[test]
fn seconds_stand_in_front() {
    let cron = cron("*/20 30 9 * * *");
    let half_past_nine = MONDAY + 9 * 3_600 + 1_800;
    let seconds = [0, 20, 40, DAY].map(|second| half_past_nine + second);
    assert_eq!(next(&cron, MONDAY, 4), seconds);
    same("0 30 9 * * *", "30 9 * * *");
}

#[test]
fn a_day_is_either_of_the_two() {
    // Friday the 5th, Friday the 12th, Saturday the 13th, Friday the 19th.
    let days = [4, 11, 12, 18].map(|day| MONDAY + day * DAY);
    assert_eq!(next(&cron("0 0 13 * 5"), MONDAY, 4), days);
    // Only `*` leaves the choice to the other field.
    same("0 0 1-31 * 5", "0 0 * * *");
    same("0 0 */1 * 5", "0 0 * * *");
    same("0 0 13 * 0-7", "0 0 * * *");
    same("0 0 */2 * mon", "0 0 1-31/2 * 1");
}

#[test]
fn nicknames() {
    same("@yearly", "0 0 1 1 *");
    same("@annually", "0 0 1 1 *");
    same("@monthly", "0 0 1 * *");
    same("@weekly", "0 0 * * 0");
    same("@daily", "0 0 * * *");
    same("@midnight", "0 0 * * *");
    same("@hourly", "0 * * * *");
    same(" @Daily\t", "@daily");
}

#[test]
fn blanks_and_tabs_part_fields() {
    same("\t 30  9\t*   * 1 ", "30 9 * * 1");
}

#[test]
fn leap_days() {
    let years = [2024, 2028, 2032].map(|year| format!("{year}-02-29T00:00:00Z"));
    let expected = years.map(|time| {
        time.parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
            .timestamp()
    });
    assert_eq!(next(&cron("0 0 29 feb *"), MONDAY, 3), expected);
    // 2000 had one, though 1900 had none.
    let before: chrono::DateTime<chrono::Utc> = "1996-02-29T00:00:00Z".parse().unwrap();
    let next = cron("0 0 29 2 *").next_after(before).unwrap();
    assert_eq!(next.to_rfc3339(), "2000-02-29T00:00:00+00:00");
}

#[test]
fn month_ends() {
    let naive = Naive::new("0 0 31 * *");
    let months: Vec<i64> = (0..366)
        .map(|day| MONDAY + day * DAY)
        .filter(|second| {
            let time = chrono::DateTime::from_timestamp(*second, 0).unwrap();
            naive.matches(time.naive_utc())
        })
        .collect();
    assert_eq!(months.len(), 7);
    assert_eq!(next(&cron("0 0 31 * *"), MONDAY, 7), months);
    // April has no 31st, March has.
    same("0 0 31 3,4 *", "0 0 31 3 *");
}
