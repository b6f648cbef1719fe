//! The dialect: what may be written, where it is wrong, and which values each field matches.

use crate::error::{CronError, printable};
use crate::field::Field;
use std::ops::Range;

/// An expression that is in the dialect.
pub(crate) struct Checked {
    /// The values that each of [`Field::ALL`] matches: bit 5 for a 5. Sunday is 0.
    pub(crate) values: [u64; 6],
    /// Whether the hour has a `*`.
    pub(crate) wildcard_hour: bool,
    /// Whether the day of the month is `*` and nothing else.
    pub(crate) any_day: bool,
    /// Whether the day of the week is.
    pub(crate) any_weekday: bool,
    /// Where the day of the month and the month are written.
    pub(crate) days: Range<usize>,
}

/// A part of the expression and where it begins in it.
#[derive(Clone, Copy)]
struct Part<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Part<'t> {
    fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The parts between separators. No separators in a row are joined.
    fn split(self, separator: fn(char) -> bool) -> impl Iterator<Item = Part<'t>> {
        let mut start = self.start;
        self.text.split(separator).map(move |text| {
            let part = Part { text, start };
            // Separators are ASCII: `,`, `/`, `-` and blanks.
            start += text.len() + 1;
            part
        })
    }

    /// What stands before and after the first separator.
    fn split_once(self, separator: char) -> Option<(Part<'t>, Part<'t>)> {
        let (text, rest) = self.text.split_once(separator)?;
        let rest = Part {
            text: rest,
            start: self.start + text.len() + 1,
        };
        Some((Part { text, ..self }, rest))
    }

    /// Printable even if the part is not.
    fn quoted(self) -> String {
        printable(self.text)
    }
}

/// Checks an expression.
pub(crate) fn check(text: &str) -> Result<Checked, CronError> {
    if text.len() > crate::Cron::MAX_LEN {
        return Err(CronError::TooLong { length: text.len() });
    }
    let parts: Vec<Part<'_>> = Part { text, start: 0 }
        .split(|c| c == ' ' || c == '\t')
        .filter(|part| !part.text.is_empty())
        .collect();
    match parts.as_slice() {
        [] => Err(CronError::Empty),
        [name, ..] if name.text.starts_with('@') => nickname(*name, &parts),
        [minute, hour, day, month, weekday] => {
            fields(None, [*minute, *hour, *day, *month, *weekday])
        }
        [second, minute, hour, day, month, weekday] => {
            fields(Some(*second), [*minute, *hour, *day, *month, *weekday])
        }
        [.., last] => {
            let wrong = if parts.len() > 6 {
                parts.get(6)
            } else {
                parts.first()
            };
            Err(CronError::FieldCount {
                found: parts.len(),
                span: wrong.map_or(last.start, |part| part.start)..last.span().end,
            })
        }
    }
}

fn nickname(name: Part<'_>, parts: &[Part<'_>]) -> Result<Checked, CronError> {
    let end = parts.last().map_or(name.span().end, |last| last.span().end);
    let span = name.start..end;
    let refused = || CronError::Nickname {
        name: name.quoted(),
        span: span.clone(),
    };
    let stands_for = match name.text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        "@reboot" => return Err(CronError::Reboot { span }),
        _ => return Err(refused()),
    };
    if parts.len() > 1 {
        return Err(refused());
    }
    Ok(Checked {
        days: span,
        ..check(stands_for)?
    })
}

/// Checks the fields. Without seconds, the expression matches at second 0.
fn fields(second: Option<Part<'_>>, others: [Part<'_>; 5]) -> Result<Checked, CronError> {
    let [_, hour, day, month, weekday] = others;
    let second = second.unwrap_or(Part {
        text: "0",
        start: 0,
    });
    let mut values = [0; 6];
    let parts = [second].into_iter().chain(others);
    for ((field, part), values) in Field::ALL.into_iter().zip(parts).zip(&mut values) {
        *values = matched(field, part)?;
    }
    Ok(Checked {
        values,
        wildcard_hour: hour.text.contains('*'),
        any_day: day.text == "*",
        any_weekday: weekday.text == "*",
        days: day.start..month.span().end,
    })
}

