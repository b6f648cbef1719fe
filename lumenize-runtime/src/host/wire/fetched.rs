//! What an executor tells an object of a fetch, and what it is given to tell it with.
//!
//! The message: version, kind, how deep the chain of RPC is that it ends (filled in by `post.js`), the id of
//! the fetch, the number of the attempt, its token, then the outcome in postcard. All but the outcome is
//! what the executor is handed with the attempt, to be given back.

use super::VERSION;
use crate::codec;
use crate::engine::{FetchAttempt, Fetched, Tried};
use crate::error::CallError;
use crate::fetch::{FetchError, Response};
use uuid::Uuid;

pub(crate) const FETCHED: u8 = 5;

const ID_BYTES: usize = 16;
const TOKEN_BYTES: usize = 16;
/// What the executor gives back.
const REPLY_BYTES: usize = 3 + ID_BYTES + 4 + TOKEN_BYTES;

/// The longest outcome that is no response: it stands in a row with its handler.
const LONGEST_ERROR: usize = 16 << 10;

/// More headers than any response has: those of one name have no bound by themselves.
const MOST_HEADERS: usize = 10_000;

/// Of what only `post.js` tells: it follows the id and the number of the attempt.
const NOT_TAKEN: u8 = 4;
const PERHAPS_TAKEN: u8 = 5;

/// The message without the outcome, at depth 0.
pub(crate) fn reply(attempt: &FetchAttempt) -> Vec<u8> {
    let mut reply = Vec::with_capacity(REPLY_BYTES);
    reply.extend_from_slice(&[VERSION, FETCHED, 0]);
    reply.extend_from_slice(attempt.fetch.as_bytes());
    reply.extend_from_slice(&attempt.attempt.to_le_bytes());
    reply.extend_from_slice(&attempt.token.to_be_bytes());
    reply
}

/// What follows the depth.
pub(super) fn read(bytes: &[u8]) -> Result<Fetched, CallError> {
    let unreadable = || CallError::refused("an outcome of a fetch that can't be read");
    let (fetch, attempt, rest) = read_key(bytes).ok_or_else(unreadable)?;
    let (token, outcome) = rest.split_first_chunk().ok_or_else(unreadable)?;
    let outcome_bytes = outcome.len();
    let outcome = codec::decode::<Result<Response, FetchError>>(outcome);
    let outcome = outcome.map_err(|_| unreadable())?;
    match &outcome {
        Err(_) if outcome_bytes > LONGEST_ERROR => {
            return Err(CallError::refused("an error of a fetch that is too long"));
        }
        Ok(response) if response.headers().len() > MOST_HEADERS => {
            return Err(CallError::refused("a response with too many headers"));
        }
        _ => {}
    }
    Ok(Fetched {
        fetch,
        attempt,
        token: u128::from_be_bytes(*token),
        tried: Tried::Ended(outcome),
    })
}

/// That an executor did not take an attempt, or may not have, as `post.js` tells it. `None` if it is nothing
/// that it tells of a fetch.
pub(crate) fn read_not_taken(message: &[u8]) -> Option<Fetched> {
    let (fetch, attempt, rest) = read_key(message)?;
    let (how, rest) = rest.split_first()?;
    let (token, reason) = rest.split_first_chunk()?;
    let reason = String::from_utf8_lossy(reason).into_owned();
    let error = match *how {
        NOT_TAKEN => FetchError::HandOver { reason },
        PERHAPS_TAKEN => FetchError::Unknown { reason },
        _ => return None,
    };
    Some(Fetched {
        fetch,
        attempt,
        token: u128::from_be_bytes(*token),
        tried: Tried::Ended(Err(error)),
    })
}

/// The fetch, which attempt it is, and what follows.
fn read_key(bytes: &[u8]) -> Option<(Uuid, u32, &[u8])> {
    let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
    let (attempt, rest) = rest.split_first_chunk::<4>()?;
    Some((Uuid::from_bytes(*id), u32::from_le_bytes(*attempt), rest))
}

#[cfg(test)]
mod tests;
