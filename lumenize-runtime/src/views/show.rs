//! Stored work as text and as JSON, by the shapes of its values alone.

use super::{ArgView, FailedWork, StepView};
use crate::codec;
use serde_json::{Value, json};
use std::fmt;

/// How many bytes of a value are shown in a text.
const MAX_TEXT: usize = 1_000;

impl StepView {
    /// The step as JSON: `{"handler": "greet", "args": […]}`, with each argument as
    /// [`ArgView::to_json`] has it, and its name, if it has one: `{"name": "person", "value": …}`.
    pub fn to_json(&self) -> Value {
        let args = self.named_args().map(|(name, arg)| {
            let mut arg = arg.to_json();
            if let (Some(name), Some(fields)) = (name, arg.as_object_mut()) {
                fields.insert("name".to_owned(), name.into());
            }
            arg
        });
        json!({ "handler": self.handler, "args": args.collect::<Vec<_>>() })
    }

    /// Its arguments, each with its name, if it was stored with one.
    pub fn named_args(&self) -> impl Iterator<Item = (Option<&str>, &ArgView)> {
        let mut names = self.names.iter();
        self.args
            .iter()
            .map(move |arg| (names.next().map(String::as_str), arg))
    }

    /// How many bytes its arguments and their names have.
    pub(crate) fn size(&self) -> usize {
        let names = self.names.iter().map(String::len).sum::<usize>();
        names + self.args.iter().map(ArgView::size).sum::<usize>()
    }
}

impl ArgView {
    pub(super) fn text(text: &str) -> Self {
        let mut value = Vec::new();
        // A text can always be stored.
        let _ = codec::encode_into(&text.to_owned(), &mut value);
        ArgView::Value(value)
    }

    fn size(&self) -> usize {
        match self {
            ArgView::Value(bytes) | ArgView::Shapeless(bytes) => bytes.len(),
            ArgView::ResultOf(_) | ArgView::Input => 0,
        }
    }

    /// The argument as JSON: one of
    ///
    /// - `{"value": …}`: as `serde_json` would write the value, of which the names of fields and variants are
    ///   known, and not the type. `None` is `null`, bytes are a list, a number that JSON does not have is a
    ///   text, and a map whose keys are no texts, numbers or bools is a list of pairs. Beyond 256 KiB, a `"…"`
    ///   stands for what is left out.
    /// - `{"result_of": 0}`: what the step at this place returns.
    /// - `{"outcome": null}`: the outcome that the work waits for.
    /// - `{"unreadable": "why", "bytes": 12}`: what has no shape, or is damaged.
    pub fn to_json(&self) -> Value {
        match self {
            ArgView::Value(value) => match json_of(value) {
                Ok(value) => json!({ "value": value }),
                Err(reason) => json!({ "unreadable": reason, "bytes": value.len() }),
            },
            ArgView::Shapeless(bytes) => {
                json!({ "unreadable": NO_SHAPE, "bytes": bytes.len() })
            }
            ArgView::ResultOf(step) => json!({ "result_of": step }),
            ArgView::Input => json!({ "outcome": null }),
        }
    }
}

impl FailedWork {
    /// The work as JSON: its id, whether it is parked, its name, when it was scheduled for and set aside (RFC
    /// 3339), its attempts, why it was set aside, its steps as [`StepView::to_json`] has them, and the outcome
    /// that it was given, as an argument.
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(StepView::to_json).collect();
        json!({
            "id": self.id.to_string(),
            "parked": self.parked,
            "name": self.name,
            "scheduled": self.scheduled.to_rfc3339(),
            "set_aside": self.set_aside.to_rfc3339(),
            "attempts": self.attempts,
            "why": { "code": self.why.code, "message": self.why.message, "causes": self.why.causes },
            "steps": steps,
            "outcome": self.outcome_view().map(|outcome| outcome.to_json()),
        })
    }

    /// The work as text: `parked: greet(person: {"name":"Ada"}): there is no handler greet`, each value cut after
    /// about 1,000 bytes.
    // No `Display`: rustc would suggest `to_string` to who mistakes the argument of `#[on_failed]`.
    pub fn to_text(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        let steps = match steps.as_slice() {
            [] => "<damaged>".to_owned(),
            steps => steps.join("."),
        };
        let outcome = self.outcome_view();
        let outcome = outcome.map_or_else(String::new, |outcome| {
            format!(" with the outcome {outcome}")
        });
        let status = if self.parked { "parked" } else { "failed" };
        format!("{status}: {steps}{outcome}: {}", self.why)
    }

    /// The outcome that it was given, to be shown.
    pub fn outcome_view(&self) -> Option<ArgView> {
        self.outcome.clone().map(ArgView::Value)
    }
}

/// `greet(person: {"name":"Ada"}, reply: outcome)`; steps are counted from 0, and each value is cut after about 1,000
/// bytes.
impl fmt::Display for StepView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.handler)?;
        for (place, (name, arg)) in self.named_args().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            if let Some(name) = name {
                write!(f, "{name}: ")?;
            }
            write!(f, "{arg}")?;
        }
        f.write_str(")")
    }
}

/// A value as JSON, cut after about 1,000 bytes.
impl fmt::Display for ArgView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgView::Value(value) => match text_of(value) {
                Ok(text) => match text.get(..text.floor_char_boundary(MAX_TEXT)) {
                    Some(part) if part.len() < text.len() => write!(f, "{part}…"),
                    _ => f.write_str(&text),
                },
                Err(reason) => write!(f, "<{} bytes: {reason}>", value.len()),
            },
            ArgView::Shapeless(bytes) => write!(f, "<{} bytes: {NO_SHAPE}>", bytes.len()),
            ArgView::ResultOf(step) => write!(f, "result of step {step}"),
            ArgView::Input => f.write_str("outcome"),
        }
    }
}

fn json_of(value: &[u8]) -> Result<Value, String> {
    serde_json::to_value(codec::show(value)?).map_err(|error| error.to_string())
}

fn text_of(value: &[u8]) -> Result<String, String> {
    serde_json::to_string(&codec::show(value)?).map_err(|error| error.to_string())
}

const NO_SHAPE: &str = "it is from before there were shapes";
