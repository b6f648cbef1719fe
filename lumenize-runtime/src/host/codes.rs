//! What workerd says of an error of SQLite: a text whose end names SQLite's result code.

use super::SqlErrorKind;

/// The codes that say that the machine is at fault.
const DISK: [&str; 8] = [
    "FULL", "IOERR", "NOMEM", "CANTOPEN", "READONLY", "BUSY", "CORRUPT", "NOTADB",
];

/// The codes of mistakes, after which SQLite undoes the statement and no more (`sqlite3VdbeHalt` has
/// the list of those after which it may undo the transaction). A refusal of workerd's authorizer,
/// AUTH, comes before anything runs.
const MISTAKES: [&str; 6] = ["ERROR", "CONSTRAINT", "MISMATCH", "TOOBIG", "RANGE", "AUTH"];

/// Whose fault an error is, and whether the transaction may have ended by it: whatever is not known to
/// be a mistake may have ended it.
pub(super) fn classify(message: &str) -> (SqlErrorKind, bool) {
    let code = code(message);
    let is = |known: &&str| code == Some(*known);
    let kind = match code {
        _ if DISK.iter().any(is) => SqlErrorKind::Disk,
        Some("CONSTRAINT") => SqlErrorKind::Constraint,
        _ => SqlErrorKind::Statement,
    };
    (kind, !MISTAKES.iter().any(is))
}

/// SQLite's primary result code, without `SQLITE_`. It is the last one in the text: what stands before
/// it may be the user's own. An extended code begins with its primary one.
fn code(message: &str) -> Option<&str> {
    let (_, code) = message.rsplit_once(": SQLITE_")?;
    code.split(|c: char| !c.is_ascii_uppercase()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_the_transaction_is_told_from_mistakes() {
        use SqlErrorKind::{Constraint, Disk, Statement};
        for (message, kind, ends) in [
            (
                "Error: near \"SELEC\": syntax error at offset 0: SQLITE_ERROR",
                Statement,
                false,
            ),
            (
                "Error: UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT",
                Constraint,
                false,
            ),
            (
                "Error: UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
                Constraint,
                false,
            ),
            // What RAISE says is the user's.
            (
                "Error: a: SQLITE_FULL: SQLITE_CONSTRAINT",
                Constraint,
                false,
            ),
            (
                "Error: datatype mismatch: SQLITE_MISMATCH",
                Statement,
                false,
            ),
            ("Error: not authorized: SQLITE_AUTH", Statement, false),
            ("Error: database or disk is full: SQLITE_FULL", Disk, true),
            ("Error: a: SQLITE_ERROR: SQLITE_FULL", Disk, true),
            (
                "Error: disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_WRITE)",
                Disk,
                true,
            ),
            ("Error: interrupted: SQLITE_INTERRUPT", Statement, true),
            ("Error: internal error", Statement, true),
        ] {
            assert_eq!(classify(message), (kind, ends), "{message}");
        }
    }
}
