//! The engine: a synchronous state machine, `turn(event) -> effects`, without I/O, clock or
//! randomness of its own.
//!
//! - `turn`: the engine, its transactions, its object in memory;
//! - `requests`, `wake`: what it does for callers, and when the alarm rings;
//! - `execute`: a program on an object;
//! - [`retry`], `ids`: when to try again, and the ids of work.

pub mod execute;
pub(crate) mod ids;
mod requests;
pub mod retry;
mod turn;
mod wake;

pub use turn::Engine;

use crate::error::CallError;
use crate::host::Tick;
use crate::views::{FailedWork, PendingWork};

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
    /// Answer the caller.
    Reply {
        /// The mark of the request.
        token: u64,
        /// The bytes of the result.
        answer: Result<Vec<u8>, CallError>,
    },
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
}
