//! Runs code of the user's, so that nothing of what it wrote stays if it fails.
//!
//! A savepoint costs two statements. So the first in a transaction that may write has none: if it fails, the
//! transaction is rolled back and begins again, and all in it goes as before up to where that ran, which is taken
//! for failed then without being run. What goes before it must depend on nothing but the tables, the messages, the
//! time and what is drawn, which is drawn again.
//!
//! On some hosts a savepoint takes longer than most handlers do. There none has one as long as nothing fails. What
//! ran before the one that fails runs once more then, each with a savepoint. One failure is seldom alone: so for a
//! while after it only the first of each transaction has none.

use super::Engine;
use super::execute::{Failure, caught, execute, only_reads};
use super::turn::{Unbuildable, trouble};
use crate::continuation::program::Program;
use crate::error::HandlerError;
use crate::host::{End, SqlError};
use crate::object::Object;
use crate::services::{Access, Services, Shared};
use crate::views::FailedWork;
use std::mem;
use std::sync::Arc;
use uuid::Uuid;

/// What becomes of an item that runs, before it does.
#[derive(Clone, Copy)]
pub(super) enum Finish {
    Remove(Uuid),
    /// It recurs, next at this time.
    Advance(Uuid, i64),
}

/// For so many that run after a failure, the transaction is not rolled back for another that is not its first: to
/// do a transaction again takes about as long as so many savepoints.
const WARY: u32 = 100;

/// What undoes what code of the user's writes that runs next, if it fails.
pub(super) enum Undo {
    /// A savepoint.
    Savepoint,
    /// The rollback of the transaction, in which so many have run.
    Rollback { ran: u32 },
    /// That is to come: this has failed, and the transaction is to begin again.
    Again(Failed),
    /// That has come: what failed is not run again, what runs before it has a savepoint.
    Undone(Failed),
}

/// What had the transaction rolled back.
pub(super) struct Failed {
    /// So many run before it.
    before: u32,
    item: Option<Uuid>,
    failure: Failure,
}

impl Undo {
    /// Whether the transaction is to begin again. What has failed is not run in it then.
    pub(super) fn again(&mut self) -> bool {
        match mem::replace(self, Undo::Savepoint) {
            Undo::Again(failed) => {
                *self = Undo::Undone(failed);
                true
            }
            _ => false,
        }
    }
}

impl Finish {
    fn item(&self) -> Uuid {
        match *self {
            Finish::Remove(id) | Finish::Advance(id, _) => id,
        }
    }
}

impl<D: Object> Engine<D> {
    /// The object for code that may write, made anew from its database if need be; the error is that of its
    /// `new`. For what was undone and is not to be run, there need be none.
    pub(super) fn build(&mut self) -> Result<Result<(), HandlerError>, SqlError> {
        match self.undo {
            Undo::Undone(Failed { before: 0, .. }) => Ok(Ok(())),
            _ => self.build_to_read(),
        }
    }

    /// The object, as for [`build`](Self::build).
    pub(super) fn build_to_read(&mut self) -> Result<Result<(), HandlerError>, SqlError> {
        if self.object.is_some() {
            return Ok(Ok(()));
        }
        let shared = Arc::clone(&self.shared);
        let mut built = Err(HandlerError::new("not built"));
        self.shared.allow(Access::Building);
        let ended = shared.store.savepoint(&mut || {
            self.shared.storage.handler(&mut || {
                let services = Services::new(Arc::clone(&self.shared));
                built = caught(|| D::create(services)).and_then(|created| created);
            });
            match built {
                Ok(_) => End::Commit,
                Err(_) => End::Rollback,
            }
        });
        self.shared.allow(Access::None);
        ended?;
        match built {
            Ok(object) => {
                self.object = Some(object);
                self.unbuildable = None;
                Ok(Ok(()))
            }
            Err(error) => {
                self.shared.forget_shapes();
                let failures = self.unbuildable.as_ref().map_or(0, |u| u.failures) + 1;
                if failures == 1 {
                    tracing::warn!(%error, "the object can't be built; its work waits");
                }
                self.unbuildable = Some(Unbuildable {
                    error: error.clone(),
                    failures,
                    until: self.shared.now() + trouble(failures),
                });
                Ok(Err(error))
            }
        }
    }

    /// Runs a program on the object; what it writes stays only if all goes well. If it may write, `finish`
    /// is done first.
    pub(super) fn run(
        &mut self,
        program: &Program<'_>,
        input: Option<&[u8]>,
        wanted: bool,
        finish: Option<Finish>,
    ) -> Result<Result<Vec<u8>, Failure>, SqlError> {
        let writes = finish.is_some() || !only_reads::<D>(program);
        self.attempt(writes, finish, &mut |shared, object| {
            execute(object, program, input, wanted, |handler| {
                shared.allow(match handler.reads {
                    true => Access::Reading,
                    false => Access::Writing,
                });
            })
        })
    }

