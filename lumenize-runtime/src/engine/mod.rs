//! The engine: a synchronous state machine, `turn(event) -> effects`, without I/O, clock or
//! randomness of its own.
//!
//! - `turn`: the engine, its transactions, its object in memory;
//! - `attempt`: how code of the object runs, and what undoes what it wrote;
//! - `mail`: what it does with what others send: `requests` of callers outside, `inbox` of other
//!   objects, `outbox` with the outcomes of its own calls, `fetches` with what executors deliver;
//! - `wake`: what it does when the alarm rings;
//! - `careful`: how it runs what may have ended the process before;
//! - `parked`: what an object that is loaded does with work that was parked;
//! - `execute`: a program on an object;
//! - `look`: the object in memory, for tests;
//! - [`retry`], `recurrence`, `ids`: when to run (again), and the ids of work.

mod attempt;
pub(crate) mod careful;
pub mod execute;
pub(crate) mod fetches;
pub(crate) mod ids;
mod inbox;
#[cfg(not(target_family = "wasm"))]
mod look;
mod mail;
pub(crate) mod outbox;
mod pace;
mod parked;
mod recurrence;
mod requests;
pub mod retry;
mod turn;
mod wake;

pub(crate) use inbox::LONGEST_TIMEOUT_MS;
pub use turn::Engine;

use crate::error::CallError;
use crate::fetch::{FetchError, Response};
use crate::host::Tick;
use crate::views::{Caller, FailedWork, PendingWork};
use bytes::Bytes;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// What happens to an object.
#[derive(Debug)]
pub enum Event {
    /// What others sent, in order.
    Mail(Vec<Mail>),
    /// The alarm rang that was set for this time (Unix milliseconds); also sent when an object is
    /// loaded whose alarm is not known.
    Alarm {
        /// The time it was set for, or one before: the alarm that is set next is later.
        scheduled: i64,
    },
    /// What [`Effect::Resume`] asked for.
    Resume,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Event::Mail(_) => "mail",
            Event::Alarm { .. } => "alarm",
            Event::Resume => "resume",
        }
    }
}

/// How the time before this engine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing that is pending was running when it ended.
    Clean,
    /// What is pending may have ended it: each due item is first marked as attempted, on disk, and
    /// then run, until nothing is due.
    Unclean,
    /// As unclean, but it is known that the object itself ended it, and the host went on without.
    Trapped,
    /// As trapped, and it is known which item did it.
    Interrupted {
        /// What [`Effect::Resume`] said.
        item: Uuid,
        /// What the host saw.
        reason: String,
    },
    /// As unclean, and this item was marked and did not run: its attempt is given back.
    NotRun {
        /// What [`Effect::Resume`] said.
        item: Uuid,
    },
    /// The host can't tell: it is taken for unclean if work is overdue by more than a second.
    Unknown,
}

/// What is sent to an object.
#[derive(Clone, Debug)]
pub enum Mail {
    /// A program to run for a caller.
    Request(Request),
    /// What became of an attempt at one of its own calls.
    Outcome(Delivery),
    /// The caller has the answer to this call.
    Acknowledged(Uuid),
    /// What came of an attempt at one of its fetches.
    Fetched(Fetched),
}

/// A program to run for a caller.
#[derive(Clone, Debug)]
pub struct Request {
    /// The host's own mark, given back with the reply.
    pub token: u64,
    /// The program's bytes.
    pub program: Vec<u8>,
    /// The call that it is part of: such a request may come any number of times, and is executed
    /// once.
    pub call: Option<CallHeader>,
}

/// What an attempt at a call says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallHeader {
    /// The id of the call, the same for all attempts.
    pub id: Uuid,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When the caller gives up, in Unix milliseconds: from then on it is not executed.
    pub deadline: i64,
    /// How many items begot each other up to the call.
    pub hops: u32,
    /// Who calls.
    pub caller: Caller,
}

/// What became of an attempt at a call.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The id of the call.
    pub call: Uuid,
    /// Which attempt it was.
    pub attempt: u32,
    /// What became of it.
    pub outcome: Delivered,
}

/// See [`Delivery`].
#[derive(Clone, Debug)]
pub enum Delivered {
    /// The callee has answered.
    Answered {
        /// What it answered.
        answer: Result<Vec<u8>, CallError>,
        /// Whether it keeps the answer until that is acknowledged.
        kept: bool,
    },
    /// It is not known whether the callee has heard of it.
    Lost {
        /// What went wrong.
        reason: String,
        /// Whether another attempt soon would make it worse.
        overloaded: bool,
    },
    /// This host can't send it, and never will.
    Impossible {
        /// What is wrong.
        reason: String,
    },
}

/// An attempt at a fetch, for an executor.
#[derive(Clone)]
pub struct FetchAttempt {
    /// The id of the fetch.
    pub fetch: Uuid,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// What is to come back with the outcome. It is known to the executor alone.
    pub token: u128,
    /// The name of the executor; empty for the one that fetches by HTTP.
    pub executor: String,
    /// What to ask for.
    pub request: http::Request<Bytes>,
    /// How long it may take, the response's body included.
    pub timeout: Duration,
    /// How many bytes that may have.
    pub max_response_bytes: u64,
}

