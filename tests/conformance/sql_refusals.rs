//! What is refused of the user's SQL, and that it harms nothing else.

use super::sql::owned;
use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::tables::Tables;
use lumenize::CallError;

/// What no handler may run, and a part of what it is told.
const REFUSED: &[(&str, &str)] = &[
    ("COMMIT", "return an error to undo"),
    ("ROLLBACK", "return an error to undo"),
    ("SAVEPOINT mine", "return an error to undo"),
    ("RELEASE lumenize_1", "lumenize_1"),
    (
        "INSERT OR ROLLBACK INTO tasks VALUES (1, 'a', 0, NULL)",
        "use ABORT",
    ),
    (
        "CREATE TABLE r (a UNIQUE ON CONFLICT ROLLBACK)",
        "use ABORT",
    ),
    (
        "CREATE TRIGGER r AFTER INSERT ON tasks BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
        "use ABORT",
    ),
    (
        "CREATE TABLE r (a REFERENCES tasks DEFERRABLE INITIALLY DEFERRED)",
        "immediate",
    ),
    ("PRAGMA foreign_keys = off", "settings"),
    ("ATTACH ':memory:' AS other", "one database"),
    ("VACUUM", "whole database"),
    ("CREATE TEMP TABLE r (a)", "temporary"),
    ("SELECT 1; DROP TABLE tasks", "one statement at a time"),
    ("DROP TABLE lumenize_queue", "belong to the engine"),
    ("DROP TABLE 'LUMENIZE_queue'", "belong to the engine"),
    ("DELETE FROM \"lumenize_state\"", "belong to the engine"),
    (
        "ALTER TABLE [lumenize_queue] ADD COLUMN a",
        "belong to the engine",
    ),
    (
        "CREATE TRIGGER r AFTER INSERT ON `lumenize_queue` BEGIN SELECT 1; END",
        "belong to the engine",
    ),
    (
        "CREATE TRIGGER r AFTER INSERT ON tasks BEGIN DELETE FROM lumenize_queue; END",
        "belong to the engine",
    ),
    (
        "CREATE VIRTUAL TABLE r USING fts5(a, content = 'lumenize_state')",
        "belong to the engine",
    ),
    (
        "SELECT * FROM pragma_table_info('tasks')",
        "belong to the engine",
    ),
    ("SELECT 'not closed", "not closed"),
];

pub(super) async fn what_is_not_for_handlers_is_refused<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for (refused, reason) in REFUSED {
        // A handler that returns the error: all that it did is undone.
        let statements = ["INSERT INTO tasks VALUES (7, 'undone', 0, NULL)", refused];
        match case.ask(Tables::c().strict(owned(&statements))).await {
            Err(CallError::Handler(error)) => contains(&error.to_string(), reason)?,
            other => return Err(Failure(format!("{refused}: {other:?}"))),
        }
        same(&case.ask(Tables::c().tasks()).await?.len(), &0)?;
        // One that goes on: what it did otherwise stays.
        let found = case
            .script(&[
                "INSERT INTO tasks VALUES (1, 'before', 0, NULL)",
                refused,
                "INSERT INTO tasks VALUES (2, 'after', 0, NULL)",
            ])
            .await?;
        same(&(&*found[0], &*found[2]), &("1 changed", "1 changed"))?;
        contains(&found[1], "statement: ")?;
        contains(&found[1], reason)?;
        let left = case.script(&["DELETE FROM tasks"]).await?;
        same(&left, &["2 changed"])?;
    }
    Ok(())
}

