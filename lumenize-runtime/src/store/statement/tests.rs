//! The rules, case by case.

use super::{Effect, MAX_BYTES, Statement, StatementError, check};

#[test]
fn what_a_handler_may_run_is_told_by_what_it_does() {
    use Effect::{ChangesRows, ChangesTables, Explains, Reads};
    for (sql, effect) in [
        ("SELECT 1", Reads),
        ("  select 1 ; ; -- done", Reads),
        ("/* a */ VALUES (1), (2);", Reads),
        ("\u{feff}SELECT 1", Reads),
        ("/**/SELECT/*;*/1", Reads),
        ("SELECT ';' || \"a;b\" || [c;d] || `e;f` FROM t", Reads),
        ("SELECT 'it''s lumenize_'", Reads),
        ("SELECT lumen_ize", Reads),
        ("SELECT x'6c756d656e697a655f' -- lumenize_queue\n, 1", Reads),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Reads),
        (
            "WITH RECURSIVE a(n) AS (VALUES (1) UNION SELECT n + 1 FROM a WHERE n < 9), \"b\" AS NOT MATERIALIZED (SELECT (2)) VALUES (1)",
            Reads,
        ),
        (
            "WITH a AS MATERIALIZED (SELECT 1) INSERT INTO t SELECT * FROM a",
            ChangesRows,
        ),
        ("WITH a AS (SELECT 1) DELETE FROM t", ChangesRows),
        ("WITH select_ AS (SELECT 1) UPDATE t SET a = 1", ChangesRows),
        (
            "WITH [replace] AS (SELECT 1) REPLACE INTO t SELECT * FROM [replace]",
            ChangesRows,
        ),
        (
            "INSERT OR IGNORE INTO t VALUES (1) ON CONFLICT DO NOTHING RETURNING a",
            ChangesRows,
        ),
        (
            "INSERT INTO t VALUES (\"rollback\", 'ROLLBACK', 'COMMIT; BEGIN')",
            ChangesRows,
        ),
        ("REPLACE INTO t VALUES (1)", ChangesRows),
        (
            "UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c = ?",
            ChangesRows,
        ),
        ("DELETE FROM t", ChangesRows),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT REFERENCES u DEFERRABLE)",
            ChangesTables,
        ),
        ("CREATE UNIQUE INDEX i ON t (a)", ChangesTables),
        ("CREATE VIEW v AS SELECT 1", ChangesTables),
        ("CREATE VIRTUAL TABLE f USING fts5(a, b)", ChangesTables),
        (
            "CREATE VIRTUAL TABLE IF NOT EXISTS main.\"f\" USING \"FTS5\"(a)",
            ChangesTables,
        ),
        (
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = CASE 1 WHEN 1 THEN 2 END; DELETE FROM u; END;",
            ChangesTables,
        ),
        ("DROP TABLE t", ChangesTables),
        ("ALTER TABLE t RENAME TO u", ChangesTables),
        ("EXPLAIN SELECT 1", Explains),
        ("EXPLAIN QUERY PLAN DELETE FROM t", Explains),
    ] {
        assert_eq!(check(sql, false), Ok(effect), "{sql}");
        let read_only = check(sql, true);
        match effect {
            Reads | Explains => assert_eq!(read_only, Ok(effect), "{sql}"),
            _ => assert_eq!(read_only, Err(StatementError::Writes), "{sql}"),
        }
    }
}

#[test]
fn an_insertion_of_one_row_is_known() {
    for (sql, is_one) in [
        ("INSERT INTO t VALUES (1)", true),
        (
            "insert or ignore into main.t as u (a, b) values ((1), f(2, (3)))",
            true,
        ),
        (
            "INSERT INTO \"values\" (\"select\") VALUES ((SELECT 1 FROM a))",
            true,
        ),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = (2)",
            true,
        ),
        ("INSERT INTO t VALUES (1) RETURNING a", true),
        ("INSERT INTO t VALUES (1), (2)", false),
        ("INSERT INTO t VALUES (1) UNION ALL VALUES (2)", false),
        ("INSERT INTO t SELECT 1 UNION ALL VALUES (2)", false),
        ("INSERT INTO t SELECT * FROM (VALUES (1), (2))", false),
        (
            "INSERT INTO t WITH a AS (VALUES (1), (2)) SELECT * FROM a",
            false,
        ),
        ("WITH a AS (VALUES (1)) INSERT INTO t VALUES (1)", false),
        ("INSERT INTO t DEFAULT VALUES", false),
        ("REPLACE INTO t VALUES (1)", false),
        ("UPDATE t SET a = 1", false),
        ("VALUES (1)", false),
    ] {
        let statement = Statement::parse(sql).unwrap();
        assert_eq!(statement.inserts_one(), is_one, "{sql}");
    }
}