/// Not the request's headers, the rest of its URL, nor its body: they may be secret. Nor the token.
impl fmt::Debug for FetchAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchAttempt")
            .field("fetch", &self.fetch)
            .field("attempt", &self.attempt)
            .field("method", self.request.method())
            .field("url", &crate::fetch::shown(&self.request.uri().to_string()))
            .finish_non_exhaustive()
    }
}

/// What came of an attempt at a fetch.
#[derive(Clone)]
pub struct Fetched {
    /// The id of the fetch.
    pub fetch: Uuid,
    /// Which attempt it was.
    pub attempt: u32,
    /// What the executor was given.
    pub token: u128,
    /// What came of it.
    pub tried: Tried,
}

/// See [`Fetched`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The attempt has ended.
    Ended(Result<Response, FetchError>),
    /// The host stops, and it had not begun: it is as if it had not been handed over.
    NotBegun,
}

/// Not the token.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("fetch", &self.fetch)
            .field("attempt", &self.attempt)
            .field("tried", &self.tried)
            .finish_non_exhaustive()
    }
}

/// Where an object is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name of its type.
    pub class: String,
    /// The name of the binding under which a Worker finds objects of that type.
    pub binding: String,
    /// Its name, or its id.
    pub instance: String,
    /// Whether that is an id.
    pub by_id: bool,
}

/// What the host does after a turn: it has been committed by then.
#[derive(Debug)]
pub enum Effect {
    /// Answer a caller.
    Reply(Reply),
    /// Send an attempt at a call; what becomes of it comes back as [`Mail::Outcome`].
    Send {
        /// Where to.
        to: Address,
        /// What it says of the call.
        call: CallHeader,
        /// The program's bytes.
        program: Vec<u8>,
    },
    /// Let the callee forget its answer. It need not be soon, nor for certain.
    Acknowledge {
        /// The callee.
        to: Address,
        /// The id of the call.
        call: Uuid,
    },
    /// Hand an attempt at a fetch to an executor; what comes of it comes back as [`Mail::Fetched`].
    Fetch(FetchAttempt),
    /// Nobody waits for this fetch any more: an attempt that is under way may end.
    CancelFetch(Uuid),
    /// Wait until what was committed is on disk, then send [`Event::Resume`], with no other event
    /// in between.
    Resume {
        /// What will run then: for [`Start::Interrupted`], if it does not end.
        item: Uuid,
    },
    /// The object was destroyed, in this turn or before, and nothing was written since: the host may
    /// forget that it was there.
    Destroyed,
}

/// The answer to a [`Request`].
#[derive(Debug)]
pub struct Reply {
    /// The mark of the request.
    pub token: u64,
    /// The bytes of the result.
    pub answer: Result<Vec<u8>, CallError>,
    /// Whether the object keeps it until it is acknowledged.
    pub kept: bool,
}

/// A look inside an object.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What is to run, in order.
    pub pending: Vec<PendingWork>,
    /// What was set aside.
    pub failed: Vec<FailedWork>,
}

/// An engine whose object's type is erased: what a host holds.
pub trait Turns {
    /// Lets something happen to the object.
    fn turn(&mut self, tick: Tick, event: Event) -> Vec<Effect>;
    /// Looks inside, without running or writing anything.
    fn inspect(&mut self, tick: Tick) -> Result<Inspection, CallError>;
    /// Shows the object itself, as it is in memory. One that is not there is made by its `new`, whose
    /// writes are undone.
    #[cfg(not(target_family = "wasm"))]
    fn look(
        &mut self,
        tick: Tick,
        look: &mut dyn FnMut(&dyn std::any::Any),
    ) -> Result<(), CallError>;
    /// Whether there is parked work that this process doesn't understand: it need not be looked at when the
    /// object is loaded again in it.
    fn knows_parked(&self) -> bool;
    /// Passes over the parked work: an engine of this object in this process knew it.
    fn pass_over_parked(&mut self);
}

/// What came of a turn and of those that it asked for.
#[cfg(not(target_family = "wasm"))]
#[derive(Default)]
pub(crate) struct Came {
    pub replies: Vec<Reply>,
    /// What is sent to others: all but replies.
    pub sent: Vec<Effect>,
    /// Whether the last one said [`Effect::Destroyed`].
    pub destroyed: bool,
}

/// A turn and those that it asks for, on a host whose commits are on disk when they return. `tick`
/// gives each its time, or `None` when there is to be no other.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn turns(
    engine: &mut dyn Turns,
    event: Event,
    mut tick: impl FnMut() -> Option<Tick>,
) -> Came {
    let mut next = Some(event);
    let mut came = Came::default();
    while let Some(event) = next.take()
        && let Some(tick) = tick()
    {
        came.destroyed = false;
        for effect in engine.turn(tick, event) {
            match effect {
                Effect::Resume { .. } => next = Some(Event::Resume),
                Effect::Reply(reply) => came.replies.push(reply),
                Effect::Destroyed => came.destroyed = true,
                sent => came.sent.push(sent),
            }
        }
    }
    came
}