    /// Runs `#[on_failed]`.
    pub(super) fn tell_failed(
        &mut self,
        work: FailedWork,
        finish: Finish,
    ) -> Result<Result<(), Failure>, SqlError> {
        let mut work = Some(work);
        self.attempt(true, Some(finish), &mut |shared, object| {
            shared.allow(Access::Writing);
            match (D::ON_FAILED, work.take()) {
                (Some(on_failed), Some(work)) => caught(|| on_failed(object, work))
                    .and_then(|told| told)
                    .map_err(Failure::Handler),
                _ => Ok(()),
            }
        })
    }

    /// Runs code of the user, what it writes staying only if all goes well, and only if it `writes`:
    /// `finish` is done first.
    fn attempt<T: Default>(
        &mut self,
        writes: bool,
        finish: Option<Finish>,
        code: &mut dyn FnMut(&Shared, &mut D) -> Result<T, Failure>,
    ) -> Result<Result<T, Failure>, SqlError> {
        let item = finish.map(|finish| finish.item());
        let spares = self.shared.storage.spares_savepoints();
        // How many ran before, if only the rollback of the transaction undoes this.
        let mut before = None;
        match &mut self.undo {
            _ if !writes => {}
            Undo::Undone(failed) if failed.before == 0 => return self.undone(item),
            Undo::Undone(failed) => failed.before -= 1,
            Undo::Rollback { ran } if *ran == 0 || spares && self.wary == 0 => {
                before = Some(*ran);
                *ran += 1;
            }
            Undo::Rollback { ran } => {
                self.wary = self.wary.saturating_sub(1);
                *ran += 1;
            }
            _ => self.wary = self.wary.saturating_sub(1),
        }
        let shared = Arc::clone(&self.shared);
        let effects = self.shared.effects();
        let mut broken = None;
        let mut outcome = Ok(T::default());
        let mut body = || {
            let finished = match finish {
                Some(Finish::Remove(id)) => {
                    self.store().finish(id);
                    Ok(())
                }
                Some(Finish::Advance(id, next)) => self.store().advance(id, next),
                None => Ok(()),
            };
            if let Err(error) = finished {
                broken = Some(error);
                return End::Rollback;
            }
            let Self { shared, object, .. } = &mut *self;
            let Some(object) = object else {
                return End::Rollback;
            };
            shared
                .storage
                .handler(&mut || outcome = code(shared, object));
            shared.allow(Access::None);
            match outcome {
                Ok(_) => End::Commit,
                Err(_) => End::Rollback,
            }
        };
        let ended = match (writes, before) {
            (true, Some(_)) => {
                body();
                Ok(())
            }
            (true, _) => shared.store.savepoint(&mut body).map(drop),
            // What has run must not be removed in what is rolled back.
            (false, _) => shared.store.settle().and_then(|()| {
                shared.storage.reading(&mut || {
                    body();
                })
            }),
        };
        if let Some(error) = broken {
            return Err(error);
        }
        let destroys = self.shared.take_destroy();
        ended?;
        match outcome {
            Ok(_) if writes && destroys => self.destroy()?,
            Ok(_) if writes && self.destroyed => {
                self.store().clear_destroyed()?;
                self.destroyed = false;
            }
            Ok(_) => {}
            Err(failure) => {
                self.drop_object();
                self.shared.forget_effects(effects);
                if writes {
                    self.shared.forget_shapes();
                    self.wary = WARY;
                }
                if let Some(before) = before {
                    self.undo = Undo::Again(Failed {
                        before,
                        item,
                        failure,
                    });
                    return Err(SqlError::statement(
                        "the transaction begins again".to_owned(),
                    ));
                }
                return Ok(Err(failure));
            }
        }
        Ok(outcome)
    }

    /// What had the transaction rolled back has its turn again: it has failed.
    fn undone<T>(&mut self, item: Option<Uuid>) -> Result<Result<T, Failure>, SqlError> {
        match mem::replace(&mut self.undo, Undo::Savepoint) {
            Undo::Undone(failed) if failed.item == item => Ok(Err(failed.failure)),
            // Its handlers depend on something else. One by one, what fails has nothing before it.
            _ => Err(SqlError::statement(
                "when the transaction began again, it did not go as before".to_owned(),
            )),
        }
    }
}
