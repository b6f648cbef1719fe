//! The steps of a stored program, taken apart so that they can be changed.

use super::program::{Arg, ProgramError, Step, Writer};

/// A step.
pub(crate) struct Edited {
    pub(crate) handler: String,
    /// The names of its arguments; `None` if it has some that were stored without.
    pub(crate) names: Option<Vec<String>>,
    pub(crate) args: Vec<EditedArg>,
}

/// One of its arguments.
pub(crate) enum EditedArg {
    /// A value, with what refers to its shape in front.
    Value(Vec<u8>),
    /// A value without a shape.
    Plain(Vec<u8>),
    /// What an earlier step returns.
    Result(usize),
    /// The outcome that the work was given.
    Input,
}

impl Edited {
    pub(crate) fn of(step: Step<'_, '_>) -> Self {
        let arg = |arg: &Arg<'_>| match *arg {
            Arg::Value(bytes) => EditedArg::Value(bytes.to_vec()),
            Arg::Plain(bytes) => EditedArg::Plain(bytes.to_vec()),
            Arg::Result(place) => EditedArg::Result(place),
            Arg::Input => EditedArg::Input,
        };
        Self {
            handler: step.handler.to_owned(),
            names: (step.names).map(|_| step.names().map(str::to_owned).collect()),
            args: step.args.iter().map(arg).collect(),
        }
    }

    /// The stored form of all steps, its limits checked.
    pub(crate) fn encode(steps: &[Self]) -> Result<Vec<u8>, ProgramError> {
        let mut writer = Writer::new(steps.len(), 0)?;
        for step in steps {
            let names = step.names.as_ref().map(|names| names.join(","));
            writer.step(&step.handler, names.as_deref(), step.args.len())?;
            for arg in &step.args {
                match arg {
                    EditedArg::Value(bytes) => writer.value(bytes),
                    EditedArg::Plain(bytes) => writer.plain(bytes),
                    EditedArg::Result(place) => writer.result(*place),
                    EditedArg::Input => writer.input(),
                }
            }
        }
        writer.finish()
    }
}
