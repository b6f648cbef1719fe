//! Which objects there are: the file `lumenize.sqlite` in the directory.
//!
//! An object is marked loaded, durably, before it is opened. When it is unloaded, its wake time is
//! written and the mark removed. So after an unclean stop only the marked objects need to be opened
//! to learn when they must wake, and those that sleep cost nothing but their rows.
//!
//! Its commits are synced whatever the [`Durability`](super::Durability) of the objects: a mark that
//! is lost while the object's commit is not would be an alarm that nobody rings.

use super::files::Claim;
use super::slots::Key;
use crate::host::SqlError;
use crate::host::sqlite::refused;
use rusqlite::{Connection, Row, params};
use std::path::Path;

pub(super) struct Index {
    connection: Connection,
    /// The directory belongs to this host for as long as its index is open; released last.
    _claim: Claim,
}

/// An object that the index knows.
pub(super) struct Known {
    pub class: String,
    pub name: String,
    /// Unix milliseconds; `None` if only its own database knows.
    pub wake: Option<i64>,
}

impl Index {
    pub(super) fn open(directory: &Path, claim: Claim) -> Result<Self, SqlError> {
        let open = || {
            let connection = Connection::open(directory.join("lumenize.sqlite"))?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA fullfsync = ON;
                 CREATE TABLE IF NOT EXISTS objects (
                    class TEXT NOT NULL,
                    name TEXT NOT NULL,
                    loaded INTEGER NOT NULL,
                    wake INTEGER,
                    PRIMARY KEY (class, name)
                 ) WITHOUT ROWID;
                 CREATE INDEX IF NOT EXISTS objects_loaded ON objects (class, name)
                    WHERE loaded = 1;
                 CREATE INDEX IF NOT EXISTS objects_wake ON objects (wake, loaded)
                    WHERE loaded = 0 AND wake IS NOT NULL;",
            )?;
            Ok(connection)
        };
        let connection = open().map_err(|error: rusqlite::Error| refused(&error))?;
        Ok(Self {
            connection,
            _claim: claim,
        })
    }

    /// The objects that are marked: at the start, those that were loaded when the process before
    /// ended.
    pub(super) fn marked(&self) -> Result<Vec<Known>, SqlError> {
        self.known(
            "SELECT class, name, NULL FROM objects WHERE loaded = 1",
            params![],
        )
    }

    /// The unloaded objects that must wake at one of these times.
    pub(super) fn wakes(&self, from: i64, to: i64) -> Result<Vec<Known>, SqlError> {
        self.known(
            "SELECT class, name, wake FROM objects
                WHERE loaded = 0 AND wake IS NOT NULL AND wake >= ?1 AND wake < ?2",
            params![from, to],
        )
    }

    /// How many unloaded objects must wake at this time or later.
    pub(super) fn count_wakes(&self, from: i64) -> Result<u64, SqlError> {
        self.connection
            .query_row(
                "SELECT count(*) FROM objects
                    WHERE loaded = 0 AND wake IS NOT NULL AND wake >= ?1",
                [from],
                |row| row.get::<_, i64>(0),
            )
            .map(i64::unsigned_abs)
            .map_err(|error| refused(&error))
    }

    fn known(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Known>, SqlError> {
        let known = |row: &Row<'_>| {
            Ok(Known {
                class: row.get(0)?,
                name: row.get(1)?,
                wake: row.get(2)?,
            })
        };
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_map(params, known)?
                .collect::<Result<_, _>>()
        };
        read().map_err(|error: rusqlite::Error| refused(&error))
    }

    /// Forgets an object that is not any more.
    pub(super) fn forget(&mut self, (class, name): &Key) -> Result<(), SqlError> {
        let forget = || {
            self.connection
                .prepare_cached("DELETE FROM objects WHERE class = ?1 AND name = ?2")?
                .execute(params![class, name])
        };
        forget()
            .map(drop)
            .map_err(|error: rusqlite::Error| refused(&error))
    }

    /// Marks an object that is to be loaded and removes the marks of those that are to be unloaded,
    /// in one commit. Says whether the former was marked before: then the process that had it ended
    /// in the middle of something.
    pub(super) fn exchange<'k>(
        &mut self,
        load: Option<&Key>,
        unload: impl Iterator<Item = (&'k Key, Option<i64>)>,
    ) -> Result<bool, SqlError> {
        let write = || {
            let transaction = self.connection.transaction()?;
            for ((class, name), wake) in unload {
                transaction
                    .prepare_cached(
                        "UPDATE objects SET loaded = 0, wake = ?3 WHERE class = ?1 AND name = ?2",
                    )?
                    .execute(params![class, name, wake])?;
            }
            let mut was_marked = false;
            if let Some((class, name)) = load {
                let changed = transaction
                    .prepare_cached(
                        "INSERT INTO objects (class, name, loaded) VALUES (?1, ?2, 1)
                            ON CONFLICT DO UPDATE SET loaded = 1 WHERE loaded <> 1",
                    )?
                    .execute(params![class, name])?;
                was_marked = changed == 0;
            }
            transaction.commit()?;
            Ok(was_marked)
        };
        write().map_err(|error: rusqlite::Error| refused(&error))
    }
}
