//! What travels by RPC between a Worker and an object: a version byte, a kind, then postcard. What
//! objects send each other is in [`letters`], what executors tell them in [`fetched`].

pub(crate) mod fetched;
pub(crate) mod letters;

use crate::codec;
use crate::continuation::program::Program;
use crate::engine::{CallHeader, Fetched, Inspection};
use crate::error::{CallError, Outcome};
use crate::views::{FailedWork, PendingWork};
use letters::Letter;

pub(crate) const VERSION: u8 = 1;
/// Of what was seen of an object's work. In version 1 arguments had no names.
const INSPECTION_VERSION: u8 = 2;
const RUN: u8 = 0;
pub(crate) const INSPECT: u8 = 1;
/// As `RUN`, of what may already have run: refused if it does more than read. The kind is the second
/// byte, which `object.js` changes.
pub(crate) const RUN_AGAIN: u8 = 2;

/// What an object is asked.
#[derive(Debug)]
pub(crate) enum Message<'m> {
    /// To run a program.
    Run(&'m [u8]),
    /// For what is pending and what was set aside.
    Inspect,
    /// By another object.
    Letter(Letter<'m>),
    /// To hear what came of a fetch.
    Fetched(Fetched),
}

/// The shapes of its values travel along: the object may be of another release.
pub(crate) fn run(program: &[u8]) -> Result<Vec<u8>, CallError> {
    Ok([&[VERSION, RUN], with_shapes(program)?.as_slice()].concat())
}

/// As `run`, as an attempt at a call.
pub(crate) fn run_idempotent(call: &CallHeader, program: &[u8]) -> Result<Vec<u8>, CallError> {
    Ok(letters::call(call, &with_shapes(program)?))
}

fn with_shapes(program: &[u8]) -> Result<Vec<u8>, CallError> {
    let read = Program::decode(program).map_err(CallError::refused)?;
    read.with_shapes()
        .ok_or_else(|| CallError::refused("with the shapes of its values it is too large"))
}

pub(crate) fn inspect() -> Vec<u8> {
    vec![VERSION, INSPECT]
}

/// `only_reads` says whether a program does no more than that.
pub(crate) fn read_request(
    message: &[u8],
    only_reads: fn(&[u8]) -> bool,
) -> Result<Message<'_>, CallError> {
    match message {
        [VERSION, kind @ (RUN | RUN_AGAIN), program @ ..] => {
            check_program(program)?;
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
        [VERSION, letters::CALL, _depth, rest @ ..] => {
            letters::read_call(rest).map(Message::Letter)
        }
        [VERSION, letters::ACKNOWLEDGE, ids @ ..] => {
            letters::read_acknowledged(ids).map(Message::Letter)
        }
        [VERSION, fetched::FETCHED, _depth, rest @ ..] => fetched::read(rest).map(Message::Fetched),
        [VERSION, ..] => Err(CallError::refused("a message of an unknown kind")),
        [version, ..] => Err(CallError::refused(format!(
            "a message of version {version}; this release knows {VERSION}"
        ))),
        [] => Err(CallError::refused("an empty message")),
    }
}

/// A program of another release, or of nobody's, with each value held against its shape.
pub(crate) fn check_program(program: &[u8]) -> Result<(), CallError> {
    let read = Program::decode(program).map_err(CallError::refused)?;
    read.check_values().map_err(CallError::refused)
}

pub(crate) fn answer(answer: Result<Vec<u8>, CallError>) -> Vec<u8> {
    write(
        VERSION,
        &answer.map(|value| codec::with_shape(&value).into_owned()),
    )
}

pub(crate) fn read_answer(bytes: &[u8]) -> Result<Vec<u8>, CallError> {
    check_value(read(VERSION, bytes)?)
}

/// A result from elsewhere, held against its shape.
pub(crate) fn check_value(value: Vec<u8>) -> Result<Vec<u8>, CallError> {
    match codec::check(&value) {
        Ok(()) => Ok(value),
        Err(reason) => Err(CallError::Result {
            reason: reason.to_string(),
        }),
    }
}

pub(crate) fn inspection(inspection: Result<Inspection, CallError>) -> Vec<u8> {
    let seen = inspection.map(|seen| (seen.pending, seen.failed));
    write(INSPECTION_VERSION, &seen)
}

pub(crate) fn read_inspection(bytes: &[u8]) -> Result<Inspection, CallError> {
    let (pending, failed) = read::<(Vec<PendingWork>, Vec<FailedWork>)>(INSPECTION_VERSION, bytes)?;
    Ok(Inspection { pending, failed })
}

fn write<T: serde::Serialize>(version: u8, answer: &Result<T, CallError>) -> Vec<u8> {
    // Encoding plain data into memory does not fail.
    postcard::to_extend(answer, vec![version]).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, CallError> {
    let unreadable = |reason: String| CallError::Result { reason };
    match bytes.split_first() {
        Some((&found, rest)) if found == version => codec::decode::<Result<T, CallError>>(rest)
            .map_err(|error| unreadable(error.to_string()))?,
        Some((found, _)) => Err(unreadable(format!(
            "it is of version {found}; this release knows {version}"
        ))),
        None => Err(unreadable("it is empty".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuation::program::ProgramError;

    /// One step without arguments.
    const PROGRAM: &[u8] = b"\x03\x01\x02go\x00";

    #[test]
    fn what_a_worker_asks_and_is_answered_is_read_as_it_was_written() {
        let message = run(PROGRAM).unwrap();
        assert_eq!(message, [&[1, 0][..], PROGRAM].concat());
        let runs = |read| matches!(read, Ok(Message::Run(PROGRAM)));
        assert!(runs(read_request(&message, |_| false)));
        assert!(matches!(
            read_request(&inspect(), |_| false),
            Ok(Message::Inspect)
        ));
        let again = [&[1, RUN_AGAIN][..], PROGRAM].concat();
        assert!(runs(read_request(&again, |_| true)));
        let refused = read_request(&again, |_| false).unwrap_err();
        assert_eq!(refused.outcome(), Outcome::Unknown);

        // Of no type that has a shape: a unit.
        let unit = crate::codec::with_shape(&[]).into_owned();
        let error = CallError::refused("no");
        assert_eq!(read_answer(&answer(Err(error.clone()))), Err(error.clone()));
        assert!(matches!(
            read_answer(&answer(Ok(unit))),
            Err(CallError::Result { .. })
        ));
        let seen = Inspection {
            pending: Vec::new(),
            failed: Vec::new(),
        };
        let told = read_inspection(&inspection(Ok(seen))).unwrap();
        assert_eq!((told.pending.len(), told.failed.len()), (0, 0));
        let told = read_inspection(&inspection(Err(error.clone())));
        assert_eq!(told.unwrap_err(), error);
        // What a Worker of the release before arguments had names would misread.
        let before = read_inspection(&[VERSION, 0, 0, 0]).unwrap_err();
        assert!(
            before
                .to_string()
                .ends_with("it is of version 1; this release knows 2"),
            "{before}"
        );
        let newer = read_answer(&[2, 0, 0]).unwrap_err().to_string();
        assert!(
            newer.ends_with("it is of version 2; this release knows 1"),
            "{newer}"
        );
        let newer = run(b"\x09\x01\x02go\x00").unwrap_err();
        let reason = ProgramError::Version { found: 9 };
        assert_eq!(newer, CallError::refused(&reason));
        let newer = [&[1, 0, 9][..], &PROGRAM[1..]].concat();
        let newer = read_request(&newer, |_| false).unwrap_err();
        assert_eq!(newer, CallError::refused(reason));
        // A value: a shape of two bytes, the first of which is the version of its format.
        let value = [2, 9, 1, 0];
        let reason = "its shape is of format version 9, this code reads version 1";
        let newer = [b"\x01\x00\x03\x01\x02go\x01\x01a\x03\x04", &value[..]].concat();
        let newer = read_request(&newer, |_| false).unwrap_err();
        let refused = format!("a value can't be read: {reason}");
        assert_eq!(newer, CallError::refused(refused));
        let newer = read_answer(&answer(Ok(value.to_vec()))).unwrap_err();
        let reason = reason.to_owned();
        assert_eq!(newer, CallError::Result { reason });
    }
}
