//! The user's SQL, before any database sees it: one lexer and one set of rules, the same on every
//! host, pure. It is the only lock on workerd and the first of two elsewhere.
//!
//! - `tokens`: SQLite's tokens;
//! - `rules`: what a statement may be;
//! - `parameters`: which it has, and the text that goes to the database;
//! - `recent`: those that were read a moment ago, which need not be read again;
//! - here: a statement that has passed.

mod error;
mod parameters;
#[cfg(test)]
mod properties;
mod recent;
mod rules;
#[cfg(test)]
mod tests;
mod tokens;

pub use error::StatementError;
pub(crate) use recent::parsed;

#[cfg(not(target_family = "wasm"))]
pub(crate) use rules::{MODULES, is_reserved};

use parameters::Parameters;
use tokens::tokens;

/// The most bytes of a statement ([Cloudflare's "Durable Objects
/// limits"](https://developers.cloudflare.com/durable-objects/platform/limits/)); the same on every
/// host, so that an object can move.
pub const MAX_BYTES: usize = 100_000;

/// The most parameters of a statement, from the same page.
pub const MAX_PARAMETERS: usize = 100;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads: `SELECT`, `VALUES`, `WITH … SELECT`.
    Reads,
    /// It says how another would run: `EXPLAIN`.
    Explains,
    /// It changes rows: `INSERT`, `REPLACE`, `UPDATE`, `DELETE`.
    ChangesRows,
    /// It changes tables: `CREATE`, `DROP`, `ALTER`.
    ChangesTables,
}

impl Effect {
    /// Whether the database is the same afterwards.
    pub fn is_none(self) -> bool {
        matches!(self, Effect::Reads | Effect::Explains)
    }
}

/// One statement that has passed the rules.
#[derive(Debug)]
pub struct Statement {
    /// Without what stands before and after it.
    text: Box<str>,
    effect: Effect,
    inserts_one: bool,
    parameters: Parameters,
}

impl Statement {
    /// Reads a statement and holds it against the rules.
    ///
    /// # Errors
    /// [`StatementError`], which says what to do.
    pub fn parse(sql: &str) -> Result<Self, StatementError> {
        if sql.len() > MAX_BYTES {
            return Err(StatementError::TooLong { bytes: sql.len() });
        }
        if let Some(at) = sql.find('\0') {
            return Err(StatementError::Malformed {
                at,
                reason: "SQLite reads a statement only up to a NUL",
            });
        }
        let tokens = tokens(sql)?;
        let (statement, effect) = rules::apply(&tokens)?;
        let range = match statement {
            [first, .., last] => first.start..last.end,
            [only] => only.start..only.end,
            [] => return Err(StatementError::Empty),
        };
        let start = range.start;
        Ok(Self {
            text: sql.get(range).unwrap_or_default().into(),
            effect,
            inserts_one: rules::inserts_one(statement),
            parameters: Parameters::of(statement, start)?,
        })
    }

    /// What it does.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether it inserts one row that stands in it, or none if there is a conflict.
    pub fn inserts_one(&self) -> bool {
        self.inserts_one
    }

    /// How many values it takes by their position; `None` if it takes them by name.
    pub fn positions(&self) -> Option<usize> {
        self.parameters.positions()
    }

    /// The names of its parameters, in the order of their numbers.
    pub fn names(&self) -> &[Box<str>] {
        self.parameters.names()
    }

    /// The text that goes to the database. Each parameter is `?1` and so on there; `is_integer` says
    /// of a number, from 0, whether an integer is bound to it.
    ///
    /// # Errors
    /// [`StatementError::TooLong`] if it has become so.
    pub fn text(&self, is_integer: impl Fn(usize) -> bool) -> Result<String, StatementError> {
        let text = self.parameters.number(&self.text, is_integer);
        match text.len() {
            0..=MAX_BYTES => Ok(text),
            bytes => Err(StatementError::TooLong { bytes }),
        }
    }
}

/// Holds a statement against the rules: the whole of the first lock, for tests and fuzzing.
///
/// # Errors
/// [`StatementError`].
pub fn check(sql: &str, read_only: bool) -> Result<Effect, StatementError> {
    let statement = Statement::parse(sql)?;
    match read_only && !statement.effect.is_none() {
        true => Err(StatementError::Writes),
        false => Ok(statement.effect),
    }
}
