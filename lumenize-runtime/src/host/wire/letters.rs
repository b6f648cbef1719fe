//! What objects send each other, and what becomes of it.
//!
//! A call: version, kind, how deep the chain of RPC is that it ends, how many answers the callee may
//! forget (both filled in by `object.js`), their ids, a [`Header`] in postcard, the program. An
//! acknowledgement: version, kind, ids. The answer to a call: version, whether it is kept, the result in
//! postcard. What only `object.js` and the engine tell each other has no version.

use super::{VERSION, check_program, check_value};
use crate::codec;
use crate::engine::{CallHeader, Delivered, Delivery};
use crate::error::CallError;
use crate::views::Caller;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) const CALL: u8 = 3;
pub(crate) const ACKNOWLEDGE: u8 = 4;

/// Of an answer to a call. A plain answer has 0 or 1 there: who gives it has read no call.
const NOT_KEPT: u8 = 2;
const KEPT: u8 = 3;

const ID_BYTES: usize = 16;
/// An id and the number of the attempt.
const KEY_BYTES: usize = ID_BYTES + 4;

/// How many answers one message lets the callee forget.
const MAX_ACKNOWLEDGED: usize = 1_000;

/// What an object sends to another.
#[derive(Debug, PartialEq)]
pub(crate) struct Letter<'m> {
    pub call: Option<(CallHeader, &'m [u8])>,
    /// The calls whose answers may be forgotten.
    pub acknowledged: Vec<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct Header<'h> {
    id: [u8; ID_BYTES],
    attempt: u32,
    deadline: i64,
    hops: u32,
    class: &'h str,
    name: &'h str,
}

/// A call that acknowledges nothing, at depth 0. What comes from outside has no class.
pub(crate) fn call(call: &CallHeader, program: &[u8]) -> Vec<u8> {
    let (class, name) = match &call.caller {
        Caller::Object { class, name } => (class.as_str(), name.as_str()),
        Caller::Own | Caller::Outside => ("", ""),
    };
    let header = Header {
        id: call.id.into_bytes(),
        attempt: call.attempt,
        deadline: call.deadline,
        hops: call.hops,
        class,
        name,
    };
    // Encoding plain data into memory does not fail.
    let mut message = postcard::to_extend(&header, vec![VERSION, CALL, 0, 0]).unwrap_or_default();
    message.extend_from_slice(program);
    message
}

/// What follows the depth.
pub(crate) fn read_call(bytes: &[u8]) -> Result<Letter<'_>, CallError> {
    let damaged = || CallError::refused("a call that can't be read");
    let (count, rest) = bytes.split_first().ok_or_else(damaged)?;
    let ids = usize::from(*count) * ID_BYTES;
    let (ids, rest) = rest.split_at_checked(ids).ok_or_else(damaged)?;
    let (header, program) = postcard::take_from_bytes::<Header<'_>>(rest).map_err(|_| damaged())?;
    check_program(program)?;
    let call = CallHeader {
        id: Uuid::from_bytes(header.id),
        attempt: header.attempt,
        deadline: header.deadline,
        hops: header.hops,
        // No type is called nothing.
        caller: match header.class {
            "" => Caller::Outside,
            class => Caller::Object {
                class: class.to_owned(),
                name: header.name.to_owned(),
            },
        },
    };
    Ok(Letter {
        call: Some((call, program)),
        ..read_acknowledged(ids)?
    })
}

/// What follows the kind.
pub(crate) fn read_acknowledged<'m>(ids: &[u8]) -> Result<Letter<'m>, CallError> {
    let (ids, rest) = ids.as_chunks::<ID_BYTES>();
    if !rest.is_empty() || ids.len() > MAX_ACKNOWLEDGED {
        return Err(CallError::refused("an acknowledgement that can't be read"));
    }
    Ok(Letter {
        call: None,
        acknowledged: ids.iter().copied().map(Uuid::from_bytes).collect(),
    })
}

/// What the callee answers.
pub(crate) fn answer(answer: Result<Vec<u8>, CallError>, kept: bool) -> Vec<u8> {
    let answer = answer.map(|value| codec::with_shape(&value).into_owned());
    let head = vec![VERSION, if kept { KEPT } else { NOT_KEPT }];
    postcard::to_extend(&answer, head).unwrap_or_default()
}

/// What an attempt is known by to `object.js`.
pub(crate) fn key(call: &CallHeader) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    let (id, attempt) = key.split_at_mut(ID_BYTES);
    id.copy_from_slice(call.id.as_bytes());
    attempt.copy_from_slice(&call.attempt.to_le_bytes());
    key
}

/// What became of an attempt, as `object.js` tells it: the key, how it ended, and the answer or what went
/// wrong. `None` if it is nothing that it tells.
pub(crate) fn read_outcome(message: &[u8]) -> Option<Delivery> {
    let (id, rest) = message.split_first_chunk::<ID_BYTES>()?;
    let (attempt, rest) = rest.split_first_chunk::<4>()?;
    let (how, told) = rest.split_first()?;
    let reason = || String::from_utf8_lossy(told).into_owned();
    let outcome = match how {
        0 => read_answer(told),
        1 => lost(reason()),
        2 => Delivered::Lost {
            reason: reason(),
            overloaded: true,
        },
        3 => Delivered::Impossible { reason: reason() },
        _ => return None,
    };
    Some(Delivery {
        call: Uuid::from_bytes(*id),
        attempt: u32::from_le_bytes(*attempt),
        outcome,
    })
}

/// What can't be read says nothing of whether an attempt before was executed: the call is sent again, as
/// the callee may be of another release for a while.
pub(crate) fn read_answer(bytes: &[u8]) -> Delivered {
    match bytes {
        [VERSION, kept @ (KEPT | NOT_KEPT), rest @ ..] => {
            match codec::decode::<Result<Vec<u8>, CallError>>(rest) {
                Ok(answer) => Delivered::Answered {
                    answer: answer.and_then(check_value),
                    kept: *kept == KEPT,
                },
                Err(error) => lost(format!("its answer can't be read: {error}")),
            }
        }
        [VERSION, rest @ ..] => match codec::decode::<Result<Vec<u8>, CallError>>(rest) {
            Ok(Err(error)) => lost(error.to_string()),
            _ => lost("its answer is none to a call".to_owned()),
        },
        [version, ..] => lost(format!(
            "an answer of version {version}; this release knows {VERSION}"
        )),
        [] => lost("an empty answer".to_owned()),
    }
}

fn lost(reason: String) -> Delivered {
    Delivered::Lost {
        reason,
        overloaded: false,
    }
}

#[cfg(test)]
mod tests;
