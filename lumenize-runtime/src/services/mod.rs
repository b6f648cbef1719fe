//! What an object can do: its services, each a door to the turn that is running.

mod alarms;
mod calls;
mod edit;
mod failed;
mod fetches;
mod lists;
mod sql;
mod state;
mod turn;
mod when;

pub use alarms::{AlarmOptions, Alarms, Schedule};
pub use calls::{Call, Calls, Instance};
pub use edit::{Edit, EditError};
pub use failed::Failed;
pub use fetches::{Fetch, Fetches};
pub use lists::{
    CallFilter, Cursor, FailedFilter, FetchFilter, Page, ScheduleFilter, ScheduleKind,
};
pub(crate) use turn::{Access, MAX_HOPS, Shared};
pub use when::{Every, IntoWhen, When};

use crate::codec::CodecError;
use crate::continuation::program::ProgramError;
use crate::fetch::RequestError;
use crate::host::SqlError;
use crate::object::Object;
use crate::store::sql::{BindError, RowError};
use crate::store::statement::StatementError;
use crate::views::Caller;
use chrono::{DateTime, Utc};
use lumenize_cron::CronError;
use std::sync::Arc;
use std::time::Duration;

/// The services of an object: kept by it from `new` on, not `Clone`, and usable only while one of
/// its handlers runs.
pub struct Services<D> {
    /// Schedules.
    pub alarms: Alarms<D>,
    /// Calls of other objects that have not ended.
    pub calls: Calls,
    /// Fetches that have not ended.
    pub fetches: Fetches,
    /// Work that was set aside.
    pub failed: Failed,
    shared: Arc<Shared>,
}

impl<D: Object> Services<D> {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            alarms: Alarms::new(Arc::clone(&shared)),
            calls: Calls::new(Arc::clone(&shared)),
            fetches: Fetches::new(Arc::clone(&shared)),
            failed: Failed::new(D::HANDLERS, Arc::clone(&shared)),
            shared,
        }
    }

    /// The time of this turn, in whole milliseconds; it stays the same until the handler returns.
    pub fn now(&self) -> DateTime<Utc> {
        crate::views::date(self.shared.now())
    }

    /// The name that the object was asked for by; on Cloudflare, of an object that has none, its id.
    pub fn name(&self) -> &str {
        &self.shared.identity.name
    }

    /// Ends the object: when the running handler, and the chain that it is part of, have succeeded, all
    /// that the object keeps is erased in the same commit, its state, its tables, its pending and its
    /// set-aside work. So is what the handler itself does and sends, before this or behind it: a call or a fetch
    /// that is to be the last is sent by a handler before this one. What runs after that meets a fresh object. If
    /// the handler fails, nothing has happened.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`].
    pub fn destroy(&mut self) -> Result<(), Error> {
        self.shared.writing_work()?;
        self.shared.destroy();
        Ok(())
    }

    /// Who runs the handler: another object that calls, a program outside, or the object's own work.
    pub fn caller(&self) -> Caller {
        self.shared.caller()
    }

    /// Which attempt at the running work this is, from 1; 1 too when a caller waits for the result.
    pub fn attempt(&self) -> u32 {
        self.shared.attempt()
    }
}

/// Why a service refused. Nothing was written (but for what SQL's own `OR FAIL` keeps).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A handler that takes `&self` tried to write.
    #[error("a handler that takes `&self` may not write; take `&mut self`")]
    ReadOnly,
    /// `new` tried to schedule, call or fetch, to take such work back, or to destroy the object.
    #[error("`new` may read and prepare state, but not schedule; do it in a handler")]
    Building,
    /// No handler of the object is running.
    #[error("services work only while a handler of their object runs")]
    NoTurn,
    /// The continuation can't be stored.
    #[error(transparent)]
    Continuation(#[from] ProgramError),
    /// The value can't be stored, or what is stored can't be read as this type.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The time is outside of what can be kept.
    #[error("the time is out of range; it must lie between the years 1970 and 9999")]
    TimeOutOfRange,
    /// One handler run added too much to the queue. What it had added before is kept, if it succeeds.
    #[error(
        "one run may add at most {items} items and {bytes} bytes of work; add the rest in an item of its own"
    )]
    TooMuchWork {
        /// The limit of items.
        items: usize,
        /// The limit of bytes.
        bytes: usize,
    },
    /// The name of a schedule, or the key of a call, is empty or too long.
    #[error(
        "the name of a schedule, or the key of a call, has {bytes} bytes; it must have 1 to {limit}"
    )]
    Name {
        /// How many it has.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A call is for a handler that is not `pub`.
    #[error("`{class}::{handler}` is not `pub`, so only the object itself may run it")]
    NotPublic {
        /// The type of the callee.
        class: &'static str,
        /// The handler.
        handler: String,
    },
    /// The time that a call is to wait is out of range.
    #[error("a call can't wait for {timeout:?}; it must be at least 1 ms and at most 30 days")]
    Timeout {
        /// What was asked for.
        timeout: Duration,
    },
    /// A call takes too many bytes: its continuation and those of its handlers together.
    #[error(
        "the call takes {bytes} bytes with its handlers, the limit is {limit}; keep the data in the object's state and pass its key"
    )]
    CallTooLarge {
        /// How many it takes.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The request can't be sent.
    #[error("the request is refused: {0}")]
    Request(RequestError),
    /// What a fetch was told is out of range.
    #[error("a fetch's {what} is {is}; it must be {must}")]
    FetchOption {
        /// What it is.
        what: &'static str,
        /// What was asked for.
        is: String,
        /// What it must be.
        must: &'static str,
    },
    /// A fetch takes too many bytes: its request and its handlers together.
    #[error(
        "the fetch takes {bytes} bytes with its handlers, the limit is {limit}; let an executor of your own take the data from elsewhere"
    )]
    FetchTooLarge {
        /// How many it takes.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Set-aside work can't be edited like this.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The cron expression is refused.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// An interval shorter than a millisecond.
    #[error("an interval must be at least one millisecond")]
    IntervalTooShort,
    /// The key and the value together are too large for a row.
    #[error(
        "the key and the value take {bytes} bytes, the limit is {limit}; split the value over several keys"
    )]
    EntryTooLarge {
        /// How many they take.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The SQL statement is not one that an object's handlers may run.
    #[error("the statement was refused: {0}")]
    Statement(StatementError),
    /// The values don't fit the SQL statement's parameters.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A row of the SQL statement's answer is no value of the type that was asked for.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The database refused.
    #[error("the object's database refused: {0}")]
    Storage(SqlError),
}

// Their words are part of the error's own, so they are not its sources: they would be told twice.

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<StatementError> for Error {
    fn from(error: StatementError) -> Self {
        Self::Statement(error)
    }
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        Self::Storage(error)
    }
}