/// Checks a field, and says which values it matches.
fn matched(field: Field, part: Part<'_>) -> Result<u64, CronError> {
    let mut matched = 0;
    if part.text == "*" {
        matched = every(field.min(), field.max(), 1);
    } else {
        for item in part.split(|c| c == ',') {
            matched |= match item.text {
                "" => return Err(CronError::EmptyPlace { span: part.span() }),
                "*" => return Err(CronError::StarInList { span: item.span() }),
                _ => list_item(field, item)?,
            };
        }
    }
    Ok(match field {
        Field::DayOfWeek if matched & SUNDAY_AT_THE_END != 0 => matched ^ SUNDAY_AT_THE_END | 1,
        _ => matched,
    })
}

/// 7, which is Sunday as 0 is.
const SUNDAY_AT_THE_END: u64 = 1 << 7;

/// Each `step`th value of a range.
fn every(first: u32, last: u32, step: u32) -> u64 {
    (first..=last)
        .step_by(step as usize)
        .fold(0, |values, value| values | 1 << value)
}

/// `a`, `a-b`, `a-b/n` or `*/n`.
fn list_item(field: Field, item: Part<'_>) -> Result<u64, CronError> {
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    let (first, last) = if range.text == "*" {
        (field.min(), field.max())
    } else if let Some((from, to)) = range.split_once('-') {
        let first = value(field, from)?;
        let last = match value(field, to)? {
            // A week may end on `sun`, as it may on 7. `sun-sun` is a Sunday.
            0 if first > 0 && to.text.eq_ignore_ascii_case("sun") => 7,
            last => last,
        };
        if first > last {
            return Err(CronError::Backwards {
                text: range.quoted(),
                span: range.span(),
            });
        }
        (first, last)
    } else {
        let value = value(field, range)?;
        if step.is_some() {
            return Err(CronError::StepOfValue {
                text: item.quoted(),
                span: item.span(),
            });
        }
        (value, value)
    };
    let step = match step {
        Some(step) => step_width(field, step)?,
        None => 1,
    };
    Ok(every(first, last, step))
}

fn value(field: Field, part: Part<'_>) -> Result<u32, CronError> {
    let named = |name: &&str| name.eq_ignore_ascii_case(part.text);
    if let Some(at) = field.names().iter().position(named) {
        return Ok(field.min() + u32::try_from(at).unwrap_or_default());
    }
    if !is_number(part.text) {
        return Err(unreadable(field, part));
    }
    // What doesn't fit into the integer doesn't fit into the field either.
    match part.text.parse() {
        Ok(value) if (field.min()..=field.max()).contains(&value) => Ok(value),
        _ => Err(CronError::OutOfRange {
            field,
            text: part.quoted(),
            span: part.span(),
        }),
    }
}

fn step_width(field: Field, part: Part<'_>) -> Result<u32, CronError> {
    match part.text.parse() {
        Ok(step) if is_number(part.text) && (1..=field.max()).contains(&step) => Ok(step),
        _ => Err(CronError::Step {
            field,
            text: part.quoted(),
            span: part.span(),
        }),
    }
}

/// Rust's own parser would also take a `+` in front.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Other schedulers' signs are told apart from mistakes: whoever writes one means something.
fn unreadable(field: Field, part: Part<'_>) -> CronError {
    let (text, span) = (part.quoted(), part.span());
    let is_sign = |c: char| matches!(c, '?' | '#' | '+' | '~');
    let letters = part
        .text
        .trim_matches(|c: char| c.is_ascii_digit())
        .to_ascii_uppercase();
    if part.text.contains(is_sign) || matches!(letters.as_str(), "L" | "W" | "LW" | "WL" | "H") {
        CronError::Extension { text, span }
    } else {
        CronError::Value { field, text, span }
    }
}
