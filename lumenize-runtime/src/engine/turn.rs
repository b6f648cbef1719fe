//! The engine of one object: one commit for each turn, whatever runs in it.

use super::attempt::Undo;
use super::careful::{Interruption, Marked};
use super::execute::{caught, only_reads};
use super::pace::Pace;
use super::parked::Parked;
use super::{CallHeader, Effect, Event, Inspection, Mail, Start, Turns};
use crate::continuation::program::Program;
use crate::error::{CallError, HandlerError};
use crate::host::{Detour, End, Identity, SqlError, Storage, Tick};
use crate::object::Object;
use crate::services::{FailedFilter, ScheduleFilter, Shared};
use crate::store::{Item, Store};
use std::collections::VecDeque;
use std::sync::Arc;

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
    pub(super) unbuildable: Option<Unbuildable>,
    pub(super) undo: Undo,
    /// So many that run next are undone by savepoints of their own, after one failed that was not.
    pub(super) wary: u32,
    pub(super) pace: Pace,
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
    pub(super) destroyed: bool,
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

pub(super) struct Unbuildable {
    pub(super) error: HandlerError,
    pub(super) failures: u32,
    pub(super) until: i64,
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
            undo: Undo::Savepoint,
            wary: 0,
            pace: Pace::default(),
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
    /// memory. It may begin again: all that `work` does must be as if it ran for the first time then.
    pub(super) fn commit(
        &mut self,
        rung: Option<i64>,
        work: &mut dyn FnMut(&mut Self) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let effects = self.shared.effects();
        let parked = self.parked;
        let (gone, destroyed, purge_at) = (self.gone, self.destroyed, self.purge_at);
        let drawn = self.shared.drawn();
        if self.prepared {
            self.undo = Undo::Rollback { ran: 0 };
        }
        let mut result = self.transact(rung, work);
        if self.undo.again() && result.is_ok() {
            self.shared.forget_effects(effects);
            self.parked = parked;
            (self.gone, self.destroyed, self.purge_at) = (gone, destroyed, purge_at);
            self.shared.draw_again(drawn);
            self.store().forget_known();
            result = self.transact(rung, work);
            // To do many again takes longer.
            self.pace = Pace::default();
        }
        self.undo = Undo::Savepoint;
        match result {
            Ok(()) => {
                self.troubles = 0;
                self.interruption = None;
                self.executors_died = false;
            }
            Err(_) => {
                self.shared.forget_effects(effects);
                self.parked = parked;
                self.gone = gone;
                self.start_over();
            }
        }
        result
    }

    fn transact(
        &mut self,
        rung: Option<i64>,
        work: &mut dyn FnMut(&mut Self) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let storage = Arc::clone(&self.shared.storage);
        let mut failure = None;
        let ended = storage.transaction(&mut || {
            let done = self
                .prepare()
                .and_then(|()| work(self))
                .and_then(|()| self.purge())
                .and_then(|()| self.store().settle())
                .and_then(|()| self.arm(rung));
            let Err(error) = done else {
                return End::Commit;
            };
            if !matches!(self.undo, Undo::Again(_)) {
                failure = Some(error);
            }
            End::Rollback
        });
        self.store().forget_due();
        failure.map_or(ended.map(drop), Err)
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

    /// Erases the object and begins a new one, in the transaction that runs.
    pub(super) fn destroy(&mut self) -> Result<(), SqlError> {
        tracing::info!("destroyed");
        self.shared.forget_sends();
        for fetch in self.store().fetches_under_way()? {
            self.shared.after_commit(Effect::CancelFetch(fetch));
        }
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

    /// Whether a test wants the engine to take this way now. A transaction that begins again goes as before.
    pub(super) fn detours(&self, detour: Detour) -> bool {
        !matches!(self.undo, Undo::Undone(_)) && self.shared.storage.detours(detour)
    }

    pub(super) fn drop_object(&mut self) {
        // A panic in the user's `Drop` concerns nobody: the object is gone either way.
        let _ = caught(|| self.object = None);
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
