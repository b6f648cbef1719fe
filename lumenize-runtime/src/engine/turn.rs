//! The engine of one object: one commit for each turn, a savepoint for each item.

use super::execute::{Failure, caught, execute, info, only_reads, understood};
use super::{Effect, Event, Inspection, Request, Turns};
use crate::continuation::program::Program;
use crate::error::{CallError, HandlerError, Outcome};
use crate::host::{End, Identity, SqlError, SqlErrorKind, Storage, Tick};
use crate::object::Object;
use crate::services::{Access, Services, Shared};
use crate::store::{Detail, Item, Kind, Status, Store};
use crate::views::{FailedWork, PendingWork, store_error};
use std::sync::Arc;
use uuid::Uuid;

/// How many due items one wake runs; the alarm rings again at once for the rest.
const BATCH: usize = 100;

/// How long to wait when the database fails, or the object can't be built: this, doubling, up to
/// five minutes.
const TROUBLE_MS: i64 = 1_000;
const LONGEST_TROUBLE_MS: i64 = 300_000;

/// The engine of one object. It holds the object in memory and nothing else that could not be made
/// anew from the database.
pub struct Engine<D: Object> {
    shared: Arc<Shared>,
    object: Option<D>,
    /// Whether the tables are up to date and parked work has been looked at, since it was loaded.
    prepared: bool,
    unbuildable: Option<Unbuildable>,
    /// The item that ran last, for the blame when its transaction is lost.
    running: Option<Item>,
    /// How many turns in a row the database has failed.
    troubles: u32,
}

struct Unbuildable {
    error: HandlerError,
    failures: u32,
    until: i64,
}

/// What becomes of an item that runs, before it does.
#[derive(Clone, Copy)]
enum Finish {
    Remove(Uuid),
    /// It recurs, next at this time.
    Advance(Uuid, i64),
}

impl<D: Object> Engine<D> {
    /// An engine over an object's database. Nothing is read before the first turn.
    pub fn new(storage: Arc<dyn Storage>, identity: Identity) -> Self {
        Self {
            shared: Arc::new(Shared::new(storage, identity)),
            object: None,
            prepared: false,
            unbuildable: None,
            running: None,
            troubles: 0,
        }
    }

    /// Whether a program is understood and takes only handlers that read: one that needs no
    /// database to exist.
    pub fn only_reads(program: &[u8]) -> bool {
        Program::decode(program).is_ok_and(|program| only_reads::<D>(&program))
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }

