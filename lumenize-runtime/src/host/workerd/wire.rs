//! What travels by RPC between a Worker and an object: a version byte, then postcard.

use crate::codec;
use crate::continuation::program::Program;
use crate::engine::Inspection;
use crate::error::{CallError, Outcome};
use crate::views::{FailedWork, PendingWork};

const VERSION: u8 = 1;
const RUN: u8 = 0;
pub(super) const INSPECT: u8 = 1;
/// As `RUN`, of what may already have run: refused if it does more than read. The kind is the second
/// byte, which `object.js` changes.
pub(super) const RUN_AGAIN: u8 = 2;

/// What an object is asked.
#[derive(Debug, PartialEq)]
pub(super) enum Message<'m> {
    /// To run a program.
    Run(&'m [u8]),
    /// For what is pending and what was set aside.
    Inspect,
}

/// The shapes of its values travel along: the object may be of another release.
pub(super) fn run(program: &[u8]) -> Result<Vec<u8>, CallError> {
    let read = Program::decode(program).map_err(CallError::refused)?;
    let whole = read
        .with_shapes()
        .ok_or_else(|| CallError::refused("with the shapes of its values it is too large"))?;
    Ok([&[VERSION, RUN], whole.as_slice()].concat())
}

pub(super) fn inspect() -> Vec<u8> {
    vec![VERSION, INSPECT]
}

/// `only_reads` says whether a program does no more than that.
pub(super) fn read_request(
    message: &[u8],
    only_reads: fn(&[u8]) -> bool,
) -> Result<Message<'_>, CallError> {
    match message {
        [VERSION, kind @ (RUN | RUN_AGAIN), program @ ..] => {
            let read = Program::decode(program).map_err(CallError::refused)?;
            read.check_values().map_err(CallError::refused)?;
            match *kind == RUN || only_reads(program) {
                true => Ok(Message::Run(program)),
                false => Err(CallError::Unreachable {
                    reason: "the connection was lost, and in the object's release it writes"
                        .to_owned(),
                    outcome: Outcome::Unknown,
                }),
            }
        }
        [VERSION, INSPECT] => Ok(Message::Inspect),
        [VERSION, ..] => Err(CallError::refused("a message of an unknown kind")),
        [version, ..] => Err(CallError::refused(format!(
            "a message of version {version}; this release knows {VERSION}"
        ))),
        [] => Err(CallError::refused("an empty message")),
    }
}

pub(super) fn answer(answer: Result<Vec<u8>, CallError>) -> Vec<u8> {
    write(&answer.map(|value| codec::with_shape(&value).into_owned()))
}

pub(super) fn read_answer(bytes: &[u8]) -> Result<Vec<u8>, CallError> {
    let value: Vec<u8> = read(bytes)?;
    match codec::check(&value) {
        Ok(()) => Ok(value),
        Err(reason) => Err(CallError::Result {
            reason: reason.to_owned(),
        }),
    }
}

pub(super) fn inspection(inspection: Result<Inspection, CallError>) -> Vec<u8> {
    write(&inspection.map(|seen| (seen.pending, seen.failed)))
}

pub(super) fn read_inspection(bytes: &[u8]) -> Result<Inspection, CallError> {
    let (pending, failed) = read::<(Vec<PendingWork>, Vec<FailedWork>)>(bytes)?;
    Ok(Inspection { pending, failed })
}

fn write<T: serde::Serialize>(answer: &Result<T, CallError>) -> Vec<u8> {
    // Encoding plain data into memory does not fail.
    postcard::to_extend(answer, vec![VERSION]).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, CallError> {
    let unreadable = |reason: String| CallError::Result { reason };
    match bytes.split_first() {
        Some((&VERSION, rest)) => codec::decode::<Result<T, CallError>>(rest)
            .map_err(|error| unreadable(error.to_string()))?,
        _ => Err(unreadable("it is of another release".to_owned())),
    }
}
