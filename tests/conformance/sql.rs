//! The user's SQL: the same rows on every host.

use super::{Case, TestHost, Verdict, check, contains, same};
use crate::tables::{Cell, Tables, TablesContinuation, Task};
use lumenize::{CallError, Output};

const BOOK: &str = include_str!("../sql/book.sql");
const EXPECTED: &str = include_str!("../sql/book.expected");

impl<H: TestHost> Case<'_, H> {
    pub(super) async fn ask<R: Output>(
        &mut self,
        steps: TablesContinuation<'static, R>,
    ) -> Result<R, CallError> {
        self.host.run::<Tables, R>(&self.object, steps).await
    }

    /// What comes of each statement, run in one handler that goes on after errors.
    pub(super) async fn script(&mut self, statements: &[&str]) -> Result<Vec<String>, CallError> {
        let steps = Tables::c().script(owned(statements));
        self.ask(steps).await
    }

    /// The same in a handler that only reads.
    pub(super) async fn peek(&mut self, statements: &[&str]) -> Result<Vec<String>, CallError> {
        let steps = Tables::c().peek(owned(statements));
        self.ask(steps).await
    }
}

pub(super) fn owned(statements: &[&str]) -> Vec<String> {
    statements.iter().map(|sql| (*sql).to_owned()).collect()
}

fn task(id: i64, name: &str, weight: Option<f64>) -> Task {
    Task {
        id,
        name: name.to_owned(),
        done: id % 2 == 0,
        weight,
    }
}

pub(super) async fn rows_are_structs_tuples_and_scalars<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let tasks = [
        task(1, "one", None),
        task(2, "two 'quoted' \"names\"; --", Some(0.5)),
        task(3, "ä€🦀", Some(3.0)),
    ];
    for task in &tasks {
        same(&case.ask(Tables::c().put(task.clone())).await?, &1)?;
    }
    same(&case.ask(Tables::c().tasks()).await?, &tasks)?;
    let first = task(1, "uno", Some(-0.25));
    same(&case.ask(Tables::c().put(first.clone())).await?, &1)?;
    let names = case.ask(Tables::c().names(false)).await?;
    same(&names, &["uno", "ä€🦀"])?;
    let taken = case.ask(Tables::c().take(false)).await?;
    same(&taken, &[(1, "uno".to_owned()), (3, "ä€🦀".to_owned())])?;
    same(&case.ask(Tables::c().tasks()).await?, &[tasks[1].clone()])
}

/// Of one row it is known without asking the database, unless there is something that it may set off.
pub(super) async fn what_an_insertion_changes_is_counted_whatever_it_sets_off<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    const ROW: &str = "INSERT OR IGNORE INTO counted VALUES (7)";
    const LOOK: &str = "INSERT INTO looks VALUES (8)";
    let told = case
        .script(&[
            "CREATE TABLE counted (a INTEGER PRIMARY KEY, b INTEGER DEFAULT 5)",
            "CREATE UNIQUE INDEX counted_b ON counted (b)",
            "INSERT INTO counted (a) VALUES (1)",
            "INSERT OR IGNORE INTO counted (a) VALUES (2)",
            "INSERT INTO counted (a) VALUES (3) ON CONFLICT DO UPDATE SET b = 6",
            "INSERT INTO counted VALUES (1, 7) ON CONFLICT (a) DO UPDATE SET b = 9 WHERE b = 0",
            "INSERT OR REPLACE INTO counted VALUES (1, 8)",
            "INSERT INTO counted VALUES (4, 1), (5, 2)",
            "INSERT INTO counted SELECT 6, 3 UNION ALL VALUES (7, 4)",
            "INSERT INTO counted DEFAULT VALUES",
            "CREATE TABLE log (a INTEGER)",
            "CREATE TRIGGER ignored BEFORE INSERT ON counted BEGIN
                INSERT INTO log VALUES (new.a); INSERT INTO log VALUES (new.a); SELECT RAISE(IGNORE); END",
            ROW.replace("(7)", "(10, 10)").as_str(),
            "DROP TRIGGER ignored",
            ROW.replace("(7)", "(10, 10)").as_str(),
            "CREATE VIEW looks AS SELECT a FROM counted",
            "CREATE TRIGGER looked INSTEAD OF INSERT ON looks BEGIN INSERT INTO log VALUES (new.a); END",
            LOOK,
            "DROP VIEW looks",
            "CREATE VIRTUAL TABLE notes USING fts5(text)",
            "INSERT INTO notes VALUES ('a note')",
            "INSERT INTO counted VALUES (11, 11)",
        ])
        .await?;
    let changed: Vec<&str> = told
        .iter()
        .map(|told| told.strip_suffix(" changed").unwrap_or(told))
        .collect();
    same(
        &changed,
        &[
            "0", "0", "1", "0", "1", "0", "1", "2", "2", "1", "0", "0", "0", "0", "1", "0", "0",
            "0", "0", "0", "1", "1",
        ],
    )
}

