//! What the engine does when the alarm rings.

use super::Engine;
use super::attempt::Finish;
use super::careful::{interrupted, needs_care};
use super::execute::{Failure, info};
use super::pace::BATCH;
use super::recurrence;
use super::retry::RetryPolicy;
use super::turn::trouble;
use crate::continuation::program::Program;
use crate::error::HandlerError;
use crate::host::{Detour, SqlError, SqlErrorKind};
use crate::object::Object;
use crate::store::{Arrived, Detail, Fetching, Item, Kind, Outgoing, Status, Timing};
use crate::views::{FailedWork, store_error};
use std::sync::Arc;
use uuid::Uuid;

/// What an item asks for.
pub(super) struct Plan<'i> {
    pub(super) work: Work<'i>,
    pub(super) detail: Detail,
    /// When it is to run next, if it recurs.
    pub(super) next: Option<i64>,
}

pub(super) enum Work<'i> {
    /// A program, and the outcome that it is given.
    Program(Program<'i>, Option<&'i [u8]>),
    /// `#[on_failed]` with the set-aside work of this id.
    OnFailed(Uuid),
}

impl<D: Object> Engine<D> {
    pub(super) fn wake(&mut self, rung: i64) {
        self.marked = None;
        let troubles = self.troubles;
        let now = self.shared.now();
        let batch = self.pace.next(now);
        let together = self.commit(Some(rung), &mut |engine| {
            if !engine.mark_next(rung)? && engine.run_due(batch)? == batch {
                engine.pace.filled(now);
            }
            Ok(())
        });
        let Err(error) = together else {
            if self.marked.is_some() {
                // That it could be marked says nothing of whether it can run.
                self.troubles = troubles;
            }
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
            let troubles = self.troubles;
            let alone = self.commit(Some(rung), &mut |engine| {
                ran = engine.run_due(1)?;
                Ok(())
            });
            let goes_on = match alone {
                Ok(()) if ran > 0 => true,
                Ok(()) => {
                    // There was nothing to do, so nothing went better.
                    self.troubles = troubles;
                    false
                }
                Err(error) => self.blame(rung, &error),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Runs up to `limit` due items and says how many. Each is as the table has it when its turn comes:
    /// the one before may have cancelled it.
    fn run_due(&mut self, limit: usize) -> Result<usize, SqlError> {
        for ran in 0..limit {
            let Some(item) = self.store().take_due(self.shared.now())? else {
                return Ok(ran);
            };
            if self.shared.sends_much() || ran > 0 && self.detours(Detour::EndsWake) {
                // The alarm rings again at once.
                return Ok(ran);
            }
            if Kind::awaits(item.kind) {
                self.running = None;
                self.go_on_waiting(&item)?;
                continue;
            }
            if self.build()?.is_err() {
                return Ok(ran);
            }
            if needs_care(&item) {
                // The next wake begins with it, carefully.
                return Ok(ran);
            }
            let item = Arc::new(item);
            self.running = Some(Arc::clone(&item));
            self.run_item(&item)?;
            if ran >= BATCH && !self.pace.knows_last() {
                return Ok(ran + 1);
            }
        }
        Ok(limit)
    }

    /// What waits for something outside is due: it is asked for again, or given up.
    pub(super) fn go_on_waiting(&mut self, item: &Item) -> Result<(), SqlError> {
        match item.kind == Kind::Call as i64 {
            true => self.send_again(item),
            false => self.fetch_due(item),
        }
    }

    pub(super) fn run_item(&mut self, item: &Item) -> Result<(), SqlError> {
        let attempt = item.attempts.saturating_add(1);
        let _span = tracing::info_span!("item", id = %item.id, attempt).entered();
        let Plan { work, detail, next } = match self.plan(item) {
            Ok(plan) => plan,
            Err(reason) => return self.park(item, reason),
        };
        self.shared.start_item(attempt, detail.hops);
        self.pace.runs(&work);
        let finish = match next {
            Some(next) => Finish::Advance(item.id, next),
            None => Finish::Remove(item.id),
        };
        let outcome = match work {
            Work::Program(program, outcome) => {
                self.learn(&program)?;
                self.run(&program, outcome, false, Some(finish))?.map(drop)
            }
            Work::OnFailed(id) => match self.store().set_aside_item(id)? {
                Some(row) => self.tell_failed(FailedWork::of(&row, self.store())?, finish)?,
                // It was retried or discarded meanwhile.
                None => return self.store().remove(item.id),
            },
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Failure::Handler(error)) => self.record_failure(item, detail, next, &error),
            Err(Failure::NotUnderstood(error)) => self.park(item, not_understood(error)),
        }
    }

    /// Learns the shapes that a program's values refer to.
    fn learn(&self, program: &Program<'_>) -> Result<(), SqlError> {
        program
            .values()
            .try_for_each(|value| crate::codec::learn(value, &mut |hash| self.store().shape(hash)))
    }

    /// Whether this code has the handlers that an item asks for, or reads what is to be sent. Whether they
    /// take its arguments turns out when it runs: reading those is the user's code, which may end the process.
    pub(super) fn has_handlers(&self, item: &Item) -> bool {
        if Kind::awaits(item.kind) {
            let reads = match item.kind == Kind::Call as i64 {
                true => Outgoing::decode(&item.program).is_some(),
                false => Fetching::decode(&item.program).is_some(),
            };
            return reads && Detail::decode(&item.detail).is_some();
        }
        self.plan(item).is_ok_and(|plan| match plan.work {
            Work::Program(program, _) => {
                let mut steps = program.steps();
                steps.all(|step| info::<D>(step.handler).is_some())
            }
            Work::OnFailed(_) => true,
        })
    }

    /// What an item asks for. Whether its handlers exist and take its arguments turns out when it
    /// runs: each argument is decoded once.
    pub(super) fn plan<'i>(&self, item: &'i Item) -> Result<Plan<'i>, HandlerError> {
        let detail =
            Detail::decode(&item.detail).ok_or_else(|| not_understood(item.unreadable_detail()))?;
        let work = if item.kind == Kind::Schedule as i64 {
            let program = Program::decode(&item.program);
            let program = program.and_then(Program::without_input);
            Work::Program(program.map_err(not_understood)?, None)
        } else if Kind::has_outcome(item.kind) {
            let arrived = Arrived::decode(&item.program);
            let arrived =
                arrived.ok_or_else(|| not_understood(item.unreadable_row("the outcome")))?;
            let program = Program::decode(arrived.program.0).map_err(not_understood)?;
            Work::Program(program, Some(arrived.outcome.0))
        } else if item.kind == Kind::OnFailed as i64 && D::ON_FAILED.is_some() {
            Work::OnFailed(Uuid::from_slice(&item.program).map_err(not_understood)?)
        } else if item.kind == Kind::OnFailed as i64 {
            return Err(not_understood("there is no `#[on_failed]`"));
        } else {
            let kind = item.kind;
            return Err(not_understood(format!("there is no work of kind {kind}")));
        };
        Ok(Plan {
            next: recurrence::next(&detail.when, item.scheduled, self.shared.now())?,
            work,
            detail,
        })
    }

