//! The shapes that the object's values refer to.

use super::{Row, Store};
use crate::codec::ShapeHash;
use crate::host::{Param, SqlError};

/// Whether a statement is about these: what is written there depends on what the process has seen of
/// a type, in other objects too.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn is_of_shapes(sql: &str) -> bool {
    sql.contains("lumenize_shapes")
}

impl Store {
    /// One row written, unless it is there.
    pub(crate) fn keep_shape(&self, hash: ShapeHash, shape: &[u8]) -> Result<(), SqlError> {
        self.query(
            "INSERT INTO lumenize_shapes (hash, shape) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            &[Param::Blob(&hash.to_bytes()), Param::Blob(shape)],
        )
        .map(drop)
    }

    pub(crate) fn shape(&self, hash: ShapeHash) -> Result<Option<Vec<u8>>, SqlError> {
        let rows = self.query(
            "SELECT shape FROM lumenize_shapes WHERE hash = ?1",
            &[Param::Blob(&hash.to_bytes())],
        )?;
        rows.into_iter()
            .next()
            .map(|row| Row(row.into_iter()).blob())
            .transpose()
    }
}
