//! All SQL of the engine, over any [`Storage`]. Every table begins with `lumenize_`. And the user's:
//! `statement` has what it may be, `sql` its values and its rows.

mod detail;
mod due;
mod failed;
mod fetches;
mod format;
mod inbox;
mod known;
mod outbox;
mod queue;
mod shapes;
pub mod sql;
mod state;
pub mod statement;
mod wipe;

pub(crate) use detail::{Detail, Timing};
pub(crate) use failed::{SetAside, Status};
pub(crate) use fetches::Fetching;
pub(crate) use inbox::Inbound;
pub(crate) use outbox::{Arrived, Blob, Outgoing};
pub(crate) use queue::{Item, Kind, Name, OwnName};
#[cfg(not(target_family = "wasm"))]
pub(crate) use shapes::is_of_shapes;
pub(crate) use state::{Entry, MAX_ENTRY_BYTES};

use crate::host::{Param, SqlError, SqlValue, Storage};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The migrations, in order; the number of those applied is kept in the object. They are only ever
/// added to.
const MIGRATIONS: &[&[&str]] = &[
    &[
        // Ordered by (due, id); two rows written to add an item (the row and its index entry), one to
        // remove it. No CHECK on kinds: older code must be able to keep what newer code wrote.
        "CREATE TABLE lumenize_queue (
        id BLOB NOT NULL PRIMARY KEY,
        due INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        scheduled INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        program BLOB NOT NULL,
        detail BLOB NOT NULL,
        error BLOB
    ) WITHOUT ROWID",
        "CREATE INDEX lumenize_queue_due ON lumenize_queue (due, id)",
        "CREATE TABLE lumenize_failed (
        id BLOB NOT NULL PRIMARY KEY,
        status INTEGER NOT NULL,
        set_aside INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        scheduled INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        program BLOB NOT NULL,
        detail BLOB NOT NULL,
        error BLOB
    ) WITHOUT ROWID",
        "CREATE TABLE lumenize_state (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    ],
    &[
        // Shapes that stored values refer to by their hash. They are only ever added to.
        "CREATE TABLE lumenize_shapes (hash BLOB NOT NULL PRIMARY KEY, shape BLOB NOT NULL) WITHOUT ROWID",
        // What refers to the value's shape; NULL for a value from before, which is read by position.
        "ALTER TABLE lumenize_state ADD COLUMN shape BLOB",
    ],
    &[
        // What a schedule is called; without a name it has no entry in the index.
        "ALTER TABLE lumenize_queue ADD COLUMN name TEXT",
        "CREATE UNIQUE INDEX lumenize_queue_name ON lumenize_queue (name) WHERE name IS NOT NULL",
    ],
    &[
        // The calls that the object has executed. It outlives the object's end: see `wipe`.
        "CREATE TABLE IF NOT EXISTS lumenize_inbox (
        id BLOB NOT NULL PRIMARY KEY,
        deadline INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        answer BLOB
    ) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS lumenize_inbox_deadline ON lumenize_inbox (deadline)",
    ],
];

const DESTROYED: &str = "destroyed";

/// The engine's tables in one object's database.
pub(crate) struct Store {
    storage: Arc<dyn Storage>,
    due: Mutex<due::Due>,
    known: Mutex<known::Known>,
}

