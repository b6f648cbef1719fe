//! The parameters of a statement. They are numbered here, by SQLite's own rules, so that every host
//! is given the same text and binds by position: workerd binds in no other way.

use super::tokens::{Kind, Token};
use super::{MAX_PARAMETERS, StatementError};
use std::ops::Range;

/// Which parameters a statement has, and where.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// Where each stands in the statement, and its number, from 0.
    places: Vec<(Range<usize>, usize)>,
    /// How many there are.
    count: usize,
    /// Their names, if they have any: then all of them do.
    names: Vec<Box<str>>,
}

impl Parameters {
    /// Those of a statement that begins at `start` of the text.
    pub(super) fn of(tokens: &[Token<'_>], start: usize) -> Result<Self, StatementError> {
        let mut found = Self::default();
        let mut numbers = false;
        for token in tokens {
            let Kind::Parameter(text) = token.kind else {
                continue;
            };
            let number = match text.strip_prefix('?') {
                Some(digits) => {
                    numbers = true;
                    match digits {
                        "" => found.count,
                        _ => numbered(text, digits)?,
                    }
                }
                None => found.named(text.get(1..).unwrap_or_default()),
            };
            found.count = found.count.max(number + 1);
            if found.count > MAX_PARAMETERS {
                return Err(StatementError::TooManyParameters);
            }
            if numbers && !found.names.is_empty() {
                return Err(refused(
                    text,
                    "a statement's parameters are numbered or named, not both",
                ));
            }
            found
                .places
                .push((token.start - start..token.end - start, number));
        }
        Ok(found)
    }

    /// The number of a name. `:a`, `@a` and `$a` are one parameter.
    fn named(&mut self, name: &str) -> usize {
        if let Some(number) = self.names.iter().position(|known| **known == *name) {
            return number;
        }
        self.names.push(name.into());
        self.names.len() - 1
    }

    pub(super) fn positions(&self) -> Option<usize> {
        self.names.is_empty().then_some(self.count)
    }

    pub(super) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The statement with its parameters as numbers.
    ///
    /// workerd binds every number as REAL, so an integer is made one again by CAST (exactly: what is
    /// beyond 2^53 is bound as text). `+` takes the affinity from the expression that CAST would give
    /// it, and a parameter has none: in a comparison, a column of text would become a number by it.
    pub(super) fn number(&self, statement: &str, is_integer: impl Fn(usize) -> bool) -> String {
        let mut text = String::with_capacity(statement.len() + 24 * self.places.len());
        let mut rest = 0;
        for (place, number) in &self.places {
            text.push_str(statement.get(rest..place.start).unwrap_or_default());
            text.push_str(&match is_integer(*number) {
                true => format!("(+CAST(?{} AS INTEGER))", number + 1),
                false => format!("?{}", number + 1),
            });
            rest = place.end;
        }
        text.push_str(statement.get(rest..).unwrap_or_default());
        text
    }
}

fn numbered(text: &str, digits: &str) -> Result<usize, StatementError> {
    match digits.parse::<usize>() {
        Ok(0) => Err(refused(text, "numbers begin with ?1")),
        Ok(number) if number <= MAX_PARAMETERS => Ok(number - 1),
        _ => Err(StatementError::TooManyParameters),
    }
}

fn refused(parameter: &str, reason: &'static str) -> StatementError {
    StatementError::Parameter {
        parameter: parameter.chars().take(40).collect(),
        reason,
    }
}