    /// One transaction around `work`, ending with the alarm. When it is lost, so is the object's
    /// memory.
    fn commit(
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
                .and_then(|()| self.arm(rung));
            match done {
                Ok(()) => End::Commit,
                Err(error) => {
                    failure = Some(error);
                    End::Rollback
                }
            }
        });
        let result = failure.map_or(ended.map(drop), Err);
        match result {
            Ok(()) => self.troubles = 0,
            Err(_) => {
                self.drop_object();
                self.prepared = false;
            }
        }
        result
    }

    fn prepare(&mut self) -> Result<(), SqlError> {
        if self.prepared {
            return Ok(());
        }
        self.store().migrate()?;
        self.shared.resume_ids()?;
        for row in self.store().all_set_aside()? {
            if row.status == Status::Parked as i64 && self.plan(&row.item).is_ok() {
                self.store().take_set_aside(row.item.id)?;
                self.store().add(&row.item)?;
            }
        }
        self.prepared = true;
        Ok(())
    }

    /// Sets the alarm to the first due time, overdue work included, or clears it. It is never the
    /// time of the alarm that rings, which some hosts would take for no change.
    fn arm(&self, rung: Option<i64>) -> Result<(), SqlError> {
        let earliest = self.shared.now().max(rung.unwrap_or(i64::MIN)) + 1;
        let until = self.unbuildable.as_ref().map_or(i64::MIN, |u| u.until);
        let first = self.store().first_due()?;
        self.shared
            .storage
            .set_alarm(first.map(|due| due.max(earliest).max(until)));
        Ok(())
    }

    /// The object, made anew from its database if need be; the error is that of its `new`.
    fn build(&mut self) -> Result<Result<(), HandlerError>, SqlError> {
        if self.object.is_some() {
            return Ok(Ok(()));
        }
        let storage = Arc::clone(&self.shared.storage);
        let mut built = Err(HandlerError::new("not built"));
        self.shared.allow(Access::Building);
        let ended = storage.transaction(&mut || {
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
                let failures = self.unbuildable.as_ref().map_or(0, |u| u.failures) + 1;
                self.unbuildable = Some(Unbuildable {
                    error: error.clone(),
                    failures,
                    until: self.shared.now() + trouble(failures),
                });
                Ok(Err(error))
            }
        }
    }

    fn drop_object(&mut self) {
        // A panic in the user's `Drop` concerns nobody: the object is gone either way.
        let _ = caught(|| self.object = None);
    }

    /// Runs a program on the object in a savepoint that it commits only if all goes well, and only
    /// if something may have been written: `finish` is done first.
    fn run(
        &mut self,
        program: &Program<'_>,
        wanted: bool,
        finish: Option<Finish>,
    ) -> Result<Result<Vec<u8>, Failure>, SqlError> {
        let storage = Arc::clone(&self.shared.storage);
        let writes = finish.is_some() || !only_reads::<D>(program);
        let mut broken = None;
        let mut outcome = Ok(Vec::new());
        let ended = storage.transaction(&mut || {
            let finished = match finish {
                Some(Finish::Remove(id)) => self.store().remove(id).map(drop),
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
            outcome = execute(object, program, None, wanted, |handler| {
                shared.allow(match handler.reads {
                    true => Access::Reading,
                    false => Access::Writing,
                });
            });
            shared.allow(Access::None);
            match outcome {
                Ok(_) if writes => End::Commit,
                _ => End::Rollback,
            }
        });
        if let Some(error) = broken {
            return Err(error);
        }
        ended?;
        if outcome.is_err() {
            self.drop_object();
            self.shared.resume_ids()?;
        }
        Ok(outcome)
    }

    // ---- requests ------------------------------------------------------------------------------

    fn requests(&mut self, requests: &[Request]) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(requests.len());
        let together = self.commit(None, &mut |engine| {
            for request in requests {
                let answer = engine.answer(request)?;
                effects.push(reply(request, answer));
            }
            Ok(())
        });
        match (together, requests) {
            (Ok(()), _) => return effects,
            (Err(error), [only]) => return vec![reply(only, Err(unreachable(&error)))],
            // None of them has happened unless the commit itself failed: one by one, so that the
            // one whose fault it is does not take the others with it.
            (Err(error), _) if !error.committing => {}
            (Err(error), _) => {
                return requests
                    .iter()
                    .map(|request| reply(request, Err(unreachable(&error))))
                    .collect();
            }
        }
        requests
            .iter()
            .map(|request| {
                let mut answer = Ok(Vec::new());
                let alone = self.commit(None, &mut |engine| {
                    answer = engine.answer(request)?;
                    Ok(())
                });
                reply(
                    request,
                    alone.map_err(|error| unreachable(&error)).and(answer),
                )
            })
            .collect()
    }

    fn answer(&mut self, request: &Request) -> Result<Result<Vec<u8>, CallError>, SqlError> {
        let program = match Program::decode(&request.program).and_then(Program::without_input) {
            Ok(program) => program,
            Err(error) => return Ok(Err(CallError::refused(error))),
        };
        for step in &program.steps {
            match info::<D>(&step.handler) {
                Some(info) if info.public => {}
                Some(_) => {
                    return Ok(Err(CallError::refused(format!(
                        "`{}` is not `pub`, so only the object itself may run it",
                        step.handler
                    ))));
                }
                None => {
                    return Ok(Err(CallError::refused(format!(
                        "`{}` has no handler `{}`",
                        D::CLASS,
                        step.handler
                    ))));
                }
            }
        }
        if let Err(error) = self.build()? {
            return Ok(Err(CallError::refused(format!(
                "the object can't be built: {error}"
            ))));
        }
        self.shared.set_attempt(1);
        let outcome = self.run(&program, true, None)?;
        Ok(outcome.map_err(|failure| match failure {
            Failure::Handler(error) => CallError::Handler(error),
            Failure::NotUnderstood(error) => CallError::refused(error),
        }))
    }

    // ---- the alarm -----------------------------------------------------------------------------

    fn wake(&mut self, rung: i64) {
        let together = self.commit(Some(rung), &mut |engine| engine.run_due(BATCH).map(drop));
        if together.is_ok() {
            return;
        }
        // The whole batch never happened: one by one, each in a commit of its own.
        for _ in 0..BATCH {
            self.running = None;
            let mut ran = 0;
            let alone = self.commit(Some(rung), &mut |engine| {
                ran = engine.run_due(1)?;
                Ok(())
            });
            let goes_on = match alone {
                Ok(()) => ran > 0,
                Err(error) => self.blame(rung, &error),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Runs up to `limit` due items and says how many. Each is read from the table when its turn
    /// comes: the one before may have cancelled it.
    fn run_due(&mut self, limit: usize) -> Result<usize, SqlError> {
        for ran in 0..limit {
            let Some(item) = self.store().next_due(self.shared.now())? else {
                return Ok(ran);
            };
            if self.build()?.is_err() {
                return Ok(ran);
            }
            self.running = Some(item.clone());
            self.run_item(item)?;
        }
        Ok(limit)
    }

    fn run_item(&mut self, item: Item) -> Result<(), SqlError> {
        let now = self.shared.now();
        let (program, detail) = match self.plan(&item) {
            Ok(plan) => plan,
            Err(reason) => return self.park(&item, reason),
        };
        self.shared.set_attempt(item.attempts.saturating_add(1));
        let finish = match detail.every {
            Some(every) => Finish::Advance(item.id, next_tick(item.scheduled, every, now)),
            None => Finish::Remove(item.id),
        };
        let outcome = self.run(&program, false, Some(finish))?;
        match outcome {
            Ok(_) => Ok(()),
            Err(Failure::Handler(error)) => self.record_failure(&item, detail, &error),
            Err(Failure::NotUnderstood(error)) => self.park(
                &item,
                HandlerError::with_code("not_understood", error.to_string()),
            ),
        }
    }

    /// What an item asks for, if this code understands it.
    fn plan<'i>(&self, item: &'i Item) -> Result<(Program<'i>, Detail), HandlerError> {
        let reason = |text: String| HandlerError::with_code("not_understood", text);
        if item.kind != Kind::Schedule as i64 {
            return Err(reason(format!("there is no work of kind {}", item.kind)));
        }
        let detail = Detail::decode(&item.detail)
            .ok_or_else(|| reason("its retry policy or interval can't be read".to_owned()))?;
        let program = Program::decode(&item.program)
            .and_then(Program::without_input)
            .map_err(|error| reason(error.to_string()))?;
        understood::<D>(&program).map_err(|error| reason(error.to_string()))?;
        Ok((program, detail))
    }

    fn park(&self, item: &Item, reason: HandlerError) -> Result<(), SqlError> {
        self.store().remove(item.id)?;
        let parked = Item {
            error: Some(store_error(&reason)),
            ..item.clone()
        };
        self.store()
            .set_aside(&parked, Status::Parked, self.shared.now())
    }

    /// Spends one attempt: the item is tried again later or set aside.
    fn record_failure(
        &self,
        item: &Item,
        detail: Detail,
        error: &HandlerError,
    ) -> Result<(), SqlError> {
        let now = self.shared.now();
        let attempts = item.attempts.saturating_add(1);
        let error = store_error(error);
        if let Some(delay) = self.shared.retry_delay(&detail.retry, attempts) {
            return self
                .store()
                .postpone(item.id, now + delay.max(1), attempts, Some(&error));
        }
        let mut failed = Item {
            attempts,
            error: Some(error),
            ..item.clone()
        };
        match detail.every {
            Some(every) => {
                self.store()
                    .advance(item.id, next_tick(item.scheduled, every, now))?;
                failed.id = self.shared.next_id()?;
                failed.detail = Detail {
                    every: None,
                    ..detail
                }
                .encode();
            }
            None => {
                self.store().remove(item.id)?;
            }
        }
        self.store().set_aside(&failed, Status::Failed, now)
    }

    /// After the transaction of an item that ran alone was lost: puts the item off, which spends an
    /// attempt unless the disk is at fault, and says whether the others may go on.
    fn blame(&mut self, rung: i64, error: &SqlError) -> bool {
        self.troubles = self.troubles.saturating_add(1);
        let troubles = self.troubles;
        let wait = self.shared.now() + trouble(troubles);
        if let Some(item) = self.running.take() {
            let reason = HandlerError::with_code("transaction_lost", error.to_string());
            let recorded = self.commit(Some(rung), &mut |engine| match (
                error.kind,
                Detail::decode(&item.detail),
            ) {
                (SqlErrorKind::Statement, Some(detail)) => {
                    engine.record_failure(&item, detail, &reason)
                }
                _ => engine.store().postpone(
                    item.id,
                    wait,
                    item.attempts,
                    Some(&store_error(&reason)),
                ),
            });
            if recorded.is_ok() {
                self.troubles = troubles;
                return true;
            }
        }
        // Nothing can be written at all: outside of any transaction, the alarm tries again later.
        self.shared.storage.set_alarm(Some(wait.max(rung + 1)));
        false
    }
}

impl<D: Object> Turns for Engine<D> {
    fn turn(&mut self, tick: Tick, event: Event) -> Vec<Effect> {
        self.shared.begin(tick);
        match event {
            Event::Requests(requests) => self.requests(&requests),
            Event::Alarm { scheduled } => {
                self.wake(scheduled);
                Vec::new()
            }
        }
    }

    fn inspect(&mut self, tick: Tick) -> Result<Inspection, CallError> {
        self.shared.begin(tick);
        let storage = Arc::clone(&self.shared.storage);
        let mut inspected = Err(CallError::not_executed("not read"));
        let read = || -> Result<Inspection, SqlError> {
            self.store().migrate()?;
            let unbuildable = self.unbuildable.as_ref().map(|u| &u.error);
            let now = tick.now;
            Ok(Inspection {
                pending: (self.store().pending()?.iter())
                    .map(|item| PendingWork::of(item, unbuildable, now))
                    .collect(),
                failed: self
                    .store()
                    .all_set_aside()?
                    .iter()
                    .map(FailedWork::of)
                    .collect(),
            })
        };
        let ended = storage.transaction(&mut || {
            inspected = read().map_err(CallError::not_executed);
            End::Rollback
        });
        ended.map_err(CallError::not_executed).and(inspected)
    }
}

impl<D: Object> Drop for Engine<D> {
    fn drop(&mut self) {
        self.drop_object();
    }
}

/// The first tick after `now` on the grid that `scheduled` lies on.
fn next_tick(scheduled: i64, every: u64, now: i64) -> i64 {
    let every = i64::try_from(every).unwrap_or(i64::MAX).max(1);
    let missed = now.saturating_sub(scheduled).max(0) / every;
    scheduled.saturating_add(every.saturating_mul(missed.saturating_add(1)))
}

fn trouble(failures: u32) -> i64 {
    (TROUBLE_MS << failures.saturating_sub(1).min(20)).min(LONGEST_TROUBLE_MS)
}

fn reply(request: &Request, answer: Result<Vec<u8>, CallError>) -> Effect {
    Effect::Reply {
        token: request.token,
        answer,
    }
}

fn unreachable(error: &SqlError) -> CallError {
    CallError::Unreachable {
        reason: error.to_string(),
        outcome: match error.committing {
            true => Outcome::Unknown,
            false => Outcome::NotExecuted,
        },
    }
}
