//! A matcher that is too slow and too simple to be wrong: it knows only which times match, and looks
//! at one after the other. It takes for granted that the expression is in the dialect.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

const FIELDS: [(u32, u32, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (
        1,
        12,
        &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    ),
    (0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// The values of a field, a bit for each.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values(u64);

impl Values {
    pub(crate) fn iter(self) -> impl Iterator<Item = u32> {
        (0..60).filter(move |value| self.contains(*value))
    }

    fn contains(self, value: u32) -> bool {
        self.0 >> value & 1 == 1
    }
}

/// Which times an expression names.
pub(crate) struct Naive {
    pub(crate) values: [Values; 6],
    pub(crate) any_day: bool,
    pub(crate) any_weekday: bool,
}

impl Naive {
    pub(crate) fn new(expression: &str) -> Self {
        let mut fields: Vec<&str> = expression.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        let mut values = [Values::default(); 6];
        for (at, field) in fields.iter().enumerate() {
            for value in field.split(',').flat_map(|item| item_values(item, at)) {
                // Sunday is 0 and 7.
                let value = if at == 5 { value % 7 } else { value };
                values[at].0 |= 1 << value;
            }
        }
        Self {
            values,
            any_day: fields[3] == "*",
            any_weekday: fields[5] == "*",
        }
    }

    pub(crate) fn matches(&self, time: NaiveDateTime) -> bool {
        self.matches_time(time.time()) && self.matches_date(time.date())
    }

    /// The first match later than `after`, if there is one within 50 years.
    pub(crate) fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        (0..366 * 50)
            .map(|days| after.date() + Days::new(days))
            .filter(|date| self.matches_date(*date))
            .flat_map(|date| self.times().map(move |time| date.and_time(time)))
            .find(|time| *time > after)
    }

    pub(crate) fn matches_date(&self, date: NaiveDate) -> bool {
        let day = self.values[3].contains(date.day());
        let weekday = self.values[5].contains(date.weekday().num_days_from_sunday());
        let fits = match (self.any_day, self.any_weekday) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        fits && self.values[4].contains(date.month())
    }

    pub(crate) fn matches_time(&self, time: NaiveTime) -> bool {
        self.values[0].contains(time.second())
            && self.values[1].contains(time.minute())
            && self.values[2].contains(time.hour())
    }

    /// The times of a day that match.
    fn times(&self) -> impl Iterator<Item = NaiveTime> {
        let [seconds, minutes, hours, ..] = self.values;
        let of_hour = move |hour| minutes.iter().map(move |minute| (hour, minute));
        hours
            .iter()
            .flat_map(of_hour)
            .flat_map(move |(hour, minute)| {
                seconds.iter().map(move |second| (hour, minute, second))
            })
            .filter_map(|(hour, minute, second)| NaiveTime::from_hms_opt(hour, minute, second))
    }
}

fn item_values(item: &str, at: usize) -> Vec<u32> {
    let (low, high, names) = FIELDS[at];
    let value = |text: &str| match names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text))
    {
        Some(place) => low + place as u32,
        None => text.parse().expect("a number"),
    };
    let (range, step) = item.split_once('/').unwrap_or((item, "1"));
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (value(first), value(last)),
        None if range == "*" => (low, high),
        None => (value(range), value(range)),
    };
    (first..=last)
        .step_by(step.parse().expect("a step"))
        .collect()
}
