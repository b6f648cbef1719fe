//! SQLite as the [`Storage`] of one object, for the native host and for the world of tests.

use super::authorizer::Authorizer;
use super::{Answer, End, Param, Rights, SqlError, SqlErrorKind, SqlValue, Storage};
use crate::sync::lock;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement, ToSql};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One object's database.
pub struct Sqlite {
    connection: Mutex<Connection>,
    authorizer: Authorizer,
    /// How many transactions and savepoints are open. One thread at a time runs an object.
    depth: AtomicUsize,
    /// How many of these SQLite knows: it is told of a savepoint when the first statement in it runs.
    told: AtomicUsize,
    alarm: Mutex<Alarm>,
    /// What ended the open transaction before its time.
    lost_by: Mutex<Option<SqlError>>,
}

/// See [`Sqlite::written`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    rows: u64,
    schema: i64,
}

#[derive(Default)]
struct Alarm {
    committed: Option<i64>,
    staged: Option<Option<i64>>,
}

impl Sqlite {
    /// Opens or creates the file, with a write-ahead log whose every commit is on disk
    /// (`synchronous = FULL`).
    pub fn open(path: &Path) -> Result<Self, SqlError> {
        let connection = Connection::open(path).map_err(|error| refused(&error))?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;",
            )
            .map_err(|error| refused(&error))?;
        Self::new(connection).map_err(|error| refused(&error))
    }

    /// From now on, syncs the log only before it is copied into the database.
    pub(crate) fn sync_less(&self) -> Result<(), SqlError> {
        self.batch("PRAGMA synchronous = NORMAL")
    }

    /// Copies the whole log into the database and syncs both.
    pub(crate) fn checkpoint(&self) -> Result<(), SqlError> {
        let done = lock(&self.connection)
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                // Whether it was kept from it, frames in the log, frames copied.
                Ok(row.get::<_, i64>(0)? == 0 && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
            })
            .map_err(|error| refused(&error))?;
        match done {
            true => Ok(()),
            false => Err(SqlError::disk("another reader keeps the log".to_owned())),
        }
    }

    /// A database in memory.
    pub fn in_memory() -> Result<Self, SqlError> {
        Connection::open_in_memory()
            .and_then(Self::new)
            .map_err(|error| refused(&error))
    }

    fn new(mut connection: Connection) -> rusqlite::Result<Self> {
        connection.set_prepared_statement_cache_capacity(64);
        let authorizer = Authorizer::install(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
            authorizer,
            depth: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            alarm: Mutex::new(Alarm::default()),
            lost_by: Mutex::new(None),
        })
    }

    /// The alarm as of the last commit.
    pub fn alarm(&self) -> Option<i64> {
        lock(&self.alarm).committed
    }

    /// Where the database stands: it differs after whatever was written since.
    pub(crate) fn written(&self) -> Result<Written, SqlError> {
        let connection = lock(&self.connection);
        let schema = || {
            let mut statement = connection.prepare_cached("PRAGMA schema_version")?;
            statement.query_row([], |row| row.get(0))
        };
        Ok(Written {
            rows: connection.total_changes(),
            schema: schema().map_err(|error| refused(&error))?,
        })
    }

    /// Loses the open transaction, as SQLite does when the disk fails, and gives the error back.
    pub(crate) fn lose(&self, error: SqlError) -> SqlError {
        *lock(&self.lost_by) = Some(error.clone());
        match self.batch("ROLLBACK") {
            Ok(()) => error,
            Err(error) => error,
        }
    }

    /// Lets the file grow by this many bytes, or as far as it will.
    pub(crate) fn limit_pages(&self, free: Option<u64>) -> Result<(), SqlError> {
        let connection = lock(&self.connection);
        let set = || -> rusqlite::Result<()> {
            let pragma =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let (pages, size) = (pragma("page_count")?, pragma("page_size")?);
            let limit = match free {
                Some(free) => pages + free.min(1 << 40) as i64 / size,
                None => i64::from(u32::MAX - 1),
            };
            // The pragma answers with the limit it has set.
            connection.pragma_update_and_check(None, "max_page_count", limit, |_| Ok(()))
        };
        set().map_err(|error| refused(&error))
    }

    /// Runs SQL beside the engine.
    pub(crate) fn tamper(&self, sql: &str) -> Result<(), SqlError> {
        self.batch(sql)
    }

    /// Asks SQL for one number beside the engine.
    pub(crate) fn number(&self, sql: &str) -> Result<i64, SqlError> {
        lock(&self.connection)
            .query_row(sql, (), |row| row.get(0))
            .map_err(|error| refused(&error))
    }

    fn batch(&self, sql: &str) -> Result<(), SqlError> {
        lock(&self.connection)
            .execute_batch(sql)
            .map_err(|error| refused(&error))
    }

    /// As `batch`, of one statement that stays prepared.
    fn often(&self, sql: &str) -> Result<(), SqlError> {
        often(&lock(&self.connection), sql).map_err(|error| refused(&error))
    }

    /// Runs a statement, and sees whether the transaction stands then.
    fn within<T>(
        &self,
        params: &[Param<'_>],
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SqlError> {
        super::fit_row(params)?;
        let connection = lock(&self.connection);
        if connection.is_autocommit() {
            return Err(self.lost());
        }
        self.begin_savepoints(&connection)
            .and_then(|()| run(&connection))
            .map_err(|error| {
                let error = refused(&error);
                if connection.is_autocommit() {
                    lock(&self.lost_by).get_or_insert_with(|| error.clone());
                }
                error
            })
    }

    /// Begins the savepoints that are open and of which SQLite does not know yet.
    fn begin_savepoints(&self, connection: &Connection) -> rusqlite::Result<()> {
        let depth = self.depth.load(Ordering::Relaxed);
        for place in self.told.load(Ordering::Relaxed)..depth {
            often(connection, &format!("SAVEPOINT lumenize_{place}"))?;
            self.told.store(place + 1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn lost(&self) -> SqlError {
        let cause = lock(&self.lost_by).clone();
        let cause =
            cause.unwrap_or_else(|| SqlError::statement("ended by something unknown".to_owned()));
        SqlError {
            message: format!("the transaction was lost: {}", cause.message),
            ..cause
        }
    }

    fn outermost(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        self.often("BEGIN IMMEDIATE")?;
        *lock(&self.lost_by) = None;
        self.depth.store(1, Ordering::Relaxed);
        self.told.store(1, Ordering::Relaxed);
        let end = body();
        let stood = self.stands();
        self.depth.store(0, Ordering::Relaxed);
        let staged = lock(&self.alarm).staged.take();
        if !stood {
            return Err(self.lost());
        }
        if end == End::Rollback {
            return self.often("ROLLBACK").map(|()| end);
        }
        if let Err(error) = self.often("COMMIT") {
            if !lock(&self.connection).is_autocommit() {
                // The error of the commit is the one to report.
                let _ = self.batch("ROLLBACK");
            }
            return Err(SqlError {
                committing: true,
                ..error
            });
        }
        if let Some(at) = staged {
            lock(&self.alarm).committed = at;
        }
        Ok(end)
    }

    fn savepoint(&self, body: &mut dyn FnMut() -> End, depth: usize) -> Result<End, SqlError> {
        if !self.stands() {
            return Err(self.lost());
        }
        self.depth.store(depth + 1, Ordering::Relaxed);
        let end = body();
        self.depth.store(depth, Ordering::Relaxed);
        if !self.stands() {
            return Err(self.lost());
        }
        if self.told.load(Ordering::Relaxed) <= depth {
            // No statement ran in it.
            return Ok(end);
        }
        self.told.store(depth, Ordering::Relaxed);
        match end {
            End::Commit => {
                self.often(&format!("RELEASE lumenize_{depth}"))?;
            }
            End::Rollback => self.batch(&format!(
                "ROLLBACK TO lumenize_{depth}; RELEASE lumenize_{depth}"
            ))?,
        }
        Ok(end)
    }
}

impl Storage for Sqlite {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.within(params, |connection| {
            rows(&mut *connection.prepare_cached(sql)?, params)
        })
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.within(params, |connection| {
            let _held = self.authorizer.hold_to(rights);
            // Not from the cache: what is in there was prepared with the engine's rights.
            let mut statement = connection.prepare(sql)?;
            let harmless = statement.readonly() || statement.is_explain() != 0;
            if rights != Rights::Write && !harmless {
                return Err(rusqlite::Error::InvalidQuery);
            }
            let columns = statement.column_names();
            Ok(Answer {
                columns: columns.into_iter().map(str::to_owned).collect(),
                rows: rows(&mut statement, params)?,
                written: None,
            })
        })
    }

    fn transaction(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        match self.depth.load(Ordering::Relaxed) {
            0 => self.outermost(body),
            depth => self.savepoint(body, depth),
        }
    }

    fn stands(&self) -> bool {
        self.depth.load(Ordering::Relaxed) == 0 || !lock(&self.connection).is_autocommit()
    }

    fn set_alarm(&self, at: Option<i64>) {
        let mut alarm = lock(&self.alarm);
        if self.depth.load(Ordering::Relaxed) == 0 {
            alarm.committed = at;
        } else {
            alarm.staged = Some(at);
        }
    }
}

/// Runs one statement that stays prepared, for what each item needs.
fn often(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}

/// Runs a statement to its end.
fn rows(
    statement: &mut Statement<'_>,
    params: &[Param<'_>],
) -> rusqlite::Result<Vec<Vec<SqlValue>>> {
    let width = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        // `collect` would not know how many there are.
        let mut columns = Vec::with_capacity(width);
        for column in 0..width {
            columns.push(own(row.get_ref(column)?));
        }
        read.push(columns);
    }
    Ok(read)
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Param::Null => ToSqlOutput::Owned(Value::Null),
            Param::Integer(number) => ToSqlOutput::Owned(Value::Integer(number)),
            Param::Real(number) => ToSqlOutput::Owned(Value::Real(number)),
            Param::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Param::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn own(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Integer(number),
        ValueRef::Real(number) => SqlValue::Real(number),
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => SqlValue::Blob(bytes.to_vec()),
    }
}

pub(super) fn refused(error: &rusqlite::Error) -> SqlError {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase,
        ) => SqlErrorKind::Disk,
        Some(ErrorCode::ConstraintViolation) => SqlErrorKind::Constraint,
        _ => SqlErrorKind::Statement,
    };
    SqlError {
        kind,
        message: error.to_string(),
        committing: false,
    }
}
