//! What passes the rules is held against SQLite itself, without the second lock.

use super::Statement;
use proptest::prelude::*;
use rusqlite::Connection;

/// Pieces that statements are made of, and that change how the rest is read.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\t",
    "\u{b}",
    "\u{feff}",
    ";",
    ",",
    "(",
    ")",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "--",
    "/*",
    "*/",
    "/*/",
    "?",
    ":a",
    "$",
    "é",
    "1",
    "x''",
    "\\",
    "SELECT 1",
    "SELECT * FROM t",
    "VALUES (1)",
    "COMMIT",
    "END",
    "ROLLBACK",
    "BEGIN",
    "SAVEPOINT s",
    "RELEASE lumenize_1",
    "RELEASE",
    "lumenize_1",
    "lumenize_t",
    "main.",
    "PRAGMA user_version = 7",
    "ATTACH ':memory:' AS m",
    "VACUUM",
    "EXPLAIN ",
    "EXPLAIN QUERY PLAN ",
    "WITH a AS (SELECT 1) ",
    "WITH RECURSIVE ",
    "INSERT INTO t VALUES (1, 2)",
    "INSERT OR ",
    "REPLACE ",
    "INTO t VALUES (1, 1)",
    "UPDATE t SET a = 3",
    "DELETE FROM t",
    " RETURNING a",
    "DROP TABLE ",
    "CREATE TABLE u (a)",
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN ",
    "CREATE TRIGGER ",
    "SELECT RAISE(ROLLBACK, 'no')",
    "ALTER TABLE t RENAME TO ",
    " ON CONFLICT ",
    " AS ",
    "CASE WHEN 1 THEN 2 END",
];

/// A database as the engine has it: in a transaction, within a savepoint, with a table of its own.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let prepared = connection.execute_batch(
        "CREATE TABLE t (a UNIQUE, b); INSERT INTO t VALUES (1, 1);
         CREATE TABLE lumenize_t (a); INSERT INTO lumenize_t VALUES (1);
         BEGIN; SAVEPOINT lumenize_1",
    );
    prepared.unwrap();
    connection
}

fn engine_tables(connection: &Connection) -> String {
    let schema = "SELECT group_concat(name || sql) FROM sqlite_schema
        WHERE name LIKE 'lumenize%' OR tbl_name LIKE 'lumenize%'";
    let rows = "SELECT group_concat(a) FROM lumenize_t";
    let text = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    text(schema).unwrap() + &text(rows).unwrap()
}

/// What a database holds, apart from what the engine owns.
fn everything(connection: &Connection) -> i64 {
    let count = "SELECT total_changes() * 1000 + (SELECT count(*) FROM sqlite_schema)";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

fn run(connection: &Connection, sql: &str, values: usize) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare(sql)?;
    let harmless = statement.readonly() || statement.is_explain() != 0;
    let mut rows = statement.query(rusqlite::params_from_iter(vec![1; values]))?;
    while rows.next()?.is_some() {}
    Ok(harmless)
}

/// Runs those that pass, one after the other.
fn hold(statements: &[String]) -> Result<(), TestCaseError> {
    let connection = database();
    let engines = engine_tables(&connection);
    for sql in statements {
        let Ok(statement) = Statement::parse(sql) else {
            continue;
        };
        let values = statement.positions().unwrap_or(statement.names().len());
        let Ok(text) = statement.text(|_| true) else {
            continue;
        };
        let before = everything(&connection);
        let ran = run(&connection, &text, values);
        let several = matches!(ran, Err(rusqlite::Error::MultipleStatement));
        prop_assert!(!several, "{sql:?} is several statements");
        prop_assert!(!connection.is_autocommit(), "{sql:?} ended the transaction");
        if statement.effect().is_none() {
            prop_assert!(ran != Ok(false), "{sql:?} may write");
            prop_assert_eq!(everything(&connection), before, "{:?}", sql);
        }
    }
    prop_assert_eq!(engine_tables(&connection), engines, "{:?}", statements);
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    prop_assert_eq!(version, Ok(0));
    let released = connection.execute_batch("RELEASE lumenize_1");
    prop_assert!(released.is_ok(), "{statements:?}: {released:?}");
    Ok(())
}

