//! Any text as the user's SQL: whatever passes the lexer leaves the transaction open and the engine's
//! table as it is, on SQLite without any other lock.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lumenize_fuzz::{within, write_seeds};
use lumenize_runtime::store::statement::{Statement, check};
use rusqlite::Connection;

fuzz_target!(
    init: write_seeds(&book()),
    |sql: &str| {
        let checked = within(sql.len(), || check(sql, false));
        let reads = check(sql, true);
        assert!(reads.is_err() || reads == checked);
        let Ok(statement) = Statement::parse(sql) else {
            return;
        };
        if let Ok(text) = statement.text(|_| true) {
            let connection = database();
            let before = engine_table(&connection);
            let written = connection.total_changes();
            run(&connection, &text);
            assert!(!connection.is_autocommit(), "it ended the transaction");
            assert!(connection.execute_batch("RELEASE lumenize_1").is_ok(), "it ended the savepoint");
            assert_eq!(engine_table(&connection), before);
            if reads.is_ok() {
                assert_eq!(connection.total_changes(), written, "it wrote");
            }
        }
    }
);

/// The statements that the tests run on every host.
fn book() -> Vec<Vec<u8>> {
    let book = include_str!("../../tests/sql/book.sql");
    let lines = book.lines().filter(|line| !line.starts_with("--"));
    lines.map(|line| line.as_bytes().to_vec()).collect()
}

/// A database as the engine has it: in a transaction, within a savepoint, with a table of its own.
fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    // Neither a recursion without end nor a large result matters here.
    connection.progress_handler(10_000, Some(|| true)).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (a UNIQUE, b); INSERT INTO t VALUES (1, 1);
             CREATE TABLE lumenize_t (a); INSERT INTO lumenize_t VALUES (1);
             BEGIN; SAVEPOINT lumenize_1",
        )
        .unwrap();
    connection
}

fn engine_table(connection: &Connection) -> String {
    let sql = "SELECT (SELECT group_concat(name || sql) FROM sqlite_schema
        WHERE name LIKE 'lumenize%' OR tbl_name LIKE 'lumenize%') || (SELECT sum(a) FROM lumenize_t)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// To its end, whatever it says.
fn run(connection: &Connection, text: &str) {
    let Ok(mut statement) = connection.prepare(text) else {
        return;
    };
    let mut rows = statement.raw_query();
    while let Ok(Some(_)) = rows.next() {}
}
