//! Set-aside work that is repaired: its steps and their arguments, before it is tried again.

use super::failed::Found;
use super::{Error, Failed};
use crate::codec::{self, CodecError, Payload};
use crate::continuation::edited::{Edited, EditedArg};
use crate::continuation::program::{Program, ProgramError};
use crate::object::HandlerInfo;
use crate::store::{Arrived, Blob, Item, Kind};
use crate::views::WorkId;

/// Set-aside work that is edited: from [`Failed::edit`]. What is asked of it is done by
/// [`retry`](Self::retry), all of it or nothing.
#[must_use = "nothing is changed until `.retry()`"]
pub struct Edit<'f> {
    failed: &'f mut Failed,
    /// `None` if there is no such work; what went wrong first.
    work: Result<Option<Work>, Error>,
    step: usize,
}

struct Work {
    found: Found,
    steps: Vec<Edited>,
}

/// Why work can't be edited like this. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// It has no steps: it is to tell `#[on_failed]` of other work.
    #[error(
        "this work has no steps to edit: it tells `#[on_failed]` of other work; retry it as it is"
    )]
    NoSteps,
    /// It is a call or a fetch that has no outcome: what it waits for is not its handler's to give.
    #[error(
        "this work is a call or a fetch without an outcome, which has no steps of its own to edit; retry it as it is, or discard \
         it and send it anew"
    )]
    NoOutcome,
    /// Its bytes can't be read.
    #[error("the work can't be read, and so not be edited: {0}; discard it")]
    Damaged(ProgramError),
    /// There is no step at this place.
    #[error("there is no step {step}: the work has {steps}, counted from 0")]
    NoStep {
        /// The place that was given.
        step: usize,
        /// How many there are.
        steps: usize,
    },
    /// The step has no argument of this name.
    #[error("`{handler}` was stored without an argument `{argument}`; it has `{}`", .stored.join("`, `"))]
    NoArgument {
        /// The handler.
        handler: String,
        /// The name that was given.
        argument: String,
        /// The names that there are.
        stored: Vec<String>,
    },
    /// The step's handler has no parameter of this name, so that an argument more would be no more than that.
    #[error(
        "`{handler}` has no parameter `{parameter}`; it has `{}`; if another handler is to run the step, name \
         that first: `.handler(\"…\")`",
        .parameters.join("`, `")
    )]
    NoParameter {
        /// The handler.
        handler: String,
        /// The name that was given.
        parameter: String,
        /// The names that there are.
        parameters: Vec<String>,
    },
    /// The step's arguments were stored before they had names.
    #[error(
        "the {arguments} arguments of `{handler}` were stored without names; name them first, in their order: \
         `.names([\"…\"])`"
    )]
    Nameless {
        /// The handler.
        handler: String,
        /// How many arguments it has.
        arguments: usize,
    },
    /// Another number of names was given than there are arguments.
    #[error("`{handler}` has {arguments} arguments, and {names} names were given")]
    NumberOfNames {
        /// The handler.
        handler: String,
        /// How many arguments it has.
        arguments: usize,
        /// How many names were given.
        names: usize,
    },
    /// A name that no argument, or no handler, can have; or that two arguments would have.
    #[error(
        "`{name}` can't be the name here: it must be one that Rust has, and no other argument's"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
}

impl<'f> Edit<'f> {
    pub(super) fn new(failed: &'f mut Failed, id: WorkId) -> Self {
        let work = failed
            .find(id)
            .and_then(|found| found.map(Work::of).transpose());
        Self {
            failed,
            work,
            step: 0,
        }
    }

    /// What follows is about the step at this place, counted from 0. Without this it is about the first.
    pub fn step(mut self, step: usize) -> Self {
        self.step = step;
        self.change(|_| Ok(()))
    }

    /// Gives an argument a value: that of its name, or of one that the handler's parameter of this name had, whatever
    /// stood for it; or one more, if the handler has such a parameter, or is none of this release.
    pub fn argument<T: Payload>(self, name: &str, value: &T) -> Self {
        let mut bytes = Vec::new();
        let encoded = codec::encode_into(value, &mut bytes);
        self.put(name, encoded.map(|_| bytes))
    }

    fn put(self, name: &str, value: Result<Vec<u8>, CodecError>) -> Self {
        let handlers = self.failed.handlers;
        self.change(|step| {
            let value = value.map_err(|source| ProgramError::Argument {
                handler: step.handler.clone(),
                source,
            })?;
            let name = stored_name(name)?;
            let place = place(handlers, step, &name)?;
            if let Some(arg) = place.and_then(|place| step.args.get_mut(place)) {
                *arg = EditedArg::Value(value);
            } else {
                has_parameter(handlers, step, &name)?;
                names_of(step)?.push(name);
                step.args.push(EditedArg::Value(value));
            }
            Ok(())
        })
    }

    /// Takes an argument away: that of its name, or of one that the handler's parameter of this name had.
    pub fn remove(self, name: &str) -> Self {
        let handlers = self.failed.handlers;
        self.change(|step| {
            let name = stored_name(name)?;
            let place = place(handlers, step, &name)?;
            let handler = step.handler.clone();
            let names = names_of(step)?;
            let Some(place) = place else {
                return Err(EditError::NoArgument {
                    handler,
                    argument: name,
                    stored: names.clone(),
                }
                .into());
            };
            names.remove(place);
            step.args.remove(place);
            Ok(())
        })
    }

