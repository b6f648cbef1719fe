//! The user's key-value state.

use super::{Row, Store};
use crate::host::{Param, SqlError};

/// The most bytes of a key and its value together: a row of Cloudflare's SQLite storage holds 2 MB
/// (Cloudflare's "Durable Objects limits"), and some of them are SQLite's own.
pub(crate) const MAX_ENTRY_BYTES: usize = 2_000_000 - 1_000;

/// A value of the state.
pub(crate) struct Entry {
    pub value: Vec<u8>,
    /// What refers to its shape; nothing if it was stored before there were shapes.
    pub shape: Option<Vec<u8>>,
}

impl Store {
    pub(crate) fn get(&self, key: &str) -> Result<Option<Entry>, SqlError> {
        let rows = self.query(
            "SELECT value, shape FROM lumenize_state WHERE key = ?1",
            &[Param::Text(key)],
        )?;
        rows.into_iter()
            .next()
            .map(|row| {
                let mut row = Row(row.into_iter());
                Ok(Entry {
                    value: row.blob()?,
                    shape: row.blob_or_null()?,
                })
            })
            .transpose()
    }

    pub(crate) fn put(&self, key: &str, value: &[u8], shape: &[u8]) -> Result<(), SqlError> {
        self.query(
            "INSERT INTO lumenize_state (key, value, shape) VALUES (?1, ?2, ?3)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, shape = excluded.shape",
            &[Param::Text(key), Param::Blob(value), Param::Blob(shape)],
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