pub(super) async fn parameters_are_what_they_were<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    use Cell::{Blob, Integer, Null, Real, Text};
    let text = |text: &str| Text(text.to_owned());
    for (value, kind, shown) in [
        (Null, "null", "NULL"),
        (Integer(5), "integer", "5"),
        (Integer(i64::MIN), "integer", "-9223372036854775808"),
        (Integer(i64::MAX), "integer", "9223372036854775807"),
        (Integer((1 << 53) + 1), "integer", "9007199254740993"),
        (Integer(-(1 << 53) - 1), "integer", "-9007199254740993"),
        (Real(5.0), "real", "5.0"),
        (Real(-0.5), "real", "-0.5"),
        (Real(1e300), "real", "1.0e+300"),
        (Real(f64::INFINITY), "real", "Inf"),
        (text(""), "text", ""),
        (text("5"), "text", "5"),
        (text("ä'\"🦀"), "text", "ä'\"🦀"),
        (Blob(vec![0x61, 0x62]), "blob", "ab"),
        (Blob(Vec::new()), "blob", ""),
    ] {
        let sql = "SELECT typeof(?1) AS kind, CAST(?1 AS TEXT) AS shown";
        let found = case
            .ask(Tables::c().with(sql.to_owned(), vec![value.clone()]))
            .await?;
        let shown = match value {
            Null => "NULL".to_owned(),
            _ => format!("{shown:?}"),
        };
        same(&found, &[format!("kind={kind:?} shown={shown}")])?;
    }
    // An integer is one in arithmetic, and has no affinity of its own in a comparison.
    let sql = "SELECT ?1 / 2 AS half, '05' = ?1 AS t, (SELECT a = ?1 FROM (SELECT CAST('05' AS TEXT) AS a)) AS c, \
               ?2 -> ?3 AS j FROM (SELECT 1) LIMIT ?4 OFFSET ?5";
    let values = vec![
        Integer(5),
        text("[7,8]"),
        Integer(1),
        Integer(1),
        Integer(0),
    ];
    let found = case.ask(Tables::c().with(sql.to_owned(), values)).await?;
    same(&found, &["half=2 t=0 c=0 j=\"8\""])?;
    for (values, reason) in [
        (vec![], "takes 1 values, 0 were given"),
        (vec![Null, Null], "takes 1 values, 2 were given"),
        (vec![Real(f64::NAN)], "no NaN"),
    ] {
        let found = case
            .ask(Tables::c().with("SELECT ?".to_owned(), values))
            .await?;
        contains(&found[0], "bind: ")?;
        contains(&found[0], reason)?;
    }
    Ok(())
}

pub(super) async fn what_can_t_be_read_was_not_written<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let found = case.ask(Tables::c().misread()).await?;
    contains(
        &found,
        "row: row 0 can't be read: the column `weight`: invalid type: NULL",
    )?;
    same(&case.ask(Tables::c().tasks()).await?.len(), &0)
}

