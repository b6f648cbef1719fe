//! What waits for an object, and how it is answered.

use super::clock::tick;
use super::slots::Key;
use crate::engine::{
    self, CallHeader, Delivered, Delivery, Effect, Event, Fetched, Inspection, Mail, Reply,
    Request, Tried, Turns,
};
use crate::error::CallError;
use std::collections::VecDeque;
use tokio::sync::oneshot;
use uuid::Uuid;

/// How many requests may wait for one object.
const MAX_WAITING: usize = 10_000;
/// How many bytes of them.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How many messages share one commit.
const BATCH: usize = 64;

pub(super) enum Message {
    Run {
        program: Vec<u8>,
        /// The call that it is part of.
        call: Option<CallHeader>,
        reply: ReplyTo,
    },
    /// What became of one of the object's own calls.
    Outcome(Delivery),
    Acknowledged(Uuid),
    /// What came of an attempt at one of the object's own fetches.
    Fetched(Fetched),
    Inspect {
        reply: oneshot::Sender<Result<Inspection, CallError>>,
    },
}

/// Who waits for an answer.
pub(super) enum ReplyTo {
    Caller(oneshot::Sender<Result<Vec<u8>, CallError>>),
    /// An object of this host, for an attempt at a call.
    Object {
        key: Key,
        call: Uuid,
        attempt: u32,
    },
}

impl ReplyTo {
    /// Answers; to an object by a message.
    fn answer(self, reply: Reply) -> Option<(Key, Message)> {
        let Reply { answer, kept, .. } = reply;
        match self {
            ReplyTo::Caller(caller) => {
                // One who no longer waits needs no answer.
                let _ = caller.send(answer);
                None
            }
            ReplyTo::Object { key, call, attempt } => {
                let outcome = Delivered::Answered { answer, kept };
                let delivery = Delivery {
                    call,
                    attempt,
                    outcome,
                };
                Some((key, Message::Outcome(delivery)))
            }
        }
    }
}

impl Message {
    /// Answers that nothing came of it; to an object by a message.
    pub(super) fn refuse(self, error: CallError) -> Option<(Key, Message)> {
        match self {
            Message::Run { reply, .. } => reply.answer(Reply {
                token: 0,
                answer: Err(error),
                kept: false,
            }),
            // What is known of it is asked for again.
            Message::Outcome(_) | Message::Acknowledged(_) | Message::Fetched(_) => None,
            Message::Inspect { reply } => {
                // A caller who no longer waits needs no answer.
                let _ = reply.send(Err(error));
                None
            }
        }
    }

    /// Whether the sender can be refused: others have nowhere to keep it.
    fn is_refusable(&self) -> bool {
        matches!(self, Message::Run { .. } | Message::Inspect { .. })
    }

    fn size(&self) -> usize {
        match self {
            Message::Run { program, .. } => program.len(),
            Message::Outcome(delivery) => match &delivery.outcome {
                Delivered::Answered {
                    answer: Ok(bytes), ..
                } => bytes.len(),
                _ => 0,
            },
            Message::Fetched(fetched) => match &fetched.tried {
                Tried::Ended(Ok(response)) => response.bytes().len(),
                Tried::Ended(Err(_)) | Tried::NotBegun => 0,
            },
            Message::Acknowledged(_) | Message::Inspect { .. } => 0,
        }
    }
}

/// A message that was not taken, and why.
pub(super) struct Refused {
    pub message: Message,
    pub error: CallError,
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
    pub(super) fn push(&mut self, message: Message) -> Result<(), Box<Refused>> {
        let bytes = self.bytes + message.size();
        let count = self.messages.len();
        let too_much = count >= MAX_WAITING || (count > 0 && bytes > MAX_WAITING_BYTES);
        if too_much && message.is_refusable() {
            let error = CallError::not_executed(format!(
                "overloaded: {count} requests of {} bytes wait for the object; at most \
                 {MAX_WAITING} may, of {MAX_WAITING_BYTES} bytes; try again later",
                self.bytes
            ));
            return Err(Box::new(Refused { message, error }));
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

/// What came of the messages of a job, or of its alarm.
#[derive(Default)]
pub(super) struct Came {
    /// Whether the object was destroyed.
    pub destroyed: bool,
    /// What its turns ask the host to send.
    pub sent: Vec<Effect>,
    /// Answers to other objects.
    pub answers: Vec<(Key, Message)>,
}

/// Runs the messages in one commit, and answers them. Says what came of it, if anything ran.
pub(super) fn deliver(engine: &mut dyn Turns, messages: Vec<Message>) -> Option<Came> {
    let mut came = None;
    let mut replies = Vec::new();
    let mut mail = Vec::with_capacity(messages.len());
    let mut inspections = Vec::new();
    for message in messages {
        match message {
            Message::Run {
                program,
                call,
                reply,
            } => {
                mail.push(Mail::Request(Request {
                    token: replies.len() as u64,
                    program,
                    call,
                }));
                replies.push(Some(reply));
            }
            Message::Outcome(delivery) => mail.push(Mail::Outcome(delivery)),
            Message::Acknowledged(call) => mail.push(Mail::Acknowledged(call)),
            Message::Fetched(fetched) => mail.push(Mail::Fetched(fetched)),
            Message::Inspect { reply } => inspections.push(reply),
        }
    }
    if !mail.is_empty() {
        let turns = engine::turns(engine, Event::Mail(mail), || Some(tick()));
        let mut answers = Vec::new();
        for reply in turns.replies {
            let waits = replies.get_mut(reply.token as usize).and_then(Option::take);
            answers.extend(waits.and_then(|waits| waits.answer(reply)));
        }
        came = Some(Came {
            destroyed: turns.destroyed,
            sent: turns.sent,
            answers,
        });
    }
    for reply in inspections {
        // A caller who no longer waits needs no answer.
        let _ = reply.send(engine.inspect(tick()));
    }
    came
}

/// Lets an object hear the alarm that was set for this time (Unix milliseconds).
pub(super) fn wake(engine: &mut dyn Turns, rung: i64) -> Came {
    // Here an alarm may ring again for the same time: what is due together is not spread over as many
    // milliseconds as it takes wakes.
    let scheduled = rung.saturating_sub(1);
    let turns = engine::turns(engine, Event::Alarm { scheduled }, || Some(tick()));
    Came {
        destroyed: turns.destroyed,
        sent: turns.sent,
        answers: Vec::new(),
    }
}
