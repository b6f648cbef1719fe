//! Careful mode: after an unclean stop, what is due may be what caused it. So each due item's attempt
//! is on disk before it runs, and what ends the process again and again runs out of attempts.

use super::{Effect, Engine};
use crate::error::HandlerError;
use crate::host::SqlError;
use crate::object::Object;
use crate::store::Item;
use crate::views::{has_code, store_error};

/// The code of an item whose attempt began, and of whose end nothing is known.
const INTERRUPTED: &str = "interrupted";

/// Whether the last attempt at an item began and did not end. Such an item always runs carefully.
pub(super) fn interrupted(item: &Item) -> bool {
    item.error
        .as_deref()
        .is_some_and(|error| has_code(error, INTERRUPTED))
}

impl<D: Object> Engine<D> {
    /// In careful mode, marks the first due item as attempted, to run in the turn that follows, and
    /// says that it did or that the object can't be built. An item whose attempts are used up is
    /// set aside without being run. When nothing is due, careful mode ends.
    pub(super) fn mark_next(&mut self, rung: i64) -> Result<bool, SqlError> {
        while let Some(item) = self.store().next_due(self.shared.now())? {
            if self.careful != Some(true) && !interrupted(&item) {
                return Ok(false);
            }
            if self.build()?.is_err() {
                return Ok(true);
            }
            let detail = match self.plan(&item) {
                Ok((_, detail)) => detail,
                Err(reason) => {
                    self.park(&item, reason)?;
                    continue;
                }
            };
            if detail.retry.used_up(item.attempts) {
                let error = item.error.clone();
                let error = error.unwrap_or_else(|| store_error(&interruption(UNSEEN)));
                self.give_up(&item, detail, item.attempts, error)?;
                continue;
            }
            let attempts = item.attempts.saturating_add(1);
            let delay = self.shared.retry_delay(&detail.retry, attempts);
            let due = self.shared.now() + delay.unwrap_or(0);
            let error = store_error(&interruption(UNSEEN));
            self.store()
                .postpone(item.id, due, attempts, Some(&error))?;
            self.marked = Some((item, rung));
            return Ok(true);
        }
        self.careful = Some(false);
        Ok(false)
    }

    /// Whether the marked item waits for the turn that runs it.
    pub(super) fn resumes(&self) -> Vec<Effect> {
        let resume = |(item, _): &(Item, i64)| Effect::Resume { item: item.id };
        self.marked.iter().map(resume).collect()
    }

    /// Adds what the host saw of the end of the process to the item that ended it.
    pub(super) fn note_interruption(&mut self) -> Result<(), SqlError> {
        if let Some((item, reason)) = self.interruption.take() {
            let error = store_error(&interruption(&reason));
            self.store().set_error(item, &error)?;
        }
        Ok(())
    }

    /// Runs the marked item in a commit of its own. Its attempt is not counted again.
    pub(super) fn run_marked(&mut self) {
        let Some((item, rung)) = self.marked.take() else {
            return;
        };
        self.running = Some(item.clone());
        let ran = self.commit(Some(rung), &mut |engine| {
            engine.run_item(item.clone())?;
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

const UNSEEN: &str = "it crashed, was killed, or used too much memory or time";

fn interruption(reason: &str) -> HandlerError {
    HandlerError::with_code(
        INTERRUPTED,
        format!("the process ended while it ran: {reason}"),
    )
}
