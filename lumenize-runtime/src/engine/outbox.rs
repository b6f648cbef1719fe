//! The caller's side of a call: its row in the queue is sent again and again until there is an outcome,
//! which a handler is given in the commit that removes the row.

use super::wake::not_understood;
use super::{Address, CallHeader, Delivered, Delivery, Effect, Engine};
use crate::codec;
use crate::error::{CallError, HandlerError, Outcome};
use crate::host::{Identity, SqlError};
use crate::object::Object;
use crate::store::{Arrived, Blob, Detail, Item, Kind, Outgoing};
use crate::views::{Caller, store_error, stored_error};
use std::sync::Arc;
use uuid::Uuid;

/// How long the caller waits, in milliseconds, before it sends again what nobody has said anything of:
/// this, doubling with each attempt, up to a minute.
const SILENCE_MS: i64 = 5_000;
/// The same for what is known to have been lost, at most; drawn at random ("full jitter").
const LOST_MS: i64 = 100;
/// The same for a callee that has too much to do.
const OVERLOADED_MS: i64 = 5_000;
const LONGEST_MS: i64 = 60_000;

/// The most bytes of a row of the queue that a call takes, with its outcome: a row holds 2 MB
/// (Cloudflare's "Durable Objects limits"), and some of them are for the other columns.
pub(crate) const MAX_ROW_BYTES: usize = 1_900_000;

/// When an attempt of this number is followed by another, if nothing is heard of it.
pub(crate) fn silence(attempt: u32) -> i64 {
    doubled(SILENCE_MS, attempt)
}

fn doubled(first: i64, attempt: u32) -> i64 {
    (first << attempt.saturating_sub(1).min(20)).min(LONGEST_MS)
}

/// The effect that sends an attempt.
pub(crate) fn send(
    caller: &Identity,
    outgoing: &Outgoing<'_>,
    id: Uuid,
    attempt: u32,
    hops: u32,
) -> Effect {
    Effect::Send {
        to: address(outgoing),
        call: CallHeader {
            id,
            attempt,
            deadline: outgoing.deadline,
            hops,
            caller: Caller::Object {
                class: caller.class.to_owned(),
                name: caller.name.clone(),
            },
        },
        program: outgoing.request.0.to_vec(),
    }
}

fn address(outgoing: &Outgoing<'_>) -> Address {
    Address {
        class: outgoing.class.to_owned(),
        binding: outgoing.binding.to_owned(),
        instance: outgoing.instance.to_owned(),
        by_id: outgoing.by_id,
    }
}

impl<D: Object> Engine<D> {
    /// After an unclean stop: what had been sent may be gone with the process.
    pub(super) fn send_all_again(&self) -> Result<(), SqlError> {
        let now = self.shared.now();
        self.store().hasten_calls(now, now + LONGEST_MS)
    }

    /// A call is due: it is sent again, or given up.
    pub(super) fn send_again(&mut self, item: &Item) -> Result<(), SqlError> {
        let now = self.shared.now();
        let (Some(outgoing), Some(detail)) = (
            Outgoing::decode(&item.program),
            Detail::decode(&item.detail),
        ) else {
            return self.park(item, not_understood(item.unreadable("what is to be sent")));
        };
        if outgoing.deadline <= now {
            let last = item.error.as_deref().map(stored_error);
            let reason =
                last.map_or_else(|| "there was no answer".to_owned(), |error| error.message);
            return self.store_outcome(item, &outgoing, Err(CallError::Timeout { reason }));
        }
        let attempt = item.attempts.saturating_add(1);
        tracing::info!(id = %item.id, attempt, "sent again");
        let due = (now + silence(attempt)).min(outgoing.deadline);
        self.store()
            .postpone(item.id, due, attempt, item.error.as_deref())?;
        let send = send(
            &self.shared.identity,
            &outgoing,
            item.id,
            attempt,
            detail.hops,
        );
        self.shared.after_commit(send);
        Ok(())
    }

    /// Something became of an attempt at a call.
    pub(super) fn hear_outcome(&mut self, delivery: &Delivery) -> Result<(), SqlError> {
        let item = self.store().call(delivery.call)?;
        let Some(item) = item.filter(|item| item.kind == Kind::Call as i64) else {
            // It was given up or cancelled, or the answer has come before.
            return Ok(());
        };
        let Some(outgoing) = Outgoing::decode(&item.program) else {
            return self.park(&item, not_understood(item.unreadable_row("what was sent")));
        };
        let outcome = match &delivery.outcome {
            Delivered::Answered {
                answer: Err(CallError::Unreachable { reason, .. }),
                ..
            } => return self.put_off(&item, &outgoing, delivery, reason, false),
            Delivered::Lost { reason, overloaded } => {
                return self.put_off(&item, &outgoing, delivery, reason, *overloaded);
            }
            Delivered::Impossible { reason } => Err(CallError::Unreachable {
                reason: reason.clone(),
                outcome: match item.attempts {
                    0 | 1 => Outcome::NotExecuted,
                    _ => Outcome::Unknown,
                },
            }),
            Delivered::Answered { answer, kept } => {
                if *kept {
                    let (to, call) = (address(&outgoing), item.id);
                    self.shared.after_commit(Effect::Acknowledge { to, call });
                }
                answer.clone()
            }
        };
        // If there was an attempt before, its outcome may have ended the process: so it is on disk before
        // it is handled, and what ends the process again is known then.
        if self.careful == Some(true) || item.attempts > 1 || self.build()?.is_err() {
            return self.store_outcome(&item, &outgoing, outcome);
        }
        match arrived(&item, &outgoing, outcome, self.shared.now()) {
            Some(arrived) => self.run_item(&Arc::new(arrived)),
            None => self.store().remove(item.id),
        }
    }

