//! What waits for an object, and how it is answered.

use super::clock::tick;
use crate::engine::{self, Event, Inspection, Request, Turns};
use crate::error::CallError;
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// How many requests may wait for one object.
const MAX_WAITING: usize = 10_000;
/// How many bytes of them.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How many messages share one commit.
const BATCH: usize = 64;

pub(super) enum Message {
    Run {
        program: Vec<u8>,
        reply: oneshot::Sender<Result<Vec<u8>, CallError>>,
    },
    Inspect {
        reply: oneshot::Sender<Result<Inspection, CallError>>,
    },
}

impl Message {
    pub(super) fn refuse(self, error: CallError) {
        // A caller who no longer waits needs no answer.
        match self {
            Message::Run { reply, .. } => drop(reply.send(Err(error))),
            Message::Inspect { reply } => drop(reply.send(Err(error))),
        }
    }

    fn size(&self) -> usize {
        match self {
            Message::Run { program, .. } => program.len(),
            Message::Inspect { .. } => 0,
        }
    }
}

/// The messages that wait for one object, in order.
#[derive(Default)]
pub(super) struct Mailbox {
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Mailbox {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Adds a message, unless too much waits already.
    pub(super) fn push(&mut self, message: Message) -> Result<(), CallError> {
        let bytes = self.bytes + message.size();
        let count = self.messages.len();
        if count >= MAX_WAITING || (count > 0 && bytes > MAX_WAITING_BYTES) {
            return Err(CallError::not_executed(format!(
                "overloaded: {count} requests of {} bytes wait for the object; at most \
                 {MAX_WAITING} may, of {MAX_WAITING_BYTES} bytes; try again later",
                self.bytes
            )));
        }
        self.bytes = bytes;
        self.messages.push_back(message);
        Ok(())
    }

    /// Takes what is to share a commit.
    pub(super) fn take(&mut self) -> Vec<Message> {
        let count = self.messages.len().min(BATCH);
        let taken: Vec<Message> = self.messages.drain(..count).collect();
        self.bytes -= taken.iter().map(Message::size).sum::<usize>();
        taken
    }
}

/// Runs the messages, those that follow each other in one commit, and answers them. Says whether the
/// object was destroyed, if anything ran.
pub(super) fn deliver(engine: &mut dyn Turns, mail: Vec<Message>) -> Option<bool> {
    let mut destroyed = None;
    let mut replies = Vec::new();
    let mut requests = Vec::new();
    let mut inspections = Vec::new();
    for message in mail {
        match message {
            Message::Run { program, reply } => {
                requests.push(Request {
                    token: replies.len() as u64,
                    program,
                });
                replies.push(Some(reply));
            }
            Message::Inspect { reply } => inspections.push(reply),
        }
    }
    if !requests.is_empty() {
        let came = engine::turns(engine, Event::Requests(requests), || Some(tick()));
        destroyed = Some(came.destroyed);
        for reply in came.replies {
            let waits = replies.get_mut(reply.token as usize).and_then(Option::take);
            if let Some(caller) = waits {
                // A caller who no longer waits needs no answer.
                let _ = caller.send(reply.answer);
            }
        }
    }
    for reply in inspections {
        let _ = reply.send(engine.inspect(tick()));
    }
    destroyed
}

/// Lets an object hear the alarm that was set for this time (Unix milliseconds), and says whether it was
/// destroyed.
pub(super) fn wake(engine: &mut dyn Turns, scheduled: i64) -> bool {
    engine::turns(engine, Event::Alarm { scheduled }, || Some(tick())).destroyed
}