impl Store {
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        Self {
            storage,
            due: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The transaction was lost, or the tables may have been written by others.
    pub(crate) fn forget_known(&self) {
        *lock(&self.known) = known::Known::default();
    }

    /// Brings the tables up to date. Costs no write if they are.
    pub(crate) fn migrate(&self) -> Result<(), SqlError> {
        self.query(
            "CREATE TABLE IF NOT EXISTS lumenize_meta
                (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
            &[],
        )?;
        let applied = self.meta("schema")?.unwrap_or(0);
        let known = MIGRATIONS.len() as i64;
        if applied > known {
            return Err(SqlError::statement(format!(
                "the object was written by a newer release (schema {applied}, this one knows \
                     {known}); deploy that release again"
            )));
        }
        for statement in MIGRATIONS.iter().skip(applied as usize).copied().flatten() {
            self.query(statement, &[])?;
        }
        if applied < known {
            self.set_meta("schema", known)?;
        }
        Ok(())
    }

    /// The greatest id of all work that is pending or set aside.
    pub(crate) fn newest_id(&self) -> Result<Option<Uuid>, SqlError> {
        let rows = self.queue(
            "SELECT id FROM (SELECT max(id) AS id FROM lumenize_queue
                UNION ALL SELECT max(id) FROM lumenize_failed)
                WHERE id IS NOT NULL ORDER BY id DESC LIMIT 1",
            &[],
        )?;
        // What is damaged there is told when its turn comes.
        let newest = rows.into_iter().next().map(|row| Row(row.into_iter()));
        let newest = newest.and_then(|mut row| row.id().ok());
        Ok(newest.filter(|id| id.get_version_num() == 7))
    }

    /// Whether the object was destroyed, and nothing of its own was written since.
    pub(crate) fn is_destroyed(&self) -> Result<bool, SqlError> {
        Ok(self.meta(DESTROYED)?.is_some())
    }

    /// Takes note that the object was destroyed.
    pub(crate) fn set_destroyed(&self) -> Result<(), SqlError> {
        self.set_meta(DESTROYED, 1)
    }

    /// Takes note that something was written since.
    pub(crate) fn clear_destroyed(&self) -> Result<(), SqlError> {
        self.query(
            "DELETE FROM lumenize_meta WHERE key = ?1",
            &[Param::Text(DESTROYED)],
        )
        .map(drop)
    }

    fn meta(&self, key: &str) -> Result<Option<i64>, SqlError> {
        let rows = self.query(
            "SELECT value FROM lumenize_meta WHERE key = ?1",
            &[Param::Text(key)],
        )?;
        rows.into_iter()
            .next()
            .map(|row| Row(row.into_iter()).integer())
            .transpose()
    }

    fn set_meta(&self, key: &str, value: i64) -> Result<(), SqlError> {
        self.query(
            "INSERT INTO lumenize_meta (key, value) VALUES (?1, ?2)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[Param::Text(key), Param::Integer(value)],
        )
        .map(drop)
    }

    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.storage.query(sql, params)
    }

    /// Whether a statement with `RETURNING` changed anything.
    fn changed(&self, sql: &str, params: &[Param<'_>]) -> Result<bool, SqlError> {
        self.query(sql, params).map(|rows| !rows.is_empty())
    }
}

/// The columns of a row, taken from left to right. A column of another type than the table says is
/// an error: somebody else wrote it.
struct Row(std::vec::IntoIter<SqlValue>);

impl Row {
    fn integer(&mut self) -> Result<i64, SqlError> {
        match self.0.next() {
            Some(SqlValue::Integer(number)) => Ok(number),
            other => Err(unexpected("an integer", other.as_ref())),
        }
    }

    fn text(&mut self) -> Result<String, SqlError> {
        match self.0.next() {
            Some(SqlValue::Text(text)) => Ok(text),
            other => Err(unexpected("a text", other.as_ref())),
        }
    }

    fn blob(&mut self) -> Result<Vec<u8>, SqlError> {
        match self.0.next() {
            Some(SqlValue::Blob(bytes)) => Ok(bytes),
            other => Err(unexpected("a blob", other.as_ref())),
        }
    }

    fn blob_or_null(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        match self.0.next() {
            Some(SqlValue::Null) => Ok(None),
            Some(SqlValue::Blob(bytes)) => Ok(Some(bytes)),
            other => Err(unexpected("a blob or NULL", other.as_ref())),
        }
    }

    fn id(&mut self) -> Result<Uuid, SqlError> {
        Uuid::from_slice(&self.blob()?).map_err(|error| {
            SqlError::statement(format!("an id in the engine's tables is damaged: {error}"))
        })
    }

    fn count(&mut self) -> Result<u32, SqlError> {
        Ok(self.integer()?.clamp(0, i64::from(u32::MAX)) as u32)
    }
}

fn unexpected(expected: &str, found: Option<&SqlValue>) -> SqlError {
    SqlError::statement(format!(
        "the engine's tables are damaged: expected {expected}, found {found:?}"
    ))
}

fn optional_blob(bytes: Option<&[u8]>) -> Param<'_> {
    bytes.map_or(Param::Null, Param::Blob)
}