fn holds(sql: &str) -> Result<(), TestCaseError> {
    hold(&[sql.to_owned()])
}

/// Whole statements, in tokens.
const STATEMENTS: &[&str] = &[
    "SELECT * FROM t",
    "VALUES ( 1 )",
    "INSERT INTO t VALUES ( 1 , 1 )",
    "INSERT INTO t VALUES ( 2 , 2 ) RETURNING a",
    "INSERT OR ROLLBACK INTO t VALUES ( 1 , 1 )",
    "UPDATE OR ROLLBACK t SET a = 1",
    "INSERT INTO u VALUES ( 1 ) , ( 1 )",
    "CREATE TABLE u ( a UNIQUE ON CONFLICT ROLLBACK )",
    "CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE ( ROLLBACK , 'no' ) ; END",
    "CREATE TRIGGER g BEFORE INSERT ON lumenize_t BEGIN SELECT 1 ; END",
    "CREATE TRIGGER h AFTER INSERT ON t BEGIN DELETE FROM lumenize_t ; END ; COMMIT",
    "WITH b AS ( SELECT 1 ) SELECT * FROM b",
    "WITH b AS ( SELECT 1 ) DELETE FROM t",
    "WITH b ( c ) AS MATERIALIZED ( SELECT 1 ) INSERT INTO t SELECT 7 , c FROM b",
    "EXPLAIN DELETE FROM t",
    "SELECT 1 ; COMMIT",
    "DELETE FROM 'lumenize_t'",
    "ALTER TABLE t RENAME TO v",
    "ALTER TABLE \"lumenize_t\" RENAME TO v",
    "DROP TABLE [lumenize_t]",
    "COMMIT",
    "END",
    "RELEASE lumenize_1",
    "ROLLBACK TO lumenize_1",
    "PRAGMA user_version = 7",
];

/// A statement with something between its tokens, and perhaps without one of them.
fn disguised() -> impl Strategy<Value = String> {
    let blank =
        prop::sample::select(&[" ", "\n", "/**/", "--;\n", " \u{feff}", "\r\u{b}", "/*/*/"][..]);
    let tokens = prop::sample::select(STATEMENTS);
    let blanks = prop::collection::vec(blank, 1..6);
    let without = prop::option::weighted(0.2, any::<prop::sample::Index>());
    (tokens, blanks, without, any::<bool>()).prop_map(|(tokens, blanks, without, lower)| {
        let mut tokens: Vec<_> = tokens.split(' ').collect();
        if let Some(without) = without {
            tokens.remove(without.index(tokens.len()));
        }
        let blanks = blanks.iter().cycle();
        let text: String = tokens
            .iter()
            .zip(blanks)
            .flat_map(|(token, blank)| [*token, blank])
            .collect();
        match lower {
            true => text.to_lowercase(),
            false => text,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_leaves_the_transaction_and_the_engine_alone(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 1..9),
    ) {
        holds(&pieces.concat())?;
    }

    #[test]
    fn so_do_several_one_after_the_other(statements in prop::collection::vec(disguised(), 1..5)) {
        hold(&statements)?;
    }

    #[test]
    fn no_text_makes_it_panic(sql in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&sql)?;
        holds(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn neither_does_one_with_a_byte_in_its_way(
        sql in prop::sample::select(PIECES),
        other in prop::sample::select(PIECES),
        at in any::<prop::sample::Index>(),
        byte in 1_u8..0x80,
    ) {
        let mut text = format!("{sql};{other}");
        let places: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
        text.insert(*at.get(&places), char::from(byte));
        holds(&text)?;
    }
}
