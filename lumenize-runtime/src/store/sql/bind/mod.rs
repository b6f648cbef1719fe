//! The values of a statement's parameters, from any type that serde can write: a tuple, a list or
//! `()` for numbers, a struct or a map for names.

mod byte;
mod one;
mod whole;

use super::super::statement::Statement;
use crate::host::SqlValue;
use serde::ser::{self, Serialize};
use whole::{Given, Values};

/// Why values can't be bound to a statement's parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// There are more or fewer than the statement takes.
    #[error("the statement takes {expected} values, {given} were given")]
    Count {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// The statement has a parameter of a name for which there is no value.
    #[error("there is no value for the parameter `:{name}`")]
    Missing {
        /// The name.
        name: String,
    },
    /// There is a value for whose name the statement has no parameter.
    #[error("the statement has no parameter `:{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The statement's parameters are names and the values are not, or the other way round.
    #[error("the statement takes its values by {takes}: give {give}")]
    Style {
        /// By what.
        takes: &'static str,
        /// What fits.
        give: &'static str,
    },
    /// SQL has no such value, or not exactly.
    #[error("a value can't be bound: {reason}")]
    Value {
        /// Which, and what to do.
        reason: String,
    },
}

impl ser::Error for BindError {
    fn custom<T: std::fmt::Display>(reason: T) -> Self {
        Self::Value {
            reason: reason.to_string(),
        }
    }
}

fn value_error(reason: impl Into<String>) -> BindError {
    BindError::Value {
        reason: reason.into(),
    }
}

const NUMBERS: BindError = BindError::Style {
    takes: "number",
    give: "a tuple, a slice or `()`, such as `(1, \"a\")` or `(1,)`",
};
const NAMES: BindError = BindError::Style {
    takes: "name",
    give: "a struct or a map",
};

/// The values for a statement, in the order of its parameters' numbers.
pub(super) fn values(
    from: &impl Serialize,
    statement: &Statement,
) -> Result<Vec<SqlValue>, BindError> {
    match (from.serialize(Values)?, statement.positions()) {
        (Given::ByPosition(values), Some(expected)) => match values.len() {
            given if given == expected => Ok(values),
            given => Err(BindError::Count { expected, given }),
        },
        (Given::ByName(values), None) => by_name(values, statement.names()),
        // No parameters, no values.
        (Given::ByName(values), Some(0)) => by_name(values, &[]),
        (Given::ByName(_), Some(_)) => Err(NUMBERS),
        (Given::ByPosition(_), None) => Err(NAMES),
    }
}

fn by_name(given: Vec<(String, SqlValue)>, names: &[Box<str>]) -> Result<Vec<SqlValue>, BindError> {
    let mut values = vec![None; names.len()];
    for (name, value) in given {
        let number = names.iter().position(|known| **known == *name);
        match number.and_then(|number| values.get_mut(number)) {
            Some(place) => *place = Some(value),
            None => return Err(BindError::Unknown { name }),
        }
    }
    let missing = |name: &str| BindError::Missing {
        name: name.to_owned(),
    };
    (values.into_iter().zip(names))
        .map(|(value, name)| value.ok_or_else(|| missing(name)))
        .collect()
}
