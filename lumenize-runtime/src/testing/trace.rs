//! What happens in a world, line by line, in words that are the same in each run of one seed.
//!
//! Stored bytes are not: values refer to shapes, which are what the process has seen of a type so far. So a
//! line has what these bytes mean, or a hash of what stands behind such a reference.

use crate::codec::behind_reference;
use crate::continuation::program::{Arg, Program};
use crate::engine::{Delivered, Event, Mail, Reply, Tried};
use crate::host::Param;
use crate::sync::lock;
use crate::views::date;
use chrono::{DateTime, Utc};
use std::fmt::{self, Write as _};
use std::sync::Mutex;
use xxhash_rust::xxh64::xxh64;

/// Something that happened in a world: an event of an object, a statement that wrote, the end of a
/// transaction, an answer, or a number that the test drew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceLine {
    /// The world's time.
    pub at: DateTime<Utc>,
    /// The class and the name of the object; empty for what the test draws.
    pub object: String,
    /// What happened.
    pub what: String,
}

impl fmt::Display for TraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, object, what } = self;
        write!(f, "{} {object} {what}", at.format("%F %T%.3f"))
    }
}

/// The trace of a world, once it is asked for.
#[derive(Default)]
pub(super) struct Trace(Mutex<Option<Now>>);

struct Now {
    at: i64,
    object: String,
    lines: Vec<TraceLine>,
}

impl Trace {
    /// Traces from now on.
    pub(super) fn begin(&self) {
        *lock(&self.0) = Some(Now {
            at: 0,
            object: String::new(),
            lines: Vec::new(),
        });
    }

    /// The lines so far, and none from now on.
    pub(super) fn end(&self) -> Vec<TraceLine> {
        let traced = lock(&self.0).take();
        traced.map(|now| now.lines).unwrap_or_default()
    }

    /// What follows happens then, and there.
    pub(super) fn moves_to(&self, at: i64, object: impl FnOnce() -> String) {
        if let Some(now) = &mut *lock(&self.0) {
            now.at = at;
            now.object = object();
        }
    }

    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if let Some(now) = &mut *lock(&self.0) {
            let line = TraceLine {
                at: date(now.at),
                object: now.object.clone(),
                what: what(),
            };
            now.lines.push(line);
        }
    }
}

/// An event, before it happens.
pub(super) fn event(event: &Event) -> String {
    match event {
        Event::Alarm { scheduled } => {
            format!("the alarm rings that was set for {}", date(*scheduled))
        }
        Event::Resume => "goes on".to_owned(),
        Event::Mail(mails) => {
            let mails: Vec<_> = mails.iter().map(mail).collect();
            mails.join(", ")
        }
    }
}

fn mail(mail: &Mail) -> String {
    match mail {
        Mail::Request(request) => match &request.call {
            Some(call) => format!("is called by {:?}: {}", call.caller, blob(&request.program)),
            None => format!("is asked: {}", blob(&request.program)),
        },
        Mail::Outcome(delivery) => match &delivery.outcome {
            Delivered::Answered { answer, .. } => {
                format!("hears of its call: {}", answered(answer))
            }
            other => format!("hears of its call: {other:?}"),
        },
        Mail::Acknowledged(call) => format!("its answer to {call} has arrived"),
        Mail::Fetched(fetched) => match &fetched.tried {
            Tried::Ended(Ok(response)) => format!(
                "hears of its fetch: {} {}",
                response.status(),
                hash(response.bytes())
            ),
            Tried::Ended(Err(error)) => format!("hears of its fetch: {error:?}"),
            Tried::NotBegun => "hears that its fetch did not begin".to_owned(),
        },
    }
}

/// An answer to a caller.
pub(super) fn reply(reply: &Reply) -> String {
    format!("answers: {}", answered(&reply.answer))
}

fn answered<E: fmt::Debug>(answer: &Result<Vec<u8>, E>) -> String {
    match answer {
        Ok(bytes) => blob(bytes),
        Err(error) => format!("{error:?}"),
    }
}

/// A statement that has written.
pub(super) fn statement(sql: &str, params: &[Param<'_>]) -> String {
    let mut text = String::new();
    for word in sql.split_whitespace() {
        text.push_str(word);
        text.push(' ');
    }
    for (place, param) in params.iter().enumerate() {
        text.push_str(if place > 0 { ", " } else { "with " });
        match param {
            Param::Null => text.push_str("null"),
            Param::Integer(n) => text.push_str(&n.to_string()),
            Param::Real(n) => text.push_str(&n.to_string()),
            Param::Text(words) => text.push_str(&format!("{words:?}")),
            Param::Blob(bytes) => text.push_str(&blob(bytes)),
        }
    }
    text
}

/// What bytes mean: the calls of a program, or what tells them from others.
fn blob(bytes: &[u8]) -> String {
    let Ok(program) = Program::decode(bytes) else {
        return hash(behind_reference(bytes));
    };
    let mut text = String::new();
    for step in program.steps() {
        let mut names = step.names();
        let args = step.args.iter().map(|arg| {
            let value = match *arg {
                Arg::Value(bytes) => hash(behind_reference(bytes)),
                Arg::Plain(bytes) => hash(bytes),
                Arg::Result(step) => format!("result of step {step}"),
                Arg::Input => "outcome".to_owned(),
            };
            match names.next() {
                Some(name) => format!("{name}: {value}"),
                None => value,
            }
        });
        let args: Vec<_> = args.collect();
        // Writing to a string does not fail.
        let _ = write!(text, "{}({}) ", step.handler, args.join(", "));
    }
    text.truncate(text.trim_end().len());
    text
}

fn hash(bytes: &[u8]) -> String {
    match bytes {
        [] => "-".to_owned(),
        bytes => format!("#{:016x}", xxh64(bytes, 0)),
    }
}
