//! What a host must give. The engine knows a host only through [`Storage`] and [`Tick`], and a host
//! knows an object only through [`Turns`](crate::engine::Turns).
//!
//! A host runs one turn of an object at a time, rings its alarm at the time last set (never before
//! it), performs the effects of a turn after it, and gives each turn its time and its randomness.

#[cfg(not(target_family = "wasm"))]
mod authorizer;
#[cfg(any(test, target_family = "wasm"))]
mod codes;
mod idempotency;
#[cfg(not(target_family = "wasm"))]
pub mod native;
#[cfg(not(target_family = "wasm"))]
pub mod sqlite;
#[cfg(any(test, target_family = "wasm"))]
mod wire;
#[cfg(target_family = "wasm")]
pub mod workerd;

pub use idempotency::IdempotencyKey;

use crate::continuation::typed::{ContinuationOf, Output};
use crate::error::CallError;
use crate::object::Object;

/// `Send + Sync` where objects move between threads, nothing where there is one thread.
#[cfg(not(target_family = "wasm"))]
pub trait Shareable: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> Shareable for T {}

/// `Send + Sync` where objects move between threads, nothing where there is one thread.
#[cfg(target_family = "wasm")]
pub trait Shareable {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> Shareable for T {}

/// The private SQLite database of one object, and its alarm.
pub trait Storage: Shareable {
    /// Runs one statement of the engine's to its end and returns all of its rows. Only inside
    /// [`transaction`](Self::transaction) or [`reading`](Self::reading). Parameters of more than 2,000,000 bytes in all are refused. An integer beyond
    /// 2^53 that the host can't give exactly is a [`SqlValue::Real`].
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError>;

    /// As [`query`](Self::query), one statement of the user's that has passed the engine's lexer. The
    /// host holds it to its rights as well as it can: it may touch none of the engine's tables, and
    /// what has no right to write and does is an error, after which the transaction may be lost.
    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError>;

    /// Runs `body` in a transaction, or in a savepoint if one is open, and ends it as `body` says.
    /// An error means that the outermost transaction is lost, with all that was written in it.
    fn transaction(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError>;

    /// Runs `body`, which only reads. Should it write, that is undone.
    fn reading(&self, body: &mut dyn FnMut()) -> Result<(), SqlError> {
        let rolled_back = self.transaction(&mut || {
            body();
            End::Rollback
        });
        rolled_back.map(drop)
    }

    /// Runs `body`, which is code of the object's, within a transaction or [`reading`](Self::reading). Only
    /// worlds for tests want to know when it ends.
    fn handler(&self, body: &mut dyn FnMut()) {
        body();
    }

    /// Whether a savepoint takes longer than most handlers do. Then what runs in a transaction has none: when
    /// something fails, all that ran before it in the transaction runs once more.
    fn spares_savepoints(&self) -> bool {
        false
    }

    /// Whether the transaction that was begun is still open: some errors end it by themselves. In
    /// one that is not, every further statement is refused.
    fn stands(&self) -> bool;

    /// Sets the object's single alarm (Unix milliseconds), or clears it. Within a transaction it
    /// takes part in its commit.
    fn set_alarm(&self, at: Option<i64>);

    /// Whether the engine is to take a way here that it may take at any time and seldom does, or never
    /// on a good day. Only worlds for tests ask for that.
    fn detours(&self, _where: Detour) -> bool {
        false
    }
}

/// A way that the engine may take at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detour {
    /// A wake ends before all that is due has run.
    EndsWake,
    /// A wake reads what is due one by one.
    ReadsOneByOne,
    /// A wake is careful, as after an unclean stop.
    IsCareful,
    /// What was sent together is heard one by one, in a commit each.
    HearsOneByOne,
    /// The object in memory is dropped behind a turn.
    DropsObject,
    /// What is known of the tables is dropped behind a turn.
    PreparesAgain,
}

/// What a statement of the user's may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Read.
    Read,
    /// Be explained, whatever it would do otherwise.
    Explain,
    /// Read and write, its own tables too.
    Write,
}

/// What a statement of the user's returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<SqlValue>>,
    /// How many rows were written, with index entries and what triggers wrote, where the host knows it.
    pub written: Option<u64>,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What was written stays.
    Commit,
    /// What was written is undone.
    Rollback,
}

/// What a host gives each turn.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// The time, in Unix milliseconds; it may go backwards from turn to turn.
    pub now: i64,
    /// 128 random bits.
    pub entropy: u128,
}

/// Who an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of its type.
    pub class: &'static str,
    /// The name it was asked for by.
    pub name: String,
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Param<'p> {
    /// SQL NULL.
    Null,
    /// An integer; the engine keeps what can exceed 2^53 out of it.
    Integer(i64),
    /// A floating-point number, never NaN.
    Real(f64),
    /// UTF-8 text.
    Text(&'p str),
    /// Bytes.
    Blob(&'p [u8]),
}

/// The most bytes of a row (Cloudflare's "Durable Objects limits"; no host enforces it by itself).
const MAX_ROW_BYTES: usize = 2_000_000;

/// Refuses parameters that make a row beyond the limit.
pub(crate) fn fit_row(params: &[Param<'_>]) -> Result<(), SqlError> {
    let size = |param: &Param<'_>| match param {
        Param::Null => 0,
        Param::Integer(_) | Param::Real(_) => 8,
        Param::Text(text) => text.len(),
        Param::Blob(bytes) => bytes.len(),
    };
    match params.iter().map(size).sum::<usize>() {
        0..=MAX_ROW_BYTES => Ok(()),
        bytes => Err(SqlError::statement(format!(
            "a row of {bytes} bytes is over the limit of {MAX_ROW_BYTES}"
        ))),
    }
}

/// A column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// SQL NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// An error of the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// Whose fault it is.
    pub kind: SqlErrorKind,
    /// What SQLite said.
    pub message: String,
    /// Whether it was the commit that failed: what was written may be there all the same.
    pub committing: bool,
}

impl SqlError {
    /// The machine is at fault.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn disk(message: String) -> Self {
        Self {
            kind: SqlErrorKind::Disk,
            message,
            committing: false,
        }
    }

    /// The statement or the data is at fault.
    pub(crate) fn statement(message: String) -> Self {
        Self {
            kind: SqlErrorKind::Statement,
            message,
            committing: false,
        }
    }
}

/// Whose fault an error of the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqlErrorKind {
    /// The machine's: the disk is full or failing. Waiting may help.
    Disk,
    /// The statement's or the data's.
    Statement,
    /// The data's: a constraint of a table forbids them.
    Constraint,
}

/// The bytes of a continuation that is to run for a caller, checked.
pub(crate) fn call_program<D: Object, R: Output>(
    continuation: impl ContinuationOf<'static, D, R>,
) -> Result<Vec<u8>, CallError> {
    continuation
        .into_steps()
        .encode()
        .map_err(CallError::refused)
}

/// The result in an answer.
pub(crate) fn read_answer<R: Output>(bytes: Vec<u8>) -> Result<R, CallError> {
    crate::codec::decode_with_reference(&bytes).map_err(|error| CallError::Result {
        reason: error.to_string(),
    })
}