    /// After the transaction was lost in which an outcome was to be handled: it is kept, and its handler
    /// is tried as that of any other work. If that is not possible either, the callee still has it.
    pub(super) fn keep_outcome(&mut self, delivery: Delivery) {
        let Delivered::Answered { answer, .. } = delivery.outcome else {
            return;
        };
        if let Err(CallError::Unreachable { .. }) = answer {
            return;
        }
        let kept = self.commit(None, &mut |engine| {
            let item = engine.store().item(delivery.call)?;
            let Some(item) = item.filter(|item| item.kind == Kind::Call as i64) else {
                return Ok(());
            };
            match Outgoing::decode(&item.program) {
                Some(outgoing) => engine.store_outcome(&item, &outgoing, answer.clone()),
                None => Ok(()),
            }
        });
        if let Err(error) = kept {
            tracing::warn!(id = %delivery.call, %error, "an outcome is left to be asked for again");
        }
    }

    /// Puts an outcome in place of what was to be sent. Its handler is due now.
    fn store_outcome(
        &self,
        item: &Item,
        outgoing: &Outgoing<'_>,
        outcome: Result<Vec<u8>, CallError>,
    ) -> Result<(), SqlError> {
        match arrived(item, outgoing, outcome, self.shared.now()) {
            Some(arrived) => self.store().replace(&arrived),
            None => self.store().remove(item.id),
        }
    }

    /// An attempt was lost: another follows, unless one is under way already.
    fn put_off(
        &self,
        item: &Item,
        outgoing: &Outgoing<'_>,
        delivery: &Delivery,
        reason: &str,
        overloaded: bool,
    ) -> Result<(), SqlError> {
        if delivery.attempt != item.attempts {
            return Ok(());
        }
        let longest = doubled(
            if overloaded { OVERLOADED_MS } else { LOST_MS },
            item.attempts,
        );
        let wait = match overloaded {
            true => longest,
            false => 1 + self.shared.below(longest),
        };
        let due = (self.shared.now() + wait).min(outgoing.deadline);
        let lost = store_error(&HandlerError::new(reason));
        tracing::info!(id = %item.id, attempt = item.attempts, reason, "an attempt at a call was lost");
        self.store()
            .postpone(item.id, due, item.attempts, Some(&lost))
    }
}

/// A call's row as that of its outcome, if there is a handler for it.
fn arrived(
    item: &Item,
    outgoing: &Outgoing<'_>,
    outcome: Result<Vec<u8>, CallError>,
    now: i64,
) -> Option<Item> {
    let handler = match outcome {
        Ok(_) => outgoing.on_success,
        Err(_) => outgoing.on_error,
    };
    let outcome = outcome.and_then(|value| {
        let value = codec::with_shape(&value).into_owned();
        match value.len() + handler.map_or(0, |program| program.0.len()) {
            ..=MAX_ROW_BYTES => Ok(value),
            bytes => Err(CallError::Result {
                reason: format!(
                    "with the handler's arguments it takes {bytes} bytes, the limit is \
                     {MAX_ROW_BYTES}"
                ),
            }),
        }
    });
    let (program, bytes) = match outcome {
        Ok(value) => (handler?, value),
        Err(error) => (outgoing.on_error?, encoded(&error)),
    };
    Some(with_outcome(item, Kind::Outcome, program, &bytes, now))
}

/// The row of what waited for an outcome, as that of the outcome, with the handler that it is for.
pub(super) fn with_outcome(
    item: &Item,
    kind: Kind,
    program: Blob<'_>,
    outcome: &[u8],
    now: i64,
) -> Item {
    Item {
        due: now,
        kind: kind as i64,
        scheduled: now,
        attempts: 0,
        program: Arrived {
            program,
            outcome: Blob(outcome),
        }
        .encode(),
        error: None,
        ..item.clone()
    }
}

/// An outcome as the value that a handler is given, with its shape.
pub(super) fn encoded<T: codec::Payload>(outcome: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Plain text and bytes can always be written.
    let _ = codec::encode_into(outcome, &mut bytes);
    codec::with_shape(&bytes).into_owned()
}