#[test]
fn what_is_no_statement_or_more_than_one_is_refused() {
    for sql in [
        "",
        "  ",
        ";",
        ";;SELECT 1",
        "-- SELECT 1",
        "/* SELECT 1",
        "\u{feff}",
    ] {
        assert_eq!(check(sql, false), Err(StatementError::Empty), "{sql}");
    }
    for (sql, at) in [
        ("SELECT 1; SELECT 2", 10),
        ("SELECT 1;\u{feff}COMMIT", 12),
        ("SELECT ';';/**/COMMIT", 15),
        (
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END; COMMIT",
            56,
        ),
        (
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END COMMIT",
            55,
        ),
        // A table's name begins no trigger.
        ("CREATE TABLE \"TRIGGER\" (a); DROP TABLE t; END", 28),
        (
            "EXPLAIN CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END",
            59,
        ),
    ] {
        assert_eq!(
            check(sql, false),
            Err(StatementError::Several { at }),
            "{sql}"
        );
    }
    for sql in [
        "SELECT 'a",
        "SELECT \"a''",
        "SELECT [a",
        "SELECT `a",
        "SELECT x'6'",
        "SELECT x'zz'",
        "SELECT 1a",
        "SELECT 0x_",
        "SELECT 1e5z",
        "SELECT #1",
        "SELECT :",
        "SELECT $a(b)",
        "SELECT $a::b",
        "SELECT \\",
        "SELECT 1 \u{b} ; COMMIT\0",
        "SELECT 1\0; COMMIT",
        "WITH a SELECT 1",
        "WITH a AS SELECT 1",
        "WITH a AS (SELECT 1",
        "WITH a AS (SELECT 1) WITH b AS (SELECT 1) SELECT 1",
        "WITH SELECT 1",
        "WITH",
    ] {
        let error = check(sql, false);
        assert!(
            matches!(error, Err(StatementError::Malformed { .. })),
            "{sql}: {error:?}"
        );
    }
    let longest = format!("SELECT '{}'", "a".repeat(MAX_BYTES - 9));
    assert_eq!(check(&longest, false), Ok(Effect::Reads));
    let bytes = MAX_BYTES + 1;
    assert_eq!(
        check(&format!("{longest} "), false),
        Err(StatementError::TooLong { bytes })
    );
}

