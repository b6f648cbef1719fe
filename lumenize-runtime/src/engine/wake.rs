//! What the engine does when the alarm rings.

use super::Engine;
use super::careful::{interrupted, needs_care};
use super::execute::{Failure, info};
use super::turn::{Finish, trouble};
use crate::continuation::program::Program;
use crate::error::HandlerError;
use crate::host::{SqlError, SqlErrorKind};
use crate::object::Object;
use crate::store::{Detail, Item, Kind, Status};
use crate::views::store_error;

/// How many due items one wake runs; the alarm rings again at once for the rest.
const BATCH: usize = 100;

impl<D: Object> Engine<D> {
    pub(super) fn wake(&mut self, rung: i64) {
        self.marked = None;
        let together = self.commit(Some(rung), &mut |engine| {
            if !engine.mark_next(rung)? {
                engine.run_due(BATCH)?;
            }
            Ok(())
        });
        let Err(error) = together else {
            return;
        };
        self.running = None;
        if self.careful == Some(true) || self.marking {
            // The mark could not be made, and nothing runs without it.
            self.marked = None;
            self.blame(rung, &error);
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
            if needs_care(&item) {
                // The next wake begins with it, carefully.
                return Ok(ran);
            }
            self.running = Some(item.clone());
            self.run_item(item)?;
        }
        Ok(limit)
    }

    pub(super) fn run_item(&mut self, item: Item) -> Result<(), SqlError> {
        let now = self.shared.now();
        self.learn(&item)?;
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
            Err(Failure::NotUnderstood(error)) => self.park(&item, not_understood(error)),
        }
    }

    /// Learns the shapes that an item's values refer to.
    pub(super) fn learn(&self, item: &Item) -> Result<(), SqlError> {
        let Ok(program) = Program::decode(&item.program) else {
            return Ok(());
        };
        program
            .values()
            .try_for_each(|value| crate::codec::learn(value, |hash| self.store().shape(hash)))
    }

    /// Whether this code has the handlers that an item asks for. Whether they take its arguments
    /// turns out when it runs: reading those is the user's code, which may end the process.
    pub(super) fn has_handlers(&self, item: &Item) -> bool {
        self.plan(item).is_ok_and(|(program, _)| {
            let mut steps = program.steps();
            steps.all(|step| info::<D>(step.handler).is_some())
        })
    }

    /// What an item asks for. Whether its handlers exist and take its arguments turns out when it
    /// runs: each argument is decoded once.
    pub(super) fn plan<'i>(&self, item: &'i Item) -> Result<(Program<'i>, Detail), HandlerError> {
        if item.kind != Kind::Schedule as i64 {
            return Err(not_understood(format!(
                "there is no work of kind {}",
                item.kind
            )));
        }
        let detail = Detail::decode(&item.detail)
            .ok_or_else(|| not_understood("its retry policy or interval can't be read"))?;
        let program = Program::decode(&item.program)
            .and_then(Program::without_input)
            .map_err(not_understood)?;
        Ok((program, detail))
    }

    pub(super) fn park(&self, item: &Item, reason: HandlerError) -> Result<(), SqlError> {
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
        match self.shared.retry_delay(&detail.retry, attempts) {
            Some(delay) => {
                self.store()
                    .postpone(item.id, now + delay.max(1), attempts, Some(&error))
            }
            None => self.give_up(item, detail, attempts, error),
        }
    }

    /// Sets an item aside; a recurring one goes on.
    pub(super) fn give_up(
        &self,
        item: &Item,
        detail: Detail,
        attempts: u32,
        error: Vec<u8>,
    ) -> Result<(), SqlError> {
        let now = self.shared.now();
        let mut failed = Item {
            attempts,
            error: Some(error),
            ..item.clone()
        };
        match detail.every {
            Some(every) => {
                self.store()
                    .advance(item.id, next_tick(item.scheduled, every, now))?;
                if interrupted(failed.error.as_deref()) {
                    // The next occurrence is as likely to end the process.
                    self.store()
                        .set_error(item.id, failed.error.as_deref().unwrap_or_default())?;
                }
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
    pub(super) fn blame(&mut self, rung: i64, error: &SqlError) -> bool {
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

fn not_understood(reason: impl ToString) -> HandlerError {
    HandlerError::with_code("not_understood", reason.to_string())
}

/// The first tick after `now` on the grid that `scheduled` lies on.
fn next_tick(scheduled: i64, every: u64, now: i64) -> i64 {
    let every = i64::try_from(every).unwrap_or(i64::MAX).max(1);
    let missed = now.saturating_sub(scheduled).max(0) / every;
    scheduled.saturating_add(every.saturating_mul(missed.saturating_add(1)))
}
