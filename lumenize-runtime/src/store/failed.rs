//! Work that was set aside: failed after its attempts, or parked because this code doesn't
//! understand it.

use super::{Item, Row, Store, optional_blob};
use crate::host::{Param, SqlError, SqlValue};
use uuid::Uuid;

/// Why an item was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Status {
    Failed = 1,
    Parked = 2,
}

/// A row of set-aside work.
#[derive(Clone, Debug)]
pub(crate) struct SetAside {
    pub status: i64,
    /// When it was set aside, in Unix milliseconds.
    pub at: i64,
    /// The item as it was; its `due` is when it was scheduled.
    pub item: Item,
}

const COLUMNS: &str =
    "SELECT id, status, set_aside, kind, scheduled, attempts, program, detail, error
        FROM lumenize_failed";

impl Store {
    pub(crate) fn set_aside(&self, item: &Item, status: Status, now: i64) -> Result<(), SqlError> {
        self.query(
            "INSERT INTO lumenize_failed
                (id, status, set_aside, kind, scheduled, attempts, program, detail, error)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &[
                Param::Blob(item.id.as_bytes()),
                Param::Integer(status as i64),
                Param::Integer(now),
                Param::Integer(item.kind),
                Param::Integer(item.scheduled),
                Param::Integer(item.attempts.into()),
                Param::Blob(&item.program),
                Param::Blob(&item.detail),
                optional_blob(item.error.as_deref()),
            ],
        )
        .map(drop)
    }

    /// What comes behind an id, the oldest first, the first few of it: each may be large.
    pub(crate) fn set_aside_after(&self, after: Uuid) -> Result<Vec<SetAside>, SqlError> {
        let rows = self.query(
            &format!("{COLUMNS} WHERE id > ?1 ORDER BY id LIMIT 16"),
            &[Param::Blob(after.as_bytes())],
        )?;
        rows.into_iter().map(read).collect()
    }

    /// The ids of the first so many, the oldest first.
    pub(crate) fn set_aside_ids(&self, limit: usize) -> Result<Vec<Uuid>, SqlError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.query(
            "SELECT id FROM lumenize_failed ORDER BY id LIMIT ?1",
            &[Param::Integer(limit)],
        )?;
        rows.into_iter()
            .map(|row| Row(row.into_iter()).id())
            .collect()
    }

    /// The ids of what is parked behind an id, the oldest first, so many at most.
    pub(crate) fn parked_after(&self, after: Uuid, limit: usize) -> Result<Vec<Uuid>, SqlError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.query(
            "SELECT id FROM lumenize_failed WHERE id > ?1 AND status = ?2 ORDER BY id LIMIT ?3",
            &[
                Param::Blob(after.as_bytes()),
                Param::Integer(Status::Parked as i64),
                Param::Integer(limit),
            ],
        )?;
        rows.into_iter()
            .map(|row| Row(row.into_iter()).id())
            .collect()
    }

    /// One of them.
    pub(crate) fn set_aside_item(&self, id: Uuid) -> Result<Option<SetAside>, SqlError> {
        let rows = self.query(
            &format!("{COLUMNS} WHERE id = ?1"),
            &[Param::Blob(id.as_bytes())],
        )?;
        rows.into_iter().next().map(read).transpose()
    }

    /// Removes one and says whether there was one.
    pub(crate) fn forget_set_aside(&self, id: Uuid) -> Result<bool, SqlError> {
        self.changed(
            "DELETE FROM lumenize_failed WHERE id = ?1 RETURNING 1",
            &[Param::Blob(id.as_bytes())],
        )
    }

    /// Says of one why it is still set aside.
    pub(crate) fn explain_set_aside(&self, id: Uuid, error: &[u8]) -> Result<(), SqlError> {
        self.query(
            "UPDATE lumenize_failed SET error = ?2 WHERE id = ?1",
            &[Param::Blob(id.as_bytes()), Param::Blob(error)],
        )
        .map(drop)
    }
}

fn read(row: Vec<SqlValue>) -> Result<SetAside, SqlError> {
    let mut row = Row(row.into_iter());
    let id = row.id()?;
    let status = row.integer()?;
    let at = row.integer()?;
    let kind = row.integer()?;
    let scheduled = row.integer()?;
    Ok(SetAside {
        status,
        at,
        item: Item {
            id,
            due: scheduled,
            kind,
            scheduled,
            attempts: row.count()?,
            program: row.blob()?,
            detail: row.blob()?,
            error: row.blob_or_null()?,
        },
    })
}