pub(super) async fn a_handler_that_reads_runs_no_sql_that_writes<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.script(&[
        "INSERT INTO tasks VALUES (1, 'one', 0, NULL)",
        "CREATE VIRTUAL TABLE words USING fts5(word)",
        "INSERT INTO words VALUES ('running')",
    ])
    .await?;
    let writes = [
        "INSERT INTO tasks VALUES (2, 'two', 0, NULL) RETURNING id",
        "REPLACE INTO tasks VALUES (1, 'uno', 0, NULL)",
        "UPDATE tasks SET name = 'x' RETURNING name",
        "DELETE FROM tasks",
        "WITH a AS (SELECT 1) DELETE FROM tasks",
        "DROP TABLE tasks",
        "CREATE TABLE more (a)",
        "CREATE INDEX more ON tasks (done)",
        "ALTER TABLE tasks ADD COLUMN more",
    ];
    for found in case.peek(&writes).await? {
        contains(&found, "read only: ")?;
        contains(&found, "take `&mut self`")?;
    }
    // Also when the program has written before.
    let mixed = Tables::c().strict(owned(&["UPDATE tasks SET name = 'written'"]));
    for found in case.ask(mixed.peek(owned(&writes))).await? {
        contains(&found, "read only: ")?;
    }
    for (refused, reason) in REFUSED {
        let found = case.peek(&[refused]).await?;
        contains(&found[0], reason)?;
    }
    let found = case
        .peek(&[
            "SELECT id, name FROM tasks",
            "WITH a AS (SELECT 2) SELECT * FROM a",
            "VALUES (3)",
            "SELECT count(*) > 0 AS n FROM sqlite_schema",
            "SELECT word FROM words WHERE words MATCH 'run*' ORDER BY rank",
        ])
        .await?;
    same(
        &found,
        &[
            "id=1 name=\"written\"",
            "2=2",
            "column1=3",
            "n=1",
            "word=\"running\"",
        ],
    )?;
    let explained = case
        .peek(&["EXPLAIN QUERY PLAN DELETE FROM tasks WHERE id = 1"])
        .await?;
    contains(&explained[0], "PRIMARY KEY")?;
    same(&case.ask(Tables::c().names(false)).await?, &["written"])
}

pub(super) async fn a_mistake_leaves_the_handlers_other_writes<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let mistakes = [
        (
            "INSERT INTO tasks VALUES (1, 'again', 0, NULL)",
            "constraint: ",
        ),
        (
            "INSERT INTO tasks VALUES (9, NULL, 0, NULL)",
            "constraint: ",
        ),
        (
            "INSERT INTO tasks VALUES (8, 'eight', 0, NULL), (1, 'again', 0, NULL)",
            "constraint: ",
        ),
        ("INSERT INTO tasks VALUES ('x', 'y', 0, NULL)", "sql: "),
        ("INSERT INTO loose (id) VALUES ('x')", "sql: "),
        ("INSERT INTO nowhere VALUES (1)", "sql: "),
        ("SELEC 1", "statement: "),
        ("SELECT load_extension('x')", "sql: "),
        ("SELECT length(zeroblob(2000000000))", "sql: "),
        ("SELECT abs(-9223372036854775807 - 1)", "sql: "),
        ("INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)", "sql: "),
    ];
    let mut statements = vec![
        "INSERT INTO tasks VALUES (1, 'one', 0, NULL)",
        "CREATE TABLE loose (id INTEGER PRIMARY KEY)",
    ];
    statements.extend(mistakes.iter().map(|(sql, _)| sql));
    statements.push("INSERT INTO tasks VALUES (2, 'two', 0, NULL)");
    let found = case.script(&statements).await?;
    for ((sql, kind), found) in mistakes.iter().zip(&found[2..]) {
        check(found.starts_with(kind), || format!("{sql}: {found}"))?;
    }
    same(&found.last().map(String::as_str), &Some("1 changed"))?;
    same(&case.ask(Tables::c().names(false)).await?, &["one", "two"])
}

pub(super) async fn an_item_s_mistakes_concern_no_other<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let at = case.ask(Tables::c().time()).await? + std::time::Duration::from_millis(50);
    let insert = |id: u32| format!("INSERT INTO tasks VALUES ({id}, 'item {id}', 0, NULL)");
    let mut scripts = Vec::new();
    for (id, (refused, _)) in (1..).zip(REFUSED) {
        scripts.push(vec![insert(id), (*refused).to_owned(), insert(id + 100)]);
    }
    case.ask(Tables::c().later(at, scripts)).await?;
    for _ in 0..1_000 {
        if case.ask(Tables::c().tasks()).await?.len() == 2 * REFUSED.len() {
            return Ok(());
        }
        case.pass(10).await;
    }
    Err(Failure(format!(
        "{:?}",
        case.ask(Tables::c().tasks()).await?
    )))
}
