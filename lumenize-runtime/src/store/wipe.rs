//! The end of an object.

use super::{Row, Store};
use crate::host::SqlError;

impl Store {
    /// Drops every table, index, view and trigger of the object's database, the user's and the engine's.
    pub(crate) fn wipe(&self) -> Result<(), SqlError> {
        // Tables may refer to each other in any order. Until the transaction ends.
        self.query("PRAGMA defer_foreign_keys = ON", &[])?;
        for kind in ["trigger", "view", "virtual", "table"] {
            for name in self.names_of(kind)? {
                let kind = kind.replace("virtual", "table");
                let quoted = name.replace('"', "\"\"");
                self.query(&format!("DROP {kind} IF EXISTS \"{quoted}\""), &[])?;
            }
        }
        Ok(())
    }

    /// Virtual tables take the tables with them that they are kept in.
    fn names_of(&self, kind: &str) -> Result<Vec<String>, SqlError> {
        let which = match kind {
            "virtual" => "type = 'table' AND sql LIKE 'CREATE VIRTUAL%'".to_owned(),
            kind => format!("type = '{kind}'"),
        };
        // Some names are SQLite's own, others workerd's.
        let rows = self.query(
            &format!(
                "SELECT name FROM sqlite_master WHERE {which}
                    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'"
            ),
            &[],
        )?;
        rows.into_iter()
            .map(|row| Row(row.into_iter()).text())
            .collect()
    }
}