pub(super) async fn numbers_are_exact_or_refused<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    const SAFE: &str = "9007199254740991";
    for (sql, i, f, any) in [
        ("SELECT 1", "[1]", "[1.0]", "1"),
        ("SELECT 1.0", "[1]", "[1.0]", "1"),
        // Whether its sign stays is a matter of SQLite's release.
        ("SELECT -0.0", "[0]", "0.0]", "0"),
        ("SELECT 0.5", "floating point `0.5`", "[0.5]", "0.5"),
        (
            "SELECT 9007199254740991",
            "[9007199254740991]",
            "[9007199254740991.0]",
            SAFE,
        ),
        (
            "SELECT -9007199254740991.0",
            "[-9007199254740991]",
            "[-9007199254740991.0]",
            "-9007199254740991",
        ),
        (
            "SELECT 9007199254740992.0",
            "CAST",
            "[9007199254740992.0]",
            "CAST",
        ),
        ("SELECT 1e300", "CAST", "[1e300]", "CAST"),
        ("SELECT 9e999", "floating point", "[inf]", "inf"),
        ("SELECT NULL", "NULL", "NULL", "NULL"),
        ("SELECT '1'", "string", "string", "\"1\""),
        ("SELECT x'31'", "a blob", "a blob", "x'[31]'"),
    ] {
        let found = case.ask(Tables::c().number(sql.to_owned())).await?;
        for (found, expected) in found.iter().zip([i, f, any]) {
            contains(found, expected)?;
        }
    }
    // Beyond 2^53 an integer is exact, or refused where the host can't tell it from others.
    for number in [i64::MAX, i64::MIN, (1 << 53) + 1, -(1 << 53) - 1] {
        let found = case
            .ask(Tables::c().number(format!("SELECT {number}")))
            .await?;
        let exact = found[0] == format!("[{number}]") && found[2] == number.to_string();
        let refused = found[0].contains("CAST") && found[2].contains("CAST");
        check(exact || refused, || format!("{number}: {found:?}"))?;
        same(&found[1], &format!("[{:?}]", number as f64))?;
    }
    Ok(())
}

pub(super) async fn the_limits_of_sql_are_the_same<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let list = |item: &str, count: usize, between: &str| vec![item; count].join(between);
    for (sql, over) in [
        (format!("SELECT {}", list("1", 100, ",")), false),
        (format!("SELECT {}", list("1", 101, ",")), true),
        (format!("SELECT {}", list("1", 99, "+")), false),
        (format!("SELECT {}", list("1", 102, "+")), true),
        (list("SELECT 1", 5, " UNION ALL "), false),
        (list("SELECT 1", 6, " UNION ALL "), true),
        (format!("SELECT 'a' LIKE '{}'", "a".repeat(50)), false),
        (format!("SELECT 'a' LIKE '{}'", "a".repeat(51)), true),
        (format!("SELECT max({})", list("1", 127, ",")), false),
        (format!("SELECT max({})", list("1", 128, ",")), true),
        (format!("SELECT '{}'", "a".repeat(99_991)), false),
        (format!("SELECT '{}'", "a".repeat(99_992)), true),
    ] {
        let found = &case.script(&[&sql]).await?[0];
        let refused = found.starts_with("sql: ") || found.starts_with("statement: ");
        check(refused == over, || format!("{:.60}: {found:.200}", sql))?;
    }
    Ok(())
}

pub(super) async fn a_book_of_statements_gives_the_same_rows<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    let found = read_book(case.host, &object).await?;
    let pairs = found.split("\n\n").zip(EXPECTED.split("\n\n"));
    let differ: Vec<_> = pairs
        .filter(|(found, expected)| found != expected)
        .collect();
    same(&differ, &[])?;
    same(&found.len(), &EXPECTED.len())
}

/// Sorters, materialised tables and recursion write, too, but not into the database.
pub(super) async fn all_that_reads_runs_in_a_handler_that_reads<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    read_book(case.host, &object).await?;
    let reads = |sql: &&str| {
        let begins = ["SELECT", "VALUES", "WITH", "EXPLAIN"];
        begins.iter().any(|verb| sql.starts_with(verb)) && !sql.contains(") DELETE")
    };
    let statements: Vec<_> = BOOK.split("\n\n").map(str::trim).filter(reads).collect();
    check(statements.len() > 100, || statements.len().to_string())?;
    let writing = case.script(&statements).await?;
    let reading = case.peek(&statements).await?;
    for (sql, (writing, reading)) in statements.iter().zip(writing.iter().zip(&reading)) {
        check(writing == reading, || {
            format!("{sql}: {writing}, and where it may only read: {reading}")
        })?;
    }
    Ok(())
}

/// Runs every statement of the book, and writes down what came of it.
pub async fn read_book<H: TestHost>(host: &mut H, object: &str) -> Result<String, CallError> {
    let statements: Vec<_> = BOOK
        .split("\n\n")
        .map(|sql| sql.trim().to_owned())
        .collect();
    let steps = Tables::c().script(statements.clone());
    let found = host.run::<Tables, _>(object, steps).await?;
    let mut told = String::new();
    for (sql, found) in statements.iter().zip(&found) {
        // The words of an error are the host's.
        let found = match found.split_once(": ") {
            Some((kind @ ("sql" | "constraint" | "statement"), _)) => kind,
            _ => found,
        };
        told += &format!("{sql}\n=> {}\n\n", found.replace('\n', "\n   "));
    }
    Ok(told)
}
