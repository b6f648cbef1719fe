//! The storage of one object in a world: SQLite in memory, with the world's faults in between. The
//! engine doesn't learn of a crash. Its process is dead: whatever it still asks for is refused until
//! the restart, so nothing of what it was at stays.

use super::faults::{Fate, Faults, died};
use super::trace::{self, Trace};
use crate::host::sqlite::{Sqlite, Written};
use crate::host::{Answer, Detour, End, Param, Rights, SqlError, SqlValue, Storage};
use crate::store::is_of_shapes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(super) struct Disk {
    database: Sqlite,
    faults: Arc<Faults>,
    trace: Arc<Trace>,
    /// How many transactions and savepoints are open.
    depth: AtomicUsize,
    /// Whether the open transaction has written.
    wrote: AtomicBool,
}

impl Disk {
    pub(super) fn new(faults: Arc<Faults>, trace: Arc<Trace>) -> Result<Self, SqlError> {
        Ok(Self {
            database: Sqlite::in_memory()?,
            faults,
            trace,
            depth: AtomicUsize::new(0),
            wrote: AtomicBool::new(false),
        })
    }

    /// The database, beside the engine and without faults.
    pub(super) fn database(&self) -> &Sqlite {
        &self.database
    }

    /// Runs a statement, and lets happen what is scripted if it has written.
    fn statement<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        run: impl FnOnce() -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.faults.alive()?;
        let before = self.written()?;
        // Also one that fails may have written.
        let answer = run();
        if self.written()? == before {
            return answer;
        }
        if is_of_shapes(sql) {
            return answer;
        }
        self.note(|| trace::statement(sql, params));
        match self.faults.wrote(!self.wrote.swap(true, Ordering::Relaxed)) {
            Fate::Goes => answer,
            Fate::Fails => Err(self.database.lose(scripted("write"))),
            Fate::Dies => Err(died()),
        }
    }

    fn outermost(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        self.wrote.store(false, Ordering::Relaxed);
        let mut fate = Fate::Goes;
        let ended = self.database.transaction(&mut || {
            let end = body();
            if self.faults.is_dead() {
                fate = Fate::Dies;
            } else if end == End::Commit && self.stands() && self.wrote.load(Ordering::Relaxed) {
                fate = self.faults.commits();
            }
            match fate {
                Fate::Goes => end,
                Fate::Fails | Fate::Dies => End::Rollback,
            }
        });
        self.note(|| match (fate, &ended) {
            (Fate::Goes, Ok(End::Commit)) => "commits".to_owned(),
            (Fate::Goes, Ok(End::Rollback)) => "rolls back".to_owned(),
            (Fate::Goes, Err(error)) => format!("loses its transaction: {error}"),
            (Fate::Fails, _) => "its commit fails".to_owned(),
            (Fate::Dies, _) => "dies".to_owned(),
        });
        match fate {
            Fate::Goes if ended == Ok(End::Commit) && self.wrote.load(Ordering::Relaxed) => {
                self.faults.committed();
                ended
            }
            Fate::Goes => ended,
            Fate::Fails => Err(SqlError {
                committing: true,
                ..scripted("commit")
            }),
            Fate::Dies => Err(died()),
        }
    }

    /// Traces it, unless a test only looks.
    fn note(&self, what: impl FnOnce() -> String) {
        if !self.faults.is_aside() {
            self.trace.note(what);
        }
    }

    fn written(&self) -> Result<Written, SqlError> {
        self.database.written()
    }
}

impl Storage for Disk {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.statement(sql, params, || self.database.query(sql, params))
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.statement(sql, params, || self.database.run(sql, params, rights))
    }

    fn transaction(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        self.faults.alive()?;
        let depth = self.depth.fetch_add(1, Ordering::Relaxed);
        let ended = match depth {
            0 => self.outermost(body),
            _ => self.database.transaction(body),
        };
        self.depth.store(depth, Ordering::Relaxed);
        ended
    }

    fn handler(&self, body: &mut dyn FnMut()) {
        let before = self.written();
        body();
        if self.written() != before {
            self.faults.handler_ends();
        }
    }

    fn spares_savepoints(&self) -> bool {
        self.faults.spares_savepoints()
    }

    fn stands(&self) -> bool {
        self.database.stands()
    }

    fn set_alarm(&self, at: Option<i64>) {
        if !self.faults.is_dead() {
            self.database.set_alarm(at);
        }
    }

    fn detours(&self, detour: Detour) -> bool {
        let takes = self.faults.detours();
        if takes {
            self.note(|| format!("takes a detour: {detour:?}"));
        }
        takes
    }
}

fn scripted(what: &str) -> SqlError {
    SqlError::disk(format!("the {what} failed, as the test wants it"))
}
