//! The engine of one object: one commit for each turn, a savepoint for each item.

use super::careful::{Interruption, Marked};
use super::execute::{Failure, caught, execute, only_reads};
use super::parked::Parked;
use super::{CallHeader, Effect, Event, Inspection, Mail, Start, Turns};
use crate::continuation::program::Program;
use crate::error::{CallError, HandlerError};
use crate::host::{Detour, End, Identity, SqlError, Storage, Tick};
use crate::object::Object;
use crate::services::{Access, FailedFilter, ScheduleFilter, Services, Shared};
use crate::store::{Item, Store};
use crate::views::FailedWork;
use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;

/// How long to wait when the database fails, or the object can't be built: this, doubling, up to
/// five minutes.
const TROUBLE_MS: i64 = 1_000;
const LONGEST_TROUBLE_MS: i64 = 300_000;
/// Work that is overdue by more than this at the start was interrupted, for all that is known.
const UNCLEAN_MS: i64 = 1_000;

/// The engine of one object. It holds the object in memory and nothing else that could not be made
/// anew from the database.
pub struct Engine<D: Object> {
    pub(super) shared: Arc<Shared>,
    pub(super) object: Option<D>,
    /// Whether the tables are up to date, since it was loaded.
    prepared: bool,
    /// What of the parked work was looked at.
    pub(super) parked: Parked,
    unbuildable: Option<Unbuildable>,
    /// The item that ran last, for the blame when its transaction is lost.
    pub(super) running: Option<Arc<Item>>,
    /// Whether due items are marked before they run; `None` until the first turn finds out.
    pub(super) careful: Option<bool>,
    /// What was marked as attempted and is to run next.
    pub(super) marked: Option<Marked>,
    /// What others sent that is to be heard after that.
    pub(super) waiting: VecDeque<Mail>,
    /// Whether the wake that runs means to mark an item.
    pub(super) marking: bool,
    /// Whether the host goes on when this object ends its process: then the object is built before
    /// an item is marked, so that a `new` that does so spends no attempt.
    pub(super) survives: bool,
    /// Whether the object was destroyed and nothing has been written since.
    destroyed: bool,
    /// Whether the object was destroyed in this turn.
    pub(super) gone: bool,
    /// When the first of the calls that it has executed can be forgotten.
    pub(super) purge_at: Option<i64>,
    /// What became of the item that the engine before had marked.
    pub(super) interruption: Option<Interruption>,
    /// Whether the executors of its fetches ended with the process before, and their attempts have not
    /// been given up yet.
    executors_died: bool,
    /// How many turns in a row the database has failed.
    pub(super) troubles: u32,
}

struct Unbuildable {
    error: HandlerError,
    failures: u32,
    until: i64,
}

/// What becomes of an item that runs, before it does.
#[derive(Clone, Copy)]
pub(super) enum Finish {
    Remove(Uuid),
    /// It recurs, next at this time.
    Advance(Uuid, i64),
}

impl<D: Object> Engine<D> {
    /// An engine over an object's database. Nothing is read before the first turn.
    pub fn new(storage: Arc<dyn Storage>, identity: Identity, start: Start) -> Self {
        let start_unclean = start == Start::Unclean;
        Self {
            shared: Arc::new(Shared::new(storage, identity)),
            object: None,
            prepared: false,
            parked: Parked::unknown(),
            unbuildable: None,
            running: None,
            careful: match start {
                Start::Clean => Some(false),
                Start::Unknown => None,
                _ => Some(true),
            },
            survives: !start_unclean,
            marked: None,
            waiting: VecDeque::new(),
            marking: false,
            destroyed: false,
            gone: false,
            purge_at: None,
            interruption: match start {
                Start::Interrupted { item, reason } => Some(Interruption::Ended { item, reason }),
                Start::NotRun { item } => Some(Interruption::NotRun { item }),
                _ => None,
            },
            executors_died: start_unclean,
            troubles: 0,
        }
    }

    /// Whether a program is understood and takes only handlers that read: one that needs no
    /// database to exist.
    pub fn only_reads(program: &[u8]) -> bool {
        Program::decode(program).is_ok_and(|program| only_reads::<D>(&program))
    }

