//! The engine: a synchronous state machine, `turn(event) -> effects`, without I/O, clock or
//! randomness of its own.
//!
//! - `turn`: the engine, its transactions, its object in memory;
//! - `requests`, `wake`: what it does for callers, and when the alarm rings;
//! - `careful`: how it runs what may have ended the process before;
//! - `execute`: a program on an object;
//! - `look`: the object in memory, for tests;
//! - [`retry`], `recurrence`, `ids`: when to run (again), and the ids of work.

pub(crate) mod careful;
pub mod execute;
pub(crate) mod ids;
#[cfg(not(target_family = "wasm"))]
mod look;
mod recurrence;
mod requests;
pub mod retry;
mod turn;
mod wake;

pub use turn::Engine;

use crate::error::CallError;
use crate::host::Tick;
use crate::views::{FailedWork, PendingWork};
use uuid::Uuid;

/// What happens to an object.
#[derive(Debug)]
pub enum Event {
    /// Programs to run for callers, in order.
    Requests(Vec<Request>),
    /// The alarm rang that was set for this time (Unix milliseconds); also sent when an object is
    /// loaded whose alarm is not known.
    Alarm {
        /// The time it was set for.
        scheduled: i64,
    },
    /// What [`Effect::Resume`] asked for.
    Resume,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Event::Requests(_) => "requests",
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

/// A program to run for a caller.
#[derive(Debug)]
pub struct Request {
    /// The host's own mark, given back with the reply.
    pub token: u64,
    /// The program's bytes.
    pub program: Vec<u8>,
}

/// What the host does after a turn: it has been committed by then.
#[derive(Debug)]
pub enum Effect {
    /// Answer a caller.
    Reply(Reply),
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
}

/// What came of a turn and of those that it asked for.
#[cfg(not(target_family = "wasm"))]
#[derive(Default)]
pub(crate) struct Came {
    pub replies: Vec<Reply>,
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
    while let (Some(event), Some(tick)) = (next.take(), tick()) {
        came.destroyed = false;
        for effect in engine.turn(tick, event) {
            match effect {
                Effect::Resume { .. } => next = Some(Event::Resume),
                Effect::Reply(reply) => came.replies.push(reply),
                Effect::Destroyed => came.destroyed = true,
            }
        }
    }
    came
}
