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

    /// Runs continuations of callers that ask at the same time, in this order, and says of each what
    /// [`run`](Self::run) would. They share a transaction, as they may on a host: what one that fails has written is
    /// undone alone, and all are lost with a commit that fails.
    pub fn run_together<R: Output>(
        &mut self,
        continuations: impl IntoIterator<Item = impl ContinuationOf<'static, D, R>>,
    ) -> Vec<Result<R, CallError>> {
        let programs = continuations.into_iter().map(call_program);
        let programs: Vec<Result<Vec<u8>, CallError>> = programs.collect();
        let sent = programs.iter().filter_map(|program| program.clone().ok());
        let mut answers = self.ask_together(sent.map(|program| (program, None)).collect());
        let answers = programs.into_iter().map(|program| {
            program?;
            read_answer(answers.next().unwrap_or_else(|| Err(crashed()))?)
        });
        answers.collect()
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

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list`,
    /// `svc.calls.list` and `svc.fetches.list` have more.
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

    /// Lets the disk hold this many bytes more than now for this object, rounded down to whole pages of the database,
    /// or as many as it takes.
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
        let mut answers = self.ask_together(vec![(program, call)]);
        answers.next().unwrap_or_else(|| Err(crashed()))
    }

    /// The bytes of the answers to programs that come together.
    fn ask_together(
        &mut self,
        programs: Vec<(Vec<u8>, Option<CallHeader>)>,
    ) -> std::vec::IntoIter<Result<Vec<u8>, CallError>> {
        let mut answers: Vec<_> = programs.iter().map(|_| Err(crashed())).collect();
        if let Err(error) = self.exists() {
            answers.fill(Err(error));
            return answers.into_iter();
        }
        let requests = programs.into_iter().zip(0..);
        let mail = requests.map(|((program, call), token)| {
            Mail::Request(Request {
                token,
                program,
                call,
            })
        });
        let replies = self.world.turns(&self.key, Event::Mail(mail.collect()));
        for reply in replies.into_iter().flatten() {
            if let Some(answer) = answers.get_mut(reply.token as usize) {
                *answer = reply.answer;
            }
        }
        answers.into_iter()
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