    pub(super) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// One transaction around `work`, ending with the alarm. When it is lost, so is the object's
    /// memory.
    pub(super) fn commit(
        &mut self,
        rung: Option<i64>,
        work: &mut dyn FnMut(&mut Self) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let storage = Arc::clone(&self.shared.storage);
        let mut failure = None;
        let effects = self.shared.effects();
        let parked = self.parked;
        let ended = storage.transaction(&mut || {
            let done = self
                .prepare()
                .and_then(|()| work(self))
                .and_then(|()| self.purge())
                .and_then(|()| self.store().settle())
                .and_then(|()| self.arm(rung));
            match done {
                Ok(()) => End::Commit,
                Err(error) => {
                    failure = Some(error);
                    End::Rollback
                }
            }
        });
        self.store().forget_due();
        let result = failure.map_or(ended.map(drop), Err);
        match result {
            Ok(()) => {
                self.troubles = 0;
                self.interruption = None;
                self.executors_died = false;
            }
            Err(_) => {
                self.shared.forget_effects(effects);
                self.parked = parked;
                self.start_over();
            }
        }
        result
    }

    fn prepare(&mut self) -> Result<(), SqlError> {
        if self.prepared {
            return self.unpark();
        }
        self.store().forget_known();
        self.store().migrate()?;
        self.shared.resume()?;
        self.unpark()?;
        self.note_interruption()?;
        self.look_for_purge()?;
        self.destroyed = self.store().is_destroyed()?;
        if self.careful.is_none() {
            let first = self.store().first_due()?;
            let bound = self.shared.now().saturating_sub(UNCLEAN_MS);
            self.careful = Some(first.is_some_and(|due| due < bound));
        }
        if self.careful == Some(true) {
            self.send_all_again()?;
        }
        if self.executors_died {
            self.give_up_attempts()?;
        }
        self.prepared = true;
        Ok(())
    }

    /// Sets the alarm to the first due time, overdue work included, or clears it; to now if there is parked
    /// work that was not looked at. It is later than the
    /// alarm that rings: some hosts would take the same time for no change. It may have passed: then
    /// it rings at once.
    fn arm(&self, rung: Option<i64>) -> Result<(), SqlError> {
        let earliest = rung.map_or(i64::MIN, |rung| rung.saturating_add(1));
        let until = self.unbuildable.as_ref().map_or(i64::MIN, |u| u.until);
        let first = self.store().first_due()?;
        let first = first.map(|due| due.max(until));
        let parked = (!self.parked.is_seen()).then(|| self.shared.now());
        let next = [first, self.purge_at, parked].into_iter().flatten().min();
        self.shared
            .storage
            .set_alarm(next.map(|at| at.max(earliest)));
        Ok(())
    }

