//! The error of a handler, as plain data.

use crate::codec::{self, CodecError, Payload};
use serde::{Deserialize, Serialize};
use std::any::type_name;
use std::error::Error as StdError;
use std::fmt;

/// What a handler failed with: a message, what caused it, and a code, perhaps with details, if it was
/// an [`ErrorCode`].
///
/// It is made of any error (`?` does it), and is itself no [`std::error::Error`], so that it can
/// be made of any: as `anyhow::Error` is not.
///
/// Where it is stored or sent, each text is cut after 16 KiB, and all together after 32 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandlerError {
    /// The code of the first [`ErrorCode`] among the error and its causes.
    pub code: Option<String>,
    /// The error's own text.
    pub message: String,
    /// The texts of its causes, the nearest first; at most 32.
    pub causes: Vec<String>,
    /// What [`details`](Self::details) reads. Last: what was stored before there were details ends here.
    #[serde(default)]
    details: Option<Details>,
}

/// What a handler returns unless it says otherwise.
pub type Result<T, E = HandlerError> = std::result::Result<T, E>;

const MAX_CAUSES: usize = 32;

/// The most bytes of a text where an error is stored or sent, and of all its texts together.
const MAX_TEXT_BYTES: usize = 16 << 10;
const MAX_TEXTS_BYTES: usize = 32 << 10;

/// The most bytes of details, with their shape: with all texts at their longest there is still room for
/// them in a row, beside 1.9 MB of work.
const MAX_DETAILS_BYTES: usize = 64 << 10;

impl HandlerError {
    /// An error with this message and no code.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            code: None,
            message: message.into(),
            causes: Vec::new(),
            details: None,
        }
    }

    pub(crate) fn with_code(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..Self::new(message)
        }
    }

    /// The details of the [`ErrorCode`] that gave the code; none if it had none. They are read as all
    /// stored values are, by the names of fields and variants: the handler may be of another release.
    ///
    /// # Errors
    /// [`CodecError::Decode`] if they are no `T`.
    pub fn details<T: Payload>(&self) -> Result<Option<T>, CodecError> {
        let details = self.details.as_ref();
        details
            .map(|Details(value)| codec::decode_from_elsewhere(value))
            .transpose()
    }

    /// So that it fits into a row. The farthest causes go first.
    pub(crate) fn cut(mut self) -> Self {
        let mut left = MAX_TEXTS_BYTES;
        for text in [&mut self.message].into_iter().chain(&mut self.code) {
            cut(text, &mut left);
        }
        self.causes.retain_mut(|cause| {
            let fits = left > 0;
            cut(cause, &mut left);
            fits
        });
        self
    }
}

/// Cuts a text to what may be of one, and of all of them together, of which so many bytes are left.
pub(crate) fn cut(text: &mut String, left: &mut usize) {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES.min(*left)));
    *left -= text.len();
}

impl<E: Into<Box<dyn StdError>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        of_error(&*error.into())
    }
}

/// Compiled once for all types of errors.
fn of_error(error: &(dyn StdError + 'static)) -> HandlerError {
    let chain = || std::iter::successors(Some(error), |error| (*error).source());
    let code = chain().find_map(|error| error.downcast_ref::<Code>());
    HandlerError {
        code: code.map(|code| code.code.clone()),
        message: error.to_string(),
        causes: chain()
            .skip(1)
            .filter(|error| !error.is::<Code>())
            .take(MAX_CAUSES)
            .map(|cause| cause.to_string())
            .collect(),
        details: code.and_then(|code| code.details.clone()),
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

/// An error with a code that the other side can tell apart, and perhaps details of it.
///
/// ```
/// # use lumenize_runtime::error::{ErrorCode, HandlerError};
/// let error = HandlerError::from(ErrorCode::new("not_found", "no such task"));
/// assert_eq!(error.code.as_deref(), Some("not_found"));
/// ```
///
/// The code is found wherever this is among the causes, and however it is wrapped: by `anyhow::Error`, by
/// a `#[error(transparent)]`, in a box. For that the code is an error of its own, the
/// [source](StdError::source) of this one. (What is no cause is not found: as a `context` of `anyhow` it is
/// only a text. Make it the error that is given context, or that is returned.)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ErrorCode {
    message: String,
    #[source]
    code: Code,
}

/// What an [`ErrorCode`] is more than its message. Wrappers hide the type of what they wrap, but not that of
/// its source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code `{code}`")]
struct Code {
    code: String,
    details: Option<Details>,
}

/// A value with its shape in full.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Details(Vec<u8>);

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl ErrorCode {
    /// An error with this code and this message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: Code {
                code: code.into(),
                details: None,
            },
        }
    }

    /// The error with details, which come to the other side as they are: at most 64 KiB, their shape
    /// included.
    ///
    /// ```
    /// # use lumenize_runtime::error::{ErrorCode, HandlerError};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Shortage { need: u64, have: u64 }
    ///
    /// let shortage = Shortage { need: 30, have: 12 };
    /// let error = ErrorCode::new("shortage", "not enough").with_details(&shortage)?;
    /// assert_eq!(HandlerError::from(error).details()?, Some(shortage));
    /// # Ok::<(), lumenize_runtime::codec::CodecError>(())
    /// ```
    ///
    /// # Errors
    /// [`CodecError::Encode`] and [`CodecError::ReadBack`] if the value can't be stored,
    /// [`CodecError::TooLarge`].
    pub fn with_details<T: Payload>(mut self, details: &T) -> Result<Self, CodecError> {
        let mut value = Vec::new();
        codec::encode_into(details, &mut value)?;
        let value = codec::with_shape(&value).into_owned();
        if value.len() > MAX_DETAILS_BYTES {
            return Err(CodecError::TooLarge {
                type_name: type_name::<T>(),
                bytes: value.len(),
                limit: MAX_DETAILS_BYTES,
            });
        }
        self.code.details = Some(Details(value));
        Ok(self)
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code.code
    }
}

/// Why a call was not answered with a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// A handler failed; nothing that the program did has happened. It is an answer: the callee keeps it,
    /// and the call is not sent again.
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
    /// It had none, and never will. Somebody can know that: the callee, which keeps this answer under the
    /// call's id and so refuses each attempt that is still on its way, or a host that has never sent it.
    NotExecuted,
    /// It may have had it, and while the call's time is not over, it may yet have it.
    Unknown,
}

impl CallError {
    /// Whether the call may have had its effect: what must be undone only if it had none needs
    /// [`Outcome::NotExecuted`]. A broken connection or a silent callee never is that.
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

    /// The code that the callee's handler failed with, if it did, and with an [`ErrorCode`].
    pub fn code(&self) -> Option<&str> {
        match self {
            CallError::Handler(error) => error.code.as_deref(),
            _ => None,
        }
    }

    /// The details that the callee's handler gave of its error: [`HandlerError::details`].
    ///
    /// # Errors
    /// [`CodecError::Decode`] if they are no `T`.
    pub fn details<T: Payload>(&self) -> Result<Option<T>, CodecError> {
        match self {
            CallError::Handler(error) => error.details(),
            _ => Ok(None),
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
