//! The error of a handler, as plain data.

use serde::{Deserialize, Serialize};
use std::error::Error as StdError;
use std::fmt;

/// What a handler failed with: a message, what caused it, and a code if it was an [`ErrorCode`].
///
/// It is made of any error (`?` does it), and is itself no [`std::error::Error`], so that it can
/// be made of any: as `anyhow::Error` is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandlerError {
    /// The code of the first [`ErrorCode`] among the error and its causes.
    pub code: Option<String>,
    /// The error's own text.
    pub message: String,
    /// The texts of its causes, the nearest first; at most 32.
    pub causes: Vec<String>,
}

/// What a handler returns unless it says otherwise.
pub type Result<T, E = HandlerError> = std::result::Result<T, E>;

const MAX_CAUSES: usize = 32;

impl HandlerError {
    /// An error with this message and no code.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            code: None,
            message: message.into(),
            causes: Vec::new(),
        }
    }

    pub(crate) fn with_code(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..Self::new(message)
        }
    }
}

impl<E: Into<Box<dyn StdError>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        of_error(&*error.into())
    }
}

/// Compiled once for all types of errors.
fn of_error(error: &(dyn StdError + 'static)) -> HandlerError {
    let chain = || std::iter::successors(Some(error), |error| (*error).source());
    HandlerError {
        code: chain()
            .find_map(|error| error.downcast_ref::<ErrorCode>())
            .map(|error| error.code.clone()),
        message: error.to_string(),
        causes: chain()
            .skip(1)
            .take(MAX_CAUSES)
            .map(|cause| cause.to_string())
            .collect(),
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// An error with a code that the other side can tell apart.
///
/// ```
/// # use lumenize_runtime::error::{ErrorCode, HandlerError};
/// let error = HandlerError::from(ErrorCode::new("not_found", "no such task"));
/// assert_eq!(error.code.as_deref(), Some("not_found"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ErrorCode {
    code: String,
    message: String,
}

impl ErrorCode {
    /// An error with this code and this message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code
    }
}

/// Why a call was not answered with a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// A handler failed; nothing that the program did has happened.
    #[error("the handler failed: {0}")]
    Handler(HandlerError),
    /// The program was not accepted; nothing was run or stored.
    #[error("refused: {reason}")]
    Refused {
        /// What to change.
        reason: String,
    },
    /// The object could not be reached, or could not keep what it did.
    #[error("unreachable: {reason}")]
    Unreachable {
        /// What went wrong.
        reason: String,
        /// Whether the call may have had its effect.
        outcome: Outcome,
    },
    /// The object has too much to do: another attempt would make it worse. Send less, or later. Only
    /// Cloudflare's runtime says so; the call may have had its effect.
    #[error("overloaded: {reason}")]
    Overloaded {
        /// What the runtime said.
        reason: String,
    },
    /// There was no answer within the call's time. It may have had its effect, and may yet.
    #[error("timed out: {reason}")]
    Timeout {
        /// What is known of the last attempt.
        reason: String,
    },
    /// The object was destroyed before it could execute the call, which had no effect.
    #[error("the object was destroyed before it came to the call")]
    Gone,
    /// The result is no value of the type that the caller expects.
    #[error("the result can't be read: {reason}")]
    Result {
        /// What went wrong.
        reason: String,
    },
}

/// Whether a call that failed may have had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It had none.
    NotExecuted,
    /// It may have had it.
    Unknown,
}

impl CallError {
    /// Whether the call may have had its effect.
    pub fn outcome(&self) -> Outcome {
        match self {
            CallError::Handler(_) | CallError::Refused { .. } | CallError::Gone => {
                Outcome::NotExecuted
            }
            CallError::Unreachable { outcome, .. } => *outcome,
            CallError::Overloaded { .. } | CallError::Timeout { .. } | CallError::Result { .. } => {
                Outcome::Unknown
            }
        }
    }

    pub(crate) fn refused(reason: impl ToString) -> Self {
        CallError::Refused {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn not_executed(reason: impl ToString) -> Self {
        CallError::Unreachable {
            reason: reason.to_string(),
            outcome: Outcome::NotExecuted,
        }
    }
}