    pub(super) fn park(&mut self, item: &Item, reason: HandlerError) -> Result<(), SqlError> {
        tracing::warn!(id = %item.id, %reason, "parked until code understands it");
        self.parked.add();
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
        next: Option<i64>,
        error: &HandlerError,
    ) -> Result<(), SqlError> {
        let now = self.shared.now();
        let attempts = item.attempts.saturating_add(1);
        let stored = store_error(error);
        match self.shared.retry_delay(&detail.retry, attempts) {
            Some(delay) => {
                tracing::info!(id = %item.id, attempts, delay, %error, "to be tried again");
                let due = now + delay.max(1);
                if Kind::has_outcome(item.kind) {
                    // It may not be stored yet: its row may be that of its call or fetch.
                    return self.store().replace(&Item {
                        due,
                        attempts,
                        error: Some(stored),
                        ..item.clone()
                    });
                }
                self.store().postpone(item.id, due, attempts, Some(&stored))
            }
            None => self.give_up(item, detail, next, attempts, stored),
        }
    }

    /// Sets an item aside; a recurring one goes on.
    pub(super) fn give_up(
        &self,
        item: &Item,
        detail: Detail,
        next: Option<i64>,
        attempts: u32,
        error: Vec<u8>,
    ) -> Result<(), SqlError> {
        let now = self.shared.now();
        let mut failed = Item {
            attempts,
            error: Some(error),
            ..item.clone()
        };
        let hops = detail.hops.saturating_add(1);
        match next {
            Some(next) => {
                self.store().advance(item.id, next)?;
                if interrupted(failed.error.as_deref()) {
                    // The next occurrence is as likely to end the process.
                    self.store()
                        .set_error(item.id, failed.error.as_deref().unwrap_or_default())?;
                }
                failed.id = self.shared.next_id();
            }
            None => {
                self.store().remove(item.id)?;
            }
        }
        failed.detail = detail.once().encode();
        self.store().set_aside(&failed, Status::Failed, now)?;
        tracing::warn!(id = %failed.id, attempts, "set aside as failed");
        if item.kind == Kind::OnFailed as i64 || D::ON_FAILED.is_none() {
            return Ok(());
        }
        let told = Item {
            id: self.shared.next_id(),
            due: now,
            kind: Kind::OnFailed as i64,
            scheduled: now,
            attempts: 0,
            program: failed.id.as_bytes().to_vec(),
            detail: Detail {
                retry: RetryPolicy::default(),
                when: Timing::Once,
                name: None,
                hops,
                token: None,
            }
            .encode(),
            error: None,
        };
        self.store().add(&told, None)
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
                engine.plan(&item),
            ) {
                (
                    SqlErrorKind::Statement | SqlErrorKind::Constraint,
                    Ok(Plan { detail, next, .. }),
                ) => engine.record_failure(&item, detail, next, &reason),
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

pub(super) fn not_understood(reason: impl ToString) -> HandlerError {
    HandlerError::with_code("not_understood", reason.to_string())
}
