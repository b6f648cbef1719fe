//! The end of an object. What it knows of the calls that it has executed stays, with their floor: one of
//! them may still be under way, and must not be executed again.

use super::{Row, Store};
use crate::host::SqlError;

impl Store {
    /// Drops every table, index, view and trigger of the object's database, the user's and the engine's,
    /// and makes the engine's anew.
    pub(crate) fn wipe(&self) -> Result<(), SqlError> {
        self.forget_due();
        let floor = self.floor()?;
        self.forget_known();
        // Tables may refer to each other in any order. Until the transaction ends.
        self.query("PRAGMA defer_foreign_keys = ON", &[])?;
        for (kind, which) in [
            ("TRIGGER", "type = 'trigger'"),
            ("VIEW", "type = 'view'"),
            // These take the tables with them that they are kept in.
            ("TABLE", "type = 'table' AND sql LIKE 'CREATE VIRTUAL%'"),
            ("TABLE", "type = 'table'"),
        ] {
            for name in self.names(which)? {
                let quoted = name.replace('"', "\"\"");
                self.query(&format!("DROP {kind} IF EXISTS \"{quoted}\""), &[])?;
            }
        }
        // What runs after this in the transaction has its constraints when it breaks them.
        self.query("PRAGMA defer_foreign_keys = OFF", &[])?;
        self.migrate()?;
        match floor {
            i64::MIN => Ok(()),
            floor => self.set_floor(floor),
        }
    }

    fn names(&self, which: &str) -> Result<Vec<String>, SqlError> {
        // Some names are SQLite's own, others workerd's.
        let rows = self.query(
            &format!(
                "SELECT name FROM sqlite_master WHERE {which}
                    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
                    AND name <> 'lumenize_inbox'"
            ),
            &[],
        )?;
        rows.into_iter()
            .map(|row| Row(row.into_iter()).text())
            .collect()
    }
}
