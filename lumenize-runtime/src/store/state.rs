//! The user's key-value state.

use super::{Row, Store};
use crate::host::{Param, SqlError};

/// The most bytes of a key and its value together: a row of Cloudflare's SQLite storage holds 2 MB
/// (Cloudflare's "Durable Objects limits"), and some of them are SQLite's own.
pub(crate) const MAX_ENTRY_BYTES: usize = 2_000_000 - 1_000;

impl Store {
    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SqlError> {
        let rows = self.query(
            "SELECT value FROM lumenize_state WHERE key = ?1",
            &[Param::Text(key)],
        )?;
        rows.into_iter()
            .next()
            .map(|row| Row(row.into_iter()).blob())
            .transpose()
    }

    pub(crate) fn put(&self, key: &str, value: &[u8]) -> Result<(), SqlError> {
        self.query(
            "INSERT INTO lumenize_state (key, value) VALUES (?1, ?2)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[Param::Text(key), Param::Blob(value)],
        )
        .map(drop)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<bool, SqlError> {
        self.changed(
            "DELETE FROM lumenize_state WHERE key = ?1 RETURNING 1",
            &[Param::Text(key)],
        )
    }
}