    /// The object, made anew from its database if need be; the error is that of its `new`.
    pub(super) fn build(&mut self) -> Result<Result<(), HandlerError>, SqlError> {
        if self.object.is_some() {
            return Ok(Ok(()));
        }
        let shared = Arc::clone(&self.shared);
        let mut built = Err(HandlerError::new("not built"));
        self.shared.allow(Access::Building);
        let ended = shared.store.savepoint(&mut || {
            let services = Services::new(Arc::clone(&self.shared));
            built = caught(|| D::create(services)).and_then(|created| created);
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

    /// Erases the object and begins a new one, in the transaction that runs.
    fn destroy(&mut self) -> Result<(), SqlError> {
        tracing::info!("destroyed");
        self.shared.forget_sends();
        self.drop_object();
        self.unbuildable = None;
        self.store().wipe()?;
        self.shared.resume()?;
        self.destroyed = true;
        self.gone = true;
        match self.purge_at {
            // What it knows of calls stays, and so does that there is nothing else.
            Some(_) => self.store().set_destroyed(),
            None => Ok(()),
        }
    }

    /// Whether a program that only reads can run without a commit: all that an engine does first has been
    /// done, the alarm included.
    pub(super) fn is_ready_to_read(&self) -> bool {
        self.prepared && self.object.is_some()
    }

    /// Whether a message is a program that only reads, and needs no care. A call that comes again is
    /// carefully run, and so is each in careful mode.
    pub(super) fn only_reads_now(&self, one: &Mail) -> bool {
        let Mail::Request(request) = one else {
            return false;
        };
        let careful = |call: &CallHeader| call.attempt > 1 || self.careful == Some(true);
        !request.call.as_ref().is_some_and(careful) && Self::only_reads(&request.program)
    }

    /// After a transaction was lost: nothing is known of the database any more.
    pub(super) fn start_over(&mut self) {
        self.drop_object();
        self.store().forget_known();
        self.prepared = false;
        self.destroyed = false;
    }

    /// Whether a test wants the engine to take this way now.
    pub(super) fn detours(&self, detour: Detour) -> bool {
        self.shared.storage.detours(detour)
    }

    fn drop_object(&mut self) {
        // A panic in the user's `Drop` concerns nobody: the object is gone either way.
        let _ = caught(|| self.object = None);
    }

    /// Runs a program on the object in a savepoint that it commits only if all goes well, and only
    /// if something may have been written: `finish` is done first.
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

    /// Runs code of the user in a savepoint that is committed only if all goes well, and only if it
    /// `writes`: `finish` is done first.
    fn attempt<T: Default>(
        &mut self,
        writes: bool,
        finish: Option<Finish>,
        code: &mut dyn FnMut(&Shared, &mut D) -> Result<T, Failure>,
    ) -> Result<Result<T, Failure>, SqlError> {
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
            outcome = code(shared, object);
            shared.allow(Access::None);
            match outcome {
                Ok(_) => End::Commit,
                Err(_) => End::Rollback,
            }
        };
        let ended = match writes {
            true => shared.store.savepoint(&mut body).map(drop),
            // What has run must not be removed in what is rolled back.
            false => shared.store.settle().and_then(|()| {
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
        if outcome.is_err() {
            self.drop_object();
            self.shared.forget_effects(effects);
            if writes {
                self.shared.forget_shapes();
            }
        } else if writes && destroys {
            self.destroy()?;
        } else if writes && self.destroyed {
            self.store().clear_destroyed()?;
            self.destroyed = false;
        }
        Ok(outcome)
    }
}

impl<D: Object> Turns for Engine<D> {
    fn turn(&mut self, tick: Tick, event: Event) -> Vec<Effect> {
        let shared = Arc::clone(&self.shared);
        let Identity { class, name } = &shared.identity;
        let _span = tracing::info_span!("turn", class, name, event = event.name()).entered();
        self.shared.begin(tick);
        self.gone = false;
        let mut effects = match event {
            Event::Mail(mail) => self.mail(mail),
            Event::Alarm { scheduled } => {
                self.wake(scheduled);
                Vec::new()
            }
            Event::Resume => {
                let reply = self.run_marked();
                let heard = self.go_on();
                reply.into_iter().chain(heard).collect()
            }
        };
        effects.extend(self.shared.take_effects());
        effects.extend(self.resumes());
        if self.detours(Detour::DropsObject) {
            self.drop_object();
        }
        if self.detours(Detour::PreparesAgain) {
            self.prepared = false;
        }
        if self.destroyed && self.purge_at.is_none() {
            effects.push(Effect::Destroyed);
        }
        effects
    }

    fn inspect(&mut self, tick: Tick) -> Result<Inspection, CallError> {
        self.shared.begin(tick);
        let storage = Arc::clone(&self.shared.storage);
        let mut inspected = Err(CallError::not_executed("not read"));
        let read = || -> Result<Inspection, SqlError> {
            self.store().migrate()?;
            let unbuildable = self.unbuildable.as_ref().map(|u| &u.error);
            let pending = ScheduleFilter::default().limit(ScheduleFilter::MAX_LIMIT);
            let failed = FailedFilter::default().limit(FailedFilter::MAX_LIMIT);
            Ok(Inspection {
                pending: pending.page(self.store(), unbuildable, tick.now)?.items,
                failed: failed.page(self.store())?.items,
            })
        };
        let ended = storage.transaction(&mut || {
            inspected = read().map_err(CallError::not_executed);
            End::Rollback
        });
        ended.map_err(CallError::not_executed).and(inspected)
    }

    #[cfg(not(target_family = "wasm"))]
    fn look(
        &mut self,
        tick: Tick,
        look: &mut dyn FnMut(&dyn std::any::Any),
    ) -> Result<(), CallError> {
        self.shared.begin(tick);
        self.show(look)
    }

    fn knows_parked(&self) -> bool {
        self.parked.is_known()
    }

    fn pass_over_parked(&mut self) {
        self.parked = Parked::known();
    }
}

impl<D: Object> Drop for Engine<D> {
    fn drop(&mut self) {
        self.drop_object();
    }
}

pub(super) fn trouble(failures: u32) -> i64 {
    (TROUBLE_MS << failures.saturating_sub(1).min(20)).min(LONGEST_TROUBLE_MS)
}
