//! The calls that the object has executed: their ids, and their answers until those are acknowledged.

use super::{Row, Store, optional_blob};
use crate::host::{Param, SqlError};
use crate::sync::lock;
use uuid::Uuid;

/// What is known of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inbound {
    /// So many attempts at executing it have begun, and none has ended.
    Begun { attempts: u32 },
    /// It was executed, or refused for ever, with this answer.
    Answered(Vec<u8>),
    /// As answered; the caller has the answer.
    Acknowledged,
}

impl Store {
    pub(crate) fn inbound(&self, call: Uuid) -> Result<Option<Inbound>, SqlError> {
        let rows = self.query(
            "SELECT attempts, answer FROM lumenize_inbox WHERE id = ?1",
            &[Param::Blob(call.as_bytes())],
        )?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let mut row = Row(row.into_iter());
        let attempts = row.count()?;
        Ok(Some(match row.blob_or_null()? {
            None => Inbound::Begun { attempts },
            Some(answer) if answer.is_empty() => Inbound::Acknowledged,
            Some(answer) => Inbound::Answered(answer),
        }))
    }

    /// Two rows written: the call and its index entry; one if it is there already.
    pub(crate) fn keep_inbound(
        &self,
        call: Uuid,
        deadline: i64,
        inbound: &Inbound,
    ) -> Result<(), SqlError> {
        let (attempts, answer) = match inbound {
            Inbound::Begun { attempts } => (*attempts, None),
            Inbound::Answered(answer) => (0, Some(answer.as_slice())),
            Inbound::Acknowledged => (0, Some(&[][..])),
        };
        self.query(
            "INSERT INTO lumenize_inbox (id, deadline, attempts, answer) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (id) DO UPDATE SET
                    attempts = excluded.attempts, answer = excluded.answer",
            &[
                Param::Blob(call.as_bytes()),
                Param::Integer(deadline),
                Param::Integer(attempts.into()),
                optional_blob(answer),
            ],
        )
        .map(drop)
    }

    /// Forgets an answer. The id stays: an earlier attempt at the call may still be under way.
    pub(crate) fn acknowledge(&self, call: Uuid) -> Result<(), SqlError> {
        self.query(
            "UPDATE lumenize_inbox SET answer = x'' WHERE id = ?1 AND answer IS NOT NULL",
            &[Param::Blob(call.as_bytes())],
        )
        .map(drop)
    }

    /// Gives back an attempt that was noted and did not begin.
    pub(crate) fn unmark_inbound(&self, call: Uuid) -> Result<(), SqlError> {
        self.query(
            "UPDATE lumenize_inbox SET attempts = max(attempts - 1, 0) WHERE id = ?1",
            &[Param::Blob(call.as_bytes())],
        )
        .map(drop)
    }

    /// The first deadline of all calls that are known.
    pub(crate) fn first_deadline(&self) -> Result<Option<i64>, SqlError> {
        self.number(
            "SELECT deadline FROM lumenize_inbox ORDER BY deadline LIMIT 1",
            &[],
        )
    }

    /// Forgets calls whose deadline is before this time, and raises the floor to the last of their
    /// deadlines: whatever is not beyond it may have been executed.
    pub(crate) fn purge_inbox(&self, before: i64) -> Result<(), SqlError> {
        let last = self.number(
            "SELECT deadline FROM lumenize_inbox WHERE deadline < ?1 ORDER BY deadline DESC LIMIT 1",
            &[Param::Integer(before)],
        )?;
        let Some(last) = last else {
            return Ok(());
        };
        if self.floor()? < last {
            self.set_floor(last)?;
        }
        self.query(
            "DELETE FROM lumenize_inbox WHERE deadline < ?1",
            &[Param::Integer(before)],
        )
        .map(drop)
    }

    pub(crate) fn floor(&self) -> Result<i64, SqlError> {
        if let Some(floor) = lock(&self.known).floor {
            return Ok(floor);
        }
        let floor = self.meta(FLOOR)?.unwrap_or(i64::MIN);
        lock(&self.known).floor = Some(floor);
        Ok(floor)
    }

    pub(crate) fn set_floor(&self, floor: i64) -> Result<(), SqlError> {
        self.set_meta(FLOOR, floor)?;
        lock(&self.known).floor = Some(floor);
        Ok(())
    }

    fn number(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<i64>, SqlError> {
        let rows = self.query(sql, params)?;
        rows.into_iter()
            .next()
            .map(|row| Row(row.into_iter()).integer())
            .transpose()
    }
}

const FLOOR: &str = "floor";