    /// Names all arguments of a step, in their order: those of work from before arguments had names, or that
    /// are called differently now.
    pub fn names<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Result<Vec<String>, Error> = names.into_iter().map(stored_name).collect();
        self.change(|step| {
            let names = names?;
            if names.len() != step.args.len() {
                return Err(EditError::NumberOfNames {
                    handler: step.handler.clone(),
                    arguments: step.args.len(),
                    names: names.len(),
                }
                .into());
            }
            for (place, name) in names.iter().enumerate() {
                if names.iter().take(place).any(|before| before == name) {
                    return Err(EditError::Name { name: name.clone() }.into());
                }
            }
            step.names = Some(names);
            Ok(())
        })
    }

    /// Lets another handler run the step, with the arguments that it has.
    pub fn handler(self, name: &str) -> Self {
        self.change(|step| {
            step.handler = name_in(name)?.to_owned();
            Ok(())
        })
    }

    /// Puts the work back into the queue as it is now, as [`Failed::retry`] does, and says whether there was
    /// such work. Whether its handlers take it turns out when it runs.
    ///
    /// # Errors
    /// [`Error::Edit`] and [`Error::Continuation`], of the first change that can't be made;
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::TooMuchWork`], [`Error::Storage`]. The work stays as it
    /// was, and set aside.
    pub fn retry(self) -> Result<bool, Error> {
        let Some(work) = self.work? else {
            return Ok(false);
        };
        let program = Edited::encode(&work.steps)?;
        self.failed.keep_shapes(&program)?;
        self.failed.put_back(work.with(program)).map(|()| true)
    }

    fn change(mut self, change: impl FnOnce(&mut Edited) -> Result<(), Error>) -> Self {
        if let Ok(Some(work)) = &mut self.work {
            let steps = work.steps.len();
            let changed = match work.steps.get_mut(self.step) {
                Some(step) => change(step),
                None => Err(EditError::NoStep {
                    step: self.step,
                    steps,
                }
                .into()),
            };
            if let Err(error) = changed {
                self.work = Err(error);
            }
        }
        self
    }
}

impl Work {
    fn of(found: Found) -> Result<Self, Error> {
        let steps = Program::decode(program(&found.row.item)?).map_err(EditError::Damaged)?;
        Ok(Self {
            steps: steps.steps().map(Edited::of).collect(),
            found,
        })
    }

    /// The work with another program.
    fn with(mut self, program: Vec<u8>) -> Found {
        let item = &mut self.found.row.item;
        item.program = match Arrived::decode(&item.program) {
            Some(arrived) if Kind::has_outcome(item.kind) => Arrived {
                program: Blob(&program),
                ..arrived
            }
            .encode(),
            _ => program,
        };
        self.found
    }
}

/// The program of an item.
fn program(item: &Item) -> Result<&[u8], EditError> {
    if item.kind == Kind::Schedule as i64 {
        return Ok(&item.program);
    }
    if Kind::has_outcome(item.kind) {
        let damaged = ProgramError::Malformed {
            reason: "the outcome is damaged",
        };
        return match Arrived::decode(&item.program) {
            Some(arrived) => Ok(arrived.program.0),
            None => Err(EditError::Damaged(damaged)),
        };
    }
    Err(match Kind::awaits(item.kind) {
        true => EditError::NoOutcome,
        false => EditError::NoSteps,
    })
}

fn names_of(step: &mut Edited) -> Result<&mut Vec<String>, Error> {
    let nameless = EditError::Nameless {
        handler: step.handler.clone(),
        arguments: step.args.len(),
    };
    Ok(step.names.as_mut().ok_or(nameless)?)
}

/// Where the argument of this name is, or else the one under a name that the parameter of this name had.
fn place(
    handlers: &'static [HandlerInfo],
    step: &mut Edited,
    name: &str,
) -> Result<Option<usize>, Error> {
    let info = HandlerInfo::find(handlers, &step.handler);
    let mut params = info.map(|info| info.params).unwrap_or_default().iter();
    let param = params.find(|param| param.name == name);
    let was = param.map(|param| param.was).unwrap_or_default();
    let names = names_of(step)?;
    let named = names.iter().position(|known| known == name);
    Ok(named.or_else(|| names.iter().position(|known| was.contains(&known.as_str()))))
}

/// Refuses a name that no parameter of a handler of this release has: it is taken for a mistake.
fn has_parameter(
    handlers: &'static [HandlerInfo],
    step: &Edited,
    name: &str,
) -> Result<(), EditError> {
    let params = HandlerInfo::find(handlers, &step.handler).map(|info| info.params);
    match params {
        Some(params) if params.iter().all(|param| param.name != name) => {
            Err(EditError::NoParameter {
                handler: step.handler.clone(),
                parameter: name.to_owned(),
                parameters: params.iter().map(|param| param.name.to_owned()).collect(),
            })
        }
        _ => Ok(()),
    }
}

/// The name of an argument as it is stored: without `r#`, and without underscores in front.
fn stored_name(name: &str) -> Result<String, Error> {
    let bare = name_in(name)?;
    let name = bare.trim_start_matches('_');
    Ok(if name.is_empty() { bare } else { name }.to_owned())
}

/// A name without `r#`.
fn name_in(name: &str) -> Result<&str, EditError> {
    let bare = name.strip_prefix("r#").unwrap_or(name);
    let fits = |c: char| c == '_' || c.is_alphanumeric() || !c.is_ascii();
    match !bare.is_empty() && bare.chars().all(fits) {
        true => Ok(bare),
        false => Err(EditError::Name {
            name: name.to_owned(),
        }),
    }
}
