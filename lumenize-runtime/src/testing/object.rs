//! What a test asks of one object of a world.

use super::place::Key;
use super::world::World;
use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::{CallHeader, Event, Inspection, Mail, Request};
use crate::error::{CallError, Outcome};
use crate::host::sqlite::Sqlite;
use crate::host::{IdempotencyKey, SqlError, call_program, read_answer};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How often a caller asks who is not answered.
const TIMES_ASKED: usize = 10;

/// An object in a [`World`].
pub struct WorldObject<'w, D> {
    world: &'w mut World,
    key: Key,
    marker: PhantomData<D>,
}

impl<'w, D: Object> WorldObject<'w, D> {
    pub(super) fn new(world: &'w mut World, key: Key) -> Self {
        Self {
            world,
            key,
            marker: PhantomData,
        }
    }

    /// Runs a continuation and returns what its last step returns.
    ///
    /// # Errors
    /// As a host's: [`CallError`]. If the process dies of it, `Unreachable` with the outcome
    /// `Unknown`: it may have happened or not.
    pub fn run<R: Output>(
        &mut self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        read_answer(self.ask(program, None)?)
    }

    /// As [`run`](Self::run), and may be asked again with the same key: it is executed once, and each
    /// attempt has its answer.
    ///
    /// # Errors
    /// As `run`; [`CallError::Timeout`] from the key's deadline on.
    pub fn run_idempotent<R: Output>(
        &mut self,
        key: &mut IdempotencyKey,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        read_answer(self.ask(program, Some(key.next_attempt()))?)
    }

    /// As [`run`](Self::run), and asks again at once while the answer is `Unreachable`, ten times at
    /// most: as a caller who makes sure that it happens at least once. If the process dies after the
    /// commit it happens twice, so it is for what may: a read, or a named schedule.
    ///
    /// # Errors
    /// As `run`.
    pub fn run_at_least_once<R: Output>(
        &mut self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        let mut answer = self.ask(program.clone(), None);
        for _ in 1..TIMES_ASKED {
            if !matches!(answer, Err(CallError::Unreachable { .. })) {
                break;
            }
            answer = self.ask(program.clone(), None);
        }
        read_answer(answer?)
    }

    /// Shows the object itself, as it is in memory: its fields, and its methods that take `&self`. One
    /// that is not in memory is made by its `new` for this alone; nothing is written, and no fault
    /// happens or is counted. What `look` returns is returned.
    ///
    /// # Errors
    /// [`CallError::Refused`] if its `new` fails, or if it was [redeployed](World::redeploy) as another
    /// type; [`CallError::Unreachable`] if the database can't be read.
    pub fn inspect<T>(&mut self, look: impl FnOnce(&D) -> T) -> Result<T, CallError> {
        self.exists()?;
        let (mut look, mut seen) = (Some(look), None);
        let mut show = |object: &dyn std::any::Any| {
            if let (Some(object), Some(look)) = (object.downcast_ref(), look.take()) {
                // A failed assertion must not pass through the engine.
                seen = Some(catch_unwind(AssertUnwindSafe(|| look(object))));
            }
        };
        let shown = self
            .world
            .aside(&self.key, |engine, tick| engine.look(tick, &mut show));
        shown.ok_or_else(crashed)??;
        match seen {
            Some(Ok(seen)) => Ok(seen),
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(CallError::refused(
                "the object was redeployed as another type",
            )),
        }
    }

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list` has more.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn pending(&mut self) -> Result<Vec<PendingWork>, CallError> {
        self.look_inside().map(|inspection| inspection.pending)
    }

    /// What was set aside: one page, of at most 1,000 and about 2 MiB. `svc.failed.list` has more.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn failed(&mut self) -> Result<Vec<FailedWork>, CallError> {
        self.look_inside().map(|inspection| inspection.failed)
    }

    /// Drops the object from memory, as a host does with an idle one.
    pub fn evict(&mut self) {
        if let Some(place) = self.world.objects.get_mut(&self.key) {
            place.evict();
        }
    }

    /// Lets the disk hold this many bytes more than now for this object, or as many as it takes.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn limit_disk(&mut self, free: Option<u64>) -> Result<(), SqlError> {
        self.database(|database| database.limit_pages(free))
    }

    /// Runs SQL beside the engine, for tests of what damages its tables.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn tamper(&mut self, sql: &str) -> Result<(), SqlError> {
        self.database(|database| database.tamper(sql))
    }

    /// Asks SQL for one number beside the engine, for tests of what is left in its tables.
    ///
    /// # Errors
    /// When SQLite refuses, or the first column is no integer.
    pub fn number(&mut self, sql: &str) -> Result<i64, SqlError> {
        self.database(|database| database.number(sql))
    }

    fn database<T>(
        &mut self,
        act: impl FnOnce(&Sqlite) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        act(self.world.place::<D>(&self.key)?.disk.database())
    }

    /// The bytes of the answer to a program.
    fn ask(&mut self, program: Vec<u8>, call: Option<CallHeader>) -> Result<Vec<u8>, CallError> {
        self.exists()?;
        let mail = Mail::Request(Request {
            token: 0,
            program,
            call,
        });
        let replies = self.world.turns(&self.key, Event::Mail(vec![mail]));
        let reply = replies.and_then(|replies| replies.into_iter().next());
        reply.ok_or_else(crashed)?.answer
    }

    fn look_inside(&mut self) -> Result<Inspection, CallError> {
        self.exists()?;
        let inspection = self
            .world
            .aside(&self.key, |engine, tick| engine.inspect(tick));
        inspection.ok_or_else(crashed)?
    }

    fn exists(&mut self) -> Result<(), CallError> {
        let place = self.world.place::<D>(&self.key);
        place.map(drop).map_err(CallError::not_executed)
    }
}

fn crashed() -> CallError {
    CallError::Unreachable {
        reason: "the process crashed".to_owned(),
        outcome: Outcome::Unknown,
    }
}
