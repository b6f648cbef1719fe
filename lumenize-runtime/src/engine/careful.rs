//! Careful mode: after an unclean stop, what is due may be what caused it. So each due item's attempt
//! is on disk before it runs, and what ends the process again and again runs out of attempts.

use super::inbox::Heard;
use super::mail::reply;
use super::wake::Plan;
use super::{Effect, Engine, Request};
use crate::error::HandlerError;
use crate::host::{Detour, SqlError};
use crate::object::Object;
use crate::store::{Detail, Item, Kind, SetAside, Status};
use crate::views::{has_code, store_error};
use std::sync::Arc;
use uuid::Uuid;

/// The code of an item whose attempt began, and of whose end nothing is known.
const INTERRUPTED: &str = "lumenize.interrupted";
/// The code of an item that was parked and has not run since.
const UNPARKED: &str = "lumenize.unparked";

/// Whether an item always runs carefully: its last attempt began and did not end, or it was parked,
/// and reading it is the first thing that may go wrong.
pub(super) fn needs_care(item: &Item) -> bool {
    interrupted(item.error.as_deref()) || is_unparked(item)
}

/// Whether an item was parked before its object was loaded, and is about to be tried.
pub(crate) fn is_unparked(item: &Item) -> bool {
    let error = item.error.as_deref();
    error.is_some_and(|error| has_code(error, UNPARKED))
}

/// Whether the last attempt at an item began and did not end.
pub(super) fn interrupted(error: Option<&[u8]>) -> bool {
    error.is_some_and(|error| has_code(error, INTERRUPTED))
}

/// Set-aside work that is to run once more from the start. What is known to be dangerous stays so, and
/// what begets itself by way of its own failure is known to do so.
pub(crate) fn again(row: SetAside, now: i64, hops: u32) -> Item {
    let item = match row.status == Status::Parked as i64 {
        true => unparked(row.item),
        false => row.item,
    };
    let detail = Detail::decode(&item.detail).map(|detail| Detail { hops, ..detail });
    Item {
        due: now,
        // What waits for something outside has no attempt of one number twice.
        attempts: if Kind::awaits(item.kind) {
            item.attempts
        } else {
            0
        },
        detail: detail.map_or_else(|| item.detail.clone(), |detail| detail.encode()),
        error: item.error.clone().filter(|_| needs_care(&item)),
        ..item
    }
}

/// An item that was parked, to be tried with this code.
pub(super) fn unparked(item: Item) -> Item {
    let reason = "it was parked, and is to be tried with the code that runs now";
    Item {
        error: Some(store_error(&HandlerError::with_code(UNPARKED, reason))),
        ..item
    }
}

impl<D: Object> Engine<D> {
    /// In careful mode, marks the first due item as attempted, to run in the turn that follows, and
    /// says that it did or that the object can't be built. An item whose attempts are used up is
    /// set aside without being run. When nothing is due, careful mode ends.
    pub(super) fn mark_next(&mut self, rung: i64) -> Result<bool, SqlError> {
        self.marking = false;
        if self.detours(Detour::IsCareful) {
            self.careful = Some(true);
        }
        if self.careful != Some(true) && !self.detours(Detour::ReadsOneByOne) {
            // With care they are read one by one: it may be that there was no memory for more.
            self.store().read_ahead(self.shared.now())?;
        }
        while let Some(item) = self.store().next_due(self.shared.now())? {
            if self.careful != Some(true) && !needs_care(&item) {
                return Ok(false);
            }
            if Kind::awaits(item.kind) {
                // No code of the user runs for it.
                self.go_on_waiting(&item)?;
                continue;
            }
            self.marking = true;
            if self.survives && self.build()?.is_err() {
                return Ok(true);
            }
            let Plan { detail, next, .. } = match self.plan(&item) {
                Ok(plan) => plan,
                Err(reason) => {
                    self.park(&item, reason)?;
                    continue;
                }
            };
            if detail.retry.used_up(item.attempts) {
                let error = item.error.clone();
                let error = error.unwrap_or_else(|| store_error(&interruption(UNSEEN)));
                self.give_up(&item, detail, next, item.attempts, error)?;
                continue;
            }
            let attempts = item.attempts.saturating_add(1);
            let delay = self.shared.retry_delay(&detail.retry, attempts);
            let due = self.shared.now() + delay.unwrap_or(0);
            let error = store_error(&interruption(UNSEEN));
            self.store()
                .postpone(item.id, due, attempts, Some(&error))?;
            self.marked = Some(Marked::Item(item, rung));
            return Ok(true);
        }
        self.careful = Some(false);
        Ok(false)
    }

    /// Whether what is marked waits for the turn that runs it.
    pub(super) fn resumes(&self) -> Option<Effect> {
        let item = match self.marked.as_ref()? {
            Marked::Item(item, _) => item.id,
            Marked::Call(request) => request.call.as_ref()?.id,
        };
        Some(Effect::Resume { item })
    }

    /// Takes note of what the host saw of the marked item of the engine before.
    pub(super) fn note_interruption(&self) -> Result<(), SqlError> {
        match &self.interruption {
            Some(Interruption::Ended { item, reason }) => {
                let error = store_error(&interruption(reason));
                self.store().set_error(*item, &error)
            }
            Some(Interruption::NotRun { item }) => {
                self.store().unmark_inbound(*item)?;
                self.store().unmark(*item, self.shared.now())
            }
            None => Ok(()),
        }
    }

    /// Runs what is marked in a commit of its own, and says what to reply. Its attempt is not counted
    /// again.
    pub(super) fn run_marked(&mut self) -> Option<Effect> {
        match self.marked.take()? {
            Marked::Item(item, rung) => self.run_marked_item(item, rung),
            Marked::Call(request) => {
                let call = request.call.as_ref()?;
                if let Heard::Answered { answer, kept } = self.run_marked_call(&request, call) {
                    return Some(reply(&request, answer, kept));
                }
            }
        }
        None
    }

    fn run_marked_item(&mut self, item: Item, rung: i64) {
        let item = Arc::new(item);
        self.running = Some(Arc::clone(&item));
        let ran = self.commit(Some(rung), &mut |engine| {
            if engine.build()?.is_err() {
                // No attempt is spent: it is as it was before the mark.
                let Item {
                    id,
                    due,
                    attempts,
                    ref error,
                    ..
                } = *item;
                return engine.store().postpone(id, due, attempts, error.as_deref());
            }
            engine.run_item(&item)?;
            if engine.store().next_due(engine.shared.now())?.is_none() {
                engine.careful = Some(false);
            }
            Ok(())
        });
        if let Err(error) = ran {
            self.blame(rung, &error);
        }
    }
}

/// What is marked as attempted, and is to run next.
pub(super) enum Marked {
    /// An item, as it was before, and the time of the alarm that rang for it.
    Item(Item, i64),
    /// A call of another object's.
    Call(Request),
}

/// What is known of the marked item of the engine before.
pub(super) enum Interruption {
    Ended { item: Uuid, reason: String },
    NotRun { item: Uuid },
}

const UNSEEN: &str = "it crashed, was killed, or used too much memory or time";

fn interruption(reason: &str) -> HandlerError {
    HandlerError::with_code(
        INTERRUPTED,
        format!("the process ended while it ran: {reason}"),
    )
}
