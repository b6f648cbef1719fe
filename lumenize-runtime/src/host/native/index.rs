//! Which objects there are: the file `lumenize.sqlite` in the directory.
//!
//! An object is marked loaded, durably, before its first turn in a process. When the process ends
//! as it should, its wake time is written and the mark removed. So after an unclean stop only the
//! marked objects need to be opened to learn when they must wake.

use crate::host::SqlError;
use crate::host::sqlite::refused;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use uuid::Uuid;

pub(super) struct Index {
    connection: Connection,
}

/// An object that must be woken.
pub(super) struct Known {
    pub class: String,
    pub name: String,
    /// Unix milliseconds; `None` if only its own database knows.
    pub wake: Option<i64>,
}

impl Index {
    pub(super) fn open(directory: &Path) -> Result<Self, SqlError> {
        let open = || {
            let connection = Connection::open(directory.join("lumenize.sqlite"))?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 CREATE TABLE IF NOT EXISTS objects (
                    class TEXT NOT NULL,
                    name TEXT NOT NULL,
                    loaded INTEGER NOT NULL,
                    wake INTEGER,
                    PRIMARY KEY (class, name)
                 ) WITHOUT ROWID;",
            )?;
            Ok(Self { connection })
        };
        open().map_err(|error: rusqlite::Error| refused(&error))
    }

    /// The objects that have or may have something to do.
    pub(super) fn wakes(&self) -> Result<Vec<Known>, SqlError> {
        let read = || {
            self.connection
                .prepare(
                    "SELECT class, name, CASE loaded WHEN 0 THEN wake END FROM objects
                        WHERE loaded <> 0 OR wake IS NOT NULL",
                )?
                .query_map([], |row| {
                    Ok(Known {
                        class: row.get(0)?,
                        name: row.get(1)?,
                        wake: row.get(2)?,
                    })
                })?
                .collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|error: rusqlite::Error| refused(&error))
    }

    /// Marks an object, and says whether it was marked before: then the process that had it ended
    /// in the middle of something.
    pub(super) fn mark_loaded(&self, class: &str, name: &str) -> Result<bool, SqlError> {
        self.connection
            .execute(
                "INSERT INTO objects (class, name, loaded) VALUES (?1, ?2, 1)
                    ON CONFLICT DO UPDATE SET loaded = 1 WHERE loaded <> 1",
                params![class, name],
            )
            .map(|changed| changed == 0)
            .map_err(|error| refused(&error))
    }

    /// Removes the marks, all in one commit.
    pub(super) fn unload<'o>(
        &mut self,
        objects: impl Iterator<Item = (&'o str, &'o str, Option<i64>)>,
    ) -> Result<(), SqlError> {
        let write = || {
            let transaction = self.connection.transaction()?;
            for (class, name, wake) in objects {
                transaction.execute(
                    "UPDATE objects SET loaded = 0, wake = ?3 WHERE class = ?1 AND name = ?2",
                    params![class, name, wake],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|error| refused(&error))
    }
}

/// The file of an object: its class, a readable part of its name, and a UUID version 5 (RFC 9562)
/// of both in full, so that names differ in case and length as they like on any file system.
pub(super) fn file(directory: &Path, class: &str, name: &str) -> PathBuf {
    let readable: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => '-',
        })
        .take(40)
        .collect();
    let id = Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("lumenize:{class}/{name}").as_bytes(),
    );
    directory
        .join(class)
        .join(format!("{readable}-{}.sqlite", id.simple()))
}
