//! The user's SQL, where only one host can show it.

use lumenize::testing::World;
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{End, Rights, Storage};
use lumenize_tests::conformance::hosts::Native;
use lumenize_tests::conformance::sql::read_book;
use lumenize_tests::tables::Tables;
use std::time::Duration;

/// `UPDATE=1` writes what the other hosts are held to.
#[tokio::test]
async fn the_book_of_statements_is_written_by_the_embedded_host() {
    let directory = tempfile::tempdir().unwrap();
    let mut native = Native::start(directory.path());
    let found = read_book(&mut native, "book").await.unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/sql/book.expected");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(path).unwrap());
}

fn insert(id: u32) -> String {
    format!("INSERT INTO tasks VALUES ({id}, 'task {id}', 0, NULL)")
}

/// A trigger that ends the transaction, as no handler could make it.
const ENDS: &str = "CREATE TRIGGER ends BEFORE INSERT ON tasks WHEN new.id = 13
    BEGIN SELECT RAISE(ROLLBACK, 'the end'); END";

#[test]
fn a_statement_that_ends_the_transaction_is_the_last_one_of_its_turn() {
    let mut world = World::new(1);
    let mut tables = world.object::<Tables>("main");
    tables.run(Tables::c().script(vec![insert(1)])).unwrap();
    tables.tamper(ENDS).unwrap();
    let script = vec![insert(2), insert(13), insert(3), "SELECT 1".to_owned()];
    let error = tables.run(Tables::c().script(script)).unwrap_err();
    assert!(error.to_string().contains("the end"), "{error}");
    assert_eq!(tables.run(Tables::c().names(false)).unwrap(), ["task 1"]);
}

#[test]
fn an_item_that_ends_its_transaction_spends_an_attempt_and_the_others_run() {
    let mut world = World::new(1);
    let at = world.now() + Duration::from_secs(1);
    let mut tables = world.object::<Tables>("main");
    let scripts = [1, 13, 2].map(|id| vec![insert(id), insert(id + 100)]);
    tables.run(Tables::c().later(at, scripts.to_vec())).unwrap();
    tables.tamper(ENDS).unwrap();
    world.advance(Duration::from_secs(10));
    let mut tables = world.object::<Tables>("main");
    let names = tables.run(Tables::c().names(false)).unwrap();
    assert_eq!(names, ["task 1", "task 2", "task 101", "task 102"]);
    let failed = tables.failed().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].attempts, 1);
    assert!(
        failed[0].why.message.contains("the end"),
        "{:?}",
        failed[0].why
    );
}

#[test]
fn a_full_disk_spends_no_attempt() {
    let mut world = World::new(1);
    let at = world.now() + Duration::from_secs(1);
    let mut tables = world.object::<Tables>("main");
    // One row has no journal of its own within the transaction, which is undone with it.
    let fill = "INSERT INTO tasks VALUES (1, hex(zeroblob(500000)), 0, NULL)".to_owned();
    let scripts = vec![vec![fill, insert(2)], vec![insert(3)]];
    tables.run(Tables::c().later(at, scripts)).unwrap();
    tables.limit_disk(Some(100_000)).unwrap();
    world.advance(Duration::from_secs(60));
    let mut tables = world.object::<Tables>("main");
    assert_eq!(tables.run(Tables::c().names(false)).unwrap(), ["task 3"]);
    let pending = tables.pending().unwrap();
    assert_eq!((pending.len(), pending[0].attempts), (1, 0));
    tables.limit_disk(None).unwrap();
    world.advance(Duration::from_secs(600));
    let mut tables = world.object::<Tables>("main");
    assert_eq!(tables.run(Tables::c().names(false)).unwrap().len(), 3);
}

