//! An object with tables of its own, which runs whatever SQL it is given.

use lumenize::prelude::*;
use lumenize::{Error, Result};
use std::fmt;

/// A value of SQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// NULL.
    Null,
    /// A number without a fraction.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// As a parameter, and as it is read.
pub struct AsSql(pub Cell);

impl Serialize for AsSql {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Cell::Null => serializer.serialize_none(),
            Cell::Integer(number) => serializer.serialize_i64(*number),
            Cell::Real(number) => serializer.serialize_f64(*number),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Blob(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

impl<'de> Deserialize<'de> for AsSql {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl serde::de::Visitor<'_> for Any {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of SQL")
            }
            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Null)
            }
            fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
                Ok(Cell::Integer(number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
                Ok(Cell::Real(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::Text(text.to_owned()))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Cell, E> {
                Ok(Cell::Blob(bytes.to_owned()))
            }
        }
        deserializer.deserialize_any(Any).map(Self)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Integer(number) => write!(f, "{number}"),
            Cell::Real(number) => write!(f, "{number:?}"),
            Cell::Text(text) => write!(f, "{text:?}"),
            Cell::Blob(bytes) => write!(f, "x'{bytes:02x?}'"),
        }
    }
}

/// A row, with the names of its columns in their order.
struct Record(Vec<(String, Cell)>);

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> serde::de::Visitor<'de> for Columns {
            type Value = Record;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut columns: A,
            ) -> Result<Record, A::Error> {
                let mut record = Vec::new();
                while let Some((name, AsSql(cell))) = columns.next_entry()? {
                    record.push((name, cell));
                }
                Ok(Record(record))
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = (self.0.iter())
            .map(|(name, cell)| format!("{name}={cell}"))
            .collect();
        f.write_str(&columns.join(" "))
    }
}

/// What kind of error an error is, and what it says.
pub fn told(error: &Error) -> String {
    let kind = match error {
        Error::Statement(_) => "statement",
        Error::Bind(_) => "bind",
        Error::Row(_) => "row",
        Error::ReadOnly => "read only",
        Error::Storage(error) => match error.kind {
            lumenize::SqlErrorKind::Constraint => "constraint",
            lumenize::SqlErrorKind::Disk => "disk",
            _ => "sql",
        },
        _ => "other",
    };
    format!("{kind}: {error}")
}

/// A row of the object's own table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its key.
    pub id: i64,
    /// Unique.
    pub name: String,
    /// 0 or 1.
    pub done: bool,
    /// NULL or a number.
    pub weight: Option<f64>,
}

/// An object with tables.
pub struct Tables {
    svc: Services<Self>,
}

#[durable_object]
impl Tables {
    /// Prepares a table, and reads it.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS tasks (
                id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, done INTEGER NOT NULL, weight REAL
            ) STRICT",
            (),
        )?;
        svc.query::<u64>("SELECT count(*) FROM tasks", ())?;
        Ok(Self { svc })
    }

    /// Stores a task.
    pub fn put(&mut self, task: Task) -> Result<u64> {
        let upsert = "INSERT INTO tasks VALUES (:id, :name, :done, :weight)
            ON CONFLICT (id) DO UPDATE SET (name, done, weight) = (:name, :done, :weight)";
        Ok(self.svc.execute(upsert, task)?)
    }

    /// All tasks.
    pub fn tasks(&self) -> Result<Vec<Task>> {
        Ok(self.svc.query("SELECT * FROM tasks ORDER BY id", ())?)
    }

    /// The names of those that are done or not.
    pub fn names(&self, done: bool) -> Result<Vec<String>> {
        let sql = "SELECT name FROM tasks WHERE done = ? ORDER BY id";
        Ok(self.svc.query(sql, (done,))?)
    }

    /// Removes tasks and returns them.
    pub fn take(&mut self, done: bool) -> Result<Vec<(i64, String)>> {
        let sql = "DELETE FROM tasks WHERE done = ? RETURNING id, name";
        Ok(self.svc.query(sql, (done,))?)
    }

    /// Inserts tasks, and can't read what is returned of them.
    pub fn misread(&mut self) -> Result<String> {
        let sql =
            "INSERT INTO tasks VALUES (8, 'eight', 0, NULL), (9, 'nine', 0, 1.5) RETURNING weight";
        let error = self.svc.query::<f64>(sql, ()).unwrap_err();
        Ok(told(&error))
    }

    /// Runs each statement and returns what came of it, also of those that fail.
    pub fn script(&mut self, statements: Vec<String>) -> Vec<String> {
        let run = |sql: &String| self.one(sql);
        statements.iter().map(run).collect()
    }

    #[handler(skip)]
    fn one(&mut self, sql: &str) -> String {
        let reads = ["SELECT", "VALUES", "WITH", "EXPLAIN"];
        let first = sql
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_uppercase();
        if reads.contains(&first.as_str()) || sql.contains("RETURNING") {
            return rows(self.svc.query(sql, ()));
        }
        match self.svc.execute(sql, ()) {
            Ok(changed) => format!("{changed} changed"),
            Err(error) => told(&error),
        }
    }

    /// As `script`, and fails with the error of the last one.
    pub fn strict(&mut self, statements: Vec<String>) -> Result<()> {
        for sql in &statements {
            self.svc.execute(sql, ())?;
        }
        Ok(())
    }

    /// Runs each, within a handler that only reads.
    pub fn peek(&self, statements: Vec<String>) -> Vec<String> {
        let run = |sql: &String| rows(self.svc.query(sql, ()));
        statements.iter().map(run).collect()
    }

    /// Runs one with values.
    pub fn with(&mut self, sql: String, values: Vec<Cell>) -> Vec<String> {
        let values: Vec<_> = values.into_iter().map(AsSql).collect();
        match self.svc.query::<Record>(&sql, values) {
            Ok(records) => records.iter().map(Record::to_string).collect(),
            Err(error) => vec![told(&error)],
        }
    }

    /// A number, as each of three types reads it.
    pub fn number(&self, sql: String) -> Vec<String> {
        let (i, f) = (
            self.svc.query::<i64>(&sql, ()),
            self.svc.query::<f64>(&sql, ()),
        );
        let any = self.svc.query::<(AsSql,)>(&sql, ());
        vec![
            i.map_or_else(|error| told(&error), |i| format!("{i:?}")),
            f.map_or_else(|error| told(&error), |f| format!("{f:?}")),
            any.map_or_else(
                |error| told(&error),
                |any| any.iter().map(|(any,)| any.0.to_string()).collect(),
            ),
        ]
    }

    /// Schedules a script for a date, one for each of these.
    pub fn later(&mut self, at: DateTime<Utc>, scripts: Vec<Vec<String>>) -> Result<()> {
        let policy = RetryPolicy::none();
        for statements in scripts {
            let steps = Self::c().script(statements);
            self.svc.alarms.retry(policy).schedule(at, steps)?;
        }
        Ok(())
    }

    /// The time of this turn.
    pub fn time(&self) -> DateTime<Utc> {
        self.svc.now()
    }
}

fn rows(answer: Result<Vec<Record>, Error>) -> String {
    match answer {
        Ok(records) if records.is_empty() => "no rows".to_owned(),
        Ok(records) => {
            let lines: Vec<_> = records.iter().map(Record::to_string).collect();
            lines.join("\n")
        }
        Err(error) => told(&error),
    }
}
