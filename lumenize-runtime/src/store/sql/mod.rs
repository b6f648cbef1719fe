//! The user's SQL: a statement that has passed the rules (`statement`), its values (`bind`), and
//! what comes back (`row`, `value`).

mod bind;
mod row;
#[cfg(test)]
mod tests;
mod value;

pub use bind::BindError;
pub use row::RowError;

use super::Store;
use super::statement::{Effect, StatementError, parsed};
use crate::host::{Answer, Param, Rights, SqlError, SqlValue};
use crate::sync::lock;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A statement with its values.
pub(crate) struct Bound {
    text: String,
    values: Vec<SqlValue>,
    pub(crate) effect: Effect,
    inserts_one: bool,
}

/// Why a statement can't be run with these values.
#[derive(Debug)]
pub(crate) enum Unbound {
    Statement(StatementError),
    Values(BindError),
}

impl Bound {
    pub(crate) fn new(sql: &str, values: &impl Serialize) -> Result<Self, Unbound> {
        let statement = parsed(sql).map_err(Unbound::Statement)?;
        let values = bind::values(values, &statement).map_err(Unbound::Values)?;
        let is_integer = |number| matches!(values.get(number), Some(SqlValue::Integer(_)));
        Ok(Self {
            text: statement.text(is_integer).map_err(Unbound::Statement)?,
            effect: statement.effect(),
            inserts_one: statement.inserts_one(),
            values,
        })
    }
}

impl Store {
    /// Runs a statement of the user's. After an error the caller must ask whether the transaction
    /// stands; if it doesn't, the storage refuses everything else by itself.
    pub(crate) fn run(&self, bound: &Bound) -> Result<Answer, SqlError> {
        let params: Vec<_> = bound.values.iter().map(param).collect();
        let rights = match bound.effect {
            Effect::Reads => Rights::Read,
            Effect::Explains => Rights::Explain,
            Effect::ChangesRows | Effect::ChangesTables => Rights::Write,
        };
        if bound.effect == Effect::ChangesTables {
            // The tables may be others than before.
            lock(&self.known).side_effects = None;
        }
        self.storage.run(&bound.text, &params, rights)
    }

    /// How many rows a statement that was the last to change rows has changed, as SQLite counts them:
    /// without those that triggers and foreign keys changed.
    pub(crate) fn changes(&self, bound: &Bound, answer: &Answer) -> Result<u64, SqlError> {
        // One row, if any was written: it need not be asked, which takes as long as the statement itself.
        let wrote = answer.written.is_some_and(|rows| rows > 0);
        if bound.inserts_one && wrote && !self.has_side_effects()? {
            return Ok(1);
        }
        match self
            .query("SELECT changes()", &[])?
            .first()
            .map(Vec::as_slice)
        {
            Some([SqlValue::Integer(changes)]) => Ok((*changes).try_into().unwrap_or(0)),
            other => Err(SqlError::statement(format!("changes() is {other:?}"))),
        }
    }

    /// Whether a statement may write other rows than its own: there are triggers or virtual tables.
    fn has_side_effects(&self) -> Result<bool, SqlError> {
        if let Some(known) = lock(&self.known).side_effects {
            return Ok(known);
        }
        let rows = self.query(
            "SELECT 1 FROM sqlite_master WHERE type = 'trigger' OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1",
            &[],
        )?;
        lock(&self.known).side_effects = Some(!rows.is_empty());
        Ok(!rows.is_empty())
    }
}

fn param(value: &SqlValue) -> Param<'_> {
    match value {
        SqlValue::Null => Param::Null,
        SqlValue::Integer(number) => Param::Integer(*number),
        SqlValue::Real(number) => Param::Real(*number),
        SqlValue::Text(text) => Param::Text(text),
        SqlValue::Blob(bytes) => Param::Blob(bytes),
    }
}

/// Reads each row.
pub(crate) fn rows<R: DeserializeOwned>(answer: &Answer) -> Result<Vec<R>, RowError> {
    let mut read = Vec::with_capacity(answer.rows.len());
    for (number, values) in answer.rows.iter().enumerate() {
        read.push(row::read(&answer.columns, values).map_err(|error| error.in_row(number))?);
    }
    Ok(read)
}