/// The second lock by itself, on what the first would have refused.
#[test]
fn the_authorizer_refuses_what_the_lexer_does() {
    let sqlite = Sqlite::in_memory().unwrap();
    let query = |sql: &str| sqlite.query(sql, &[]).map(drop);
    let ended = sqlite.transaction(&mut || {
        query("CREATE TABLE lumenize_queue (id INTEGER PRIMARY KEY, a)").unwrap();
        query("CREATE INDEX lumenize_i ON lumenize_queue (a)").unwrap();
        query("CREATE TABLE t (a)").unwrap();
        query("CREATE VIRTUAL TABLE f USING fts5(a)").unwrap();
        for sql in [
            "SELECT * FROM lumenize_queue",
            "SELECT count(*) FROM \"LUMENIZE_queue\"",
            "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM lumenize_queue)",
            "INSERT INTO lumenize_queue VALUES (1, 1)",
            "INSERT INTO t SELECT a FROM lumenize_queue",
            "UPDATE lumenize_queue SET a = 1",
            "DELETE FROM lumenize_queue",
            "DROP TABLE lumenize_queue",
            "ALTER TABLE lumenize_queue ADD COLUMN b",
            "ALTER TABLE lumenize_queue RENAME TO mine",
            "ALTER TABLE lumenize_queue DROP COLUMN a",
            "CREATE INDEX i ON lumenize_queue (a)",
            "CREATE TRIGGER g AFTER INSERT ON lumenize_queue BEGIN SELECT 1; END",
            "CREATE TABLE lumenize_mine (a)",
            "CREATE VIEW lumenize_view AS SELECT 1",
            "CREATE TABLE _cf_mine (a)",
            "CREATE TEMP TABLE mine (a)",
            "CREATE TEMP VIEW mine AS SELECT 1",
            "CREATE VIRTUAL TABLE mine USING fts3(a)",
            "CREATE VIRTUAL TABLE mine USING dbstat",
            "CREATE VIRTUAL TABLE lumenize USING fts5(a)",
            "SELECT * FROM dbstat",
            "SELECT * FROM pragma_table_info('t')",
            "PRAGMA user_version",
            "PRAGMA user_version = 1",
            "PRAGMA writable_schema = on",
            "ANALYZE",
            "REINDEX lumenize_i",
            "VACUUM",
            "ATTACH ':memory:' AS other",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT s",
            "RELEASE s",
            "SELECT load_extension('x')",
            "SELECT fts3_tokenizer('simple')",
            "SELECT sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)",
            "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
            "INSERT INTO f_data VALUES (1, 2)",
            "SELECT 1; SELECT 2",
            "SELECT zeroblob(2200001)",
        ] {
            for rights in [Rights::Read, Rights::Explain, Rights::Write] {
                let refused = sqlite.run(sql, &[], rights);
                assert!(refused.is_err(), "{sql} as {rights:?}: {refused:?}");
                assert!(sqlite.stands(), "{sql} as {rights:?}");
            }
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "CREATE TABLE u (a)",
            "DROP TABLE t",
            "ALTER TABLE t ADD COLUMN b",
        ] {
            let refused = sqlite.run(sql, &[], Rights::Read);
            assert!(refused.is_err(), "{sql}: {refused:?}");
        }
        // The engine's own rights are back.
        query("INSERT INTO lumenize_queue VALUES (1, 1)").unwrap();
        End::Rollback
    });
    assert_eq!(ended, Ok(End::Rollback));
}

/// A virtual table is opened by the first statement that needs it, with the rights of that.
#[test]
fn a_virtual_table_is_opened_by_a_statement_that_reads() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Sqlite::open(&directory.path().join("database")).unwrap();
    let run = |sqlite: &Sqlite, sql: &str, rights| {
        let mut answer = None;
        let ended = sqlite.transaction(&mut || {
            answer = Some(sqlite.run(sql, &[], rights));
            End::Commit
        });
        assert_eq!(ended, Ok(End::Commit));
        answer.unwrap().unwrap().rows.len()
    };
    let sqlite = open();
    for sql in [
        "CREATE VIRTUAL TABLE words USING fts5(word, tokenize = 'porter')",
        "INSERT INTO words VALUES ('running')",
        "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1)",
        "INSERT INTO boxes VALUES (1, 0, 1)",
    ] {
        run(&sqlite, sql, Rights::Write);
    }
    drop(sqlite);
    for sql in [
        "SELECT * FROM words WHERE words MATCH 'run'",
        "SELECT * FROM boxes WHERE x0 < 1",
    ] {
        assert_eq!(run(&open(), sql, Rights::Read), 1, "{sql}");
    }
}

/// A view and a trigger run with the rights of the statement that they run in.
#[test]
fn what_was_smuggled_in_is_not_run() {
    let mut world = World::new(1);
    let mut tables = world.object::<Tables>("main");
    tables.run(Tables::c().script(vec![insert(1)])).unwrap();
    tables
        .tamper(
            "CREATE VIEW seen AS SELECT key FROM lumenize_state;
             CREATE TRIGGER sent AFTER INSERT ON tasks BEGIN DELETE FROM lumenize_queue; END",
        )
        .unwrap();
    let script = vec!["SELECT * FROM seen".to_owned(), insert(2)];
    for found in tables.run(Tables::c().script(script)).unwrap() {
        assert!(
            found.contains("prohibited") || found.contains("not authorized"),
            "{found}"
        );
    }
    assert_eq!(tables.run(Tables::c().names(false)).unwrap(), ["task 1"]);
}
