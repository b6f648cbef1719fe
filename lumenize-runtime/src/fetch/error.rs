//! Why there is no response.

use crate::error::{Outcome, cut};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most bytes of what an executor says is the reason, with the URL that it is about.
const MAX_REASON_BYTES: usize = 4 << 10;

/// Why a fetch ended without a response. (Any HTTP status is a response.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There was no connection: the name is not known, the server refused, or can't be reached.
    #[error("no connection: {reason}")]
    Connect {
        /// What went wrong.
        reason: String,
    },
    /// The server's certificate was not accepted. It is not tried again.
    #[error("the server's certificate was not accepted: {reason}")]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("the connection failed: {reason}")]
    Network {
        /// What went wrong.
        reason: String,
    },
    /// The time of the attempt was over.
    #[error("timed out {phase}")]
    Timeout {
        /// What it was waiting for.
        phase: Phase,
    },
    /// The response's body is larger than it may be; it was not read to its end. It is not tried again.
    #[error("the response's body has more than {limit} bytes; allow more by `max_response_bytes`")]
    TooLarge {
        /// How many it may have.
        limit: u64,
    },
    /// A redirect leads nowhere: to no URL, in circles, or there were too many. It is not tried again.
    #[error("a redirect could not be followed: {reason}")]
    Redirect {
        /// What is wrong.
        reason: String,
    },
    /// The executor's policy does not allow the URL, or one that it redirects to. It is not tried
    /// again.
    #[error("`{url}` is not allowed: {reason}")]
    Refused {
        /// The URL, without credentials and query.
        url: String,
        /// What the policy said.
        reason: String,
    },
    /// The executor did not take the request. Nothing was sent; it is not tried again.
    #[error("it was not handed over: {reason}")]
    HandOver {
        /// What went wrong.
        reason: String,
    },
    /// The time of the whole fetch was over before another attempt could be made.
    #[error("its time was over before it could be tried again; the attempt before: {reason}")]
    Expired {
        /// What came of the last attempt.
        reason: String,
    },
    /// Nothing was heard of the last attempt, in its time and some more: the process that made it is gone.
    /// The request may have been sent.
    #[error("nothing was heard of it: {reason}")]
    Unknown {
        /// What is known.
        reason: String,
    },
}

/// What a fetch was waiting for when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Phase {
    /// For its turn: the executor does only so many at a time.
    Queue,
    /// For a connection.
    Connect,
    /// For the status and the headers.
    Headers,
    /// For the rest of the body.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Queue => "before it began: the executor has too much to do",
            Phase::Connect => "while it was connecting",
            Phase::Headers => "before the response began",
            Phase::Body => "before the response's body ended",
        })
    }
}

impl FetchError {
    /// Whether the server may have acted on the request. As it can be tried more than once, this is said of
    /// the last attempt; an earlier one may have been heard all the same.
    pub fn outcome(&self) -> Outcome {
        match self {
            FetchError::Connect { .. }
            | FetchError::Certificate { .. }
            | FetchError::HandOver { .. }
            | FetchError::Timeout {
                phase: Phase::Queue | Phase::Connect,
            } => Outcome::NotExecuted,
            _ => Outcome::Unknown,
        }
    }

    /// So that it fits into a row: an executor may say anything.
    pub(crate) fn cut(mut self) -> Self {
        let mut left = MAX_REASON_BYTES;
        match &mut self {
            FetchError::Connect { reason }
            | FetchError::Certificate { reason }
            | FetchError::Network { reason }
            | FetchError::Redirect { reason }
            | FetchError::HandOver { reason }
            | FetchError::Expired { reason }
            | FetchError::Unknown { reason } => cut(reason, &mut left),
            FetchError::Refused { url, reason } => {
                cut(url, &mut left);
                cut(reason, &mut left);
            }
            FetchError::Timeout { .. } | FetchError::TooLarge { .. } => {}
        }
        self
    }

    /// Whether another attempt may end better.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            FetchError::Connect { .. }
                | FetchError::Network { .. }
                | FetchError::Timeout { .. }
                | FetchError::Unknown { .. }
        )
    }
}