#[test]
fn what_is_not_for_handlers_is_refused_with_what_to_do() {
    for (sql, reason) in [
        ("BEGIN", "transaction"),
        ("BEGIN IMMEDIATE", "transaction"),
        ("commit", "transaction"),
        ("/**/ END TRANSACTION", "transaction"),
        ("ROLLBACK", "return an error"),
        ("ROLLBACK TO a", "return an error"),
        ("SAVEPOINT a", "transaction"),
        ("RELEASE a", "transaction"),
        ("ATTACH ':memory:' AS a", "one database"),
        ("DETACH a", "one database"),
        ("PRAGMA foreign_keys = off", "settings"),
        ("VACUUM", "whole database"),
        ("VACUUM INTO 'a'", "whole database"),
        ("ANALYZE", "whole database"),
        ("REINDEX", "whole database"),
        ("EXPLAIN COMMIT", "transaction"),
        ("EXPLAIN QUERY PLAN PRAGMA a", "settings"),
        ("EXPLAIN EXPLAIN SELECT 1", "explained already"),
        ("INSERT OR ROLLBACK INTO t VALUES (1)", "use ABORT"),
        ("UPDATE OR/**/rollback t SET a = 1", "use ABORT"),
        (
            "CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK)",
            "use ABORT",
        ),
        (
            "CREATE TRIGGER a BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'a'); END",
            "use ABORT",
        ),
        (
            "CREATE TABLE t (a REFERENCES u DEFERRABLE INITIALLY DEFERRED)",
            "immediate",
        ),
        ("CREATE TEMP TABLE t (a)", "temporary"),
        (
            "CREATE TEMPORARY TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END",
            "temporary",
        ),
        ("CREATE VIRTUAL TABLE t USING dbstat", "fts5"),
        ("CREATE VIRTUAL TABLE t USING [fts3](a)", "fts5"),
        ("WITH a AS (SELECT 1) DROP TABLE t", "WITH"),
        ("WITH a AS (SELECT 1) COMMIT", "transaction"),
        ("\"SELECT\" 1", "begins with"),
        ("(SELECT 1)", "begins with"),
        ("1", "begins with"),
        ("COPY t FROM a", "begins with"),
    ] {
        match check(sql, false) {
            Err(error @ StatementError::Refused { .. }) => {
                assert!(error.to_string().contains(reason), "{sql}: {error}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn what_belongs_to_others_is_refused_however_it_is_quoted() {
    for sql in [
        "SELECT * FROM lumenize_queue",
        "SELECT * FROM LUMENIZE_queue",
        "SELECT * FROM \"lumenize_queue\"",
        "SELECT * FROM [Lumenize_queue]",
        "SELECT * FROM `lumenize_queue`",
        "DROP TABLE 'lumenize_queue'",
        "SELECT * FROM main.lumenize_queue",
        "SELECT * FROM main.\u{feff}lumenize_queue",
        "SELECT * FROM/**/lumenize_queue--",
        "SELECT 1 FROM t, \"lumenize_\"\"\"",
        "CREATE TRIGGER a AFTER INSERT ON lumenize_queue BEGIN SELECT 1; END",
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM lumenize_queue; END",
        "ALTER TABLE lumenize_queue ADD COLUMN a",
        "ALTER TABLE t RENAME TO lumenize_t",
        "CREATE INDEX lumenize_i ON t (a)",
        "CREATE VIEW v AS SELECT * FROM lumenize_state",
        "CREATE VIRTUAL TABLE f USING fts5(a, content='lumenize_state')",
        "CREATE VIRTUAL TABLE f USING fts5(a, content=lumenize_state)",
        "CREATE VIRTUAL TABLE lumenize USING fts5(a)",
        "WITH lumenize_a AS (SELECT 1) SELECT 1",
        "SELECT * FROM _cf_KV",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM \"PRAGMA_table_list\"",
    ] {
        let error = check(sql, false);
        assert!(
            matches!(error, Err(StatementError::Reserved { .. })),
            "{sql}: {error:?}"
        );
    }
}

#[test]
fn parameters_are_numbered_as_sqlite_numbers_them() {
    for (sql, text, positions, names) in [
        ("SELECT 1", "SELECT 1", Some(0), &[][..]),
        ("SELECT ?, ?", "SELECT ?1, ?2", Some(2), &[]),
        ("SELECT ?2, ?, ?1", "SELECT ?2, ?3, ?1", Some(3), &[]),
        (
            "SELECT '?', ?--?\n,?1",
            "SELECT '?', ?1--?\n,?1",
            Some(1),
            &[],
        ),
        (
            " SELECT :a,@b,$a ; -- :c",
            "SELECT ?1,?2,?1",
            None,
            &["a", "b"],
        ),
    ] {
        let statement = Statement::parse(sql).unwrap();
        assert_eq!(statement.text(|_| false).as_deref(), Ok(text));
        let found: Vec<&str> = statement.names().iter().map(|name| &**name).collect();
        assert_eq!((statement.positions(), &found[..]), (positions, names));
    }
    let statement = Statement::parse("SELECT a=:x, :y").unwrap();
    let text = statement.text(|number| number == 0).unwrap();
    assert_eq!(text, "SELECT a=(+CAST(?1 AS INTEGER)), ?2");
    for sql in ["SELECT ?, :a", "SELECT :a, ?1", "SELECT ?0"] {
        let error = check(sql, false);
        assert!(
            matches!(error, Err(StatementError::Parameter { .. })),
            "{sql}: {error:?}"
        );
    }
    assert!(check("SELECT ?100", false).is_ok());
    for sql in [
        "SELECT ?101",
        "SELECT ?99999999999999999999",
        "SELECT ?100, ?",
    ] {
        assert_eq!(
            check(sql, false),
            Err(StatementError::TooManyParameters),
            "{sql}"
        );
    }
    let uses = format!("SELECT {}1", "?1,".repeat(10_000));
    let error = Statement::parse(&uses).unwrap().text(|_| true);
    assert!(
        matches!(error, Err(StatementError::TooLong { .. })),
        "{error:?}"
    );
}
