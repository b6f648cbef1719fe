//! The arguments of a stored step, as its handler takes them: by their names, if they have some.

use super::{HandlerInfo, ParamInfo, Results, Stored};
use crate::codec::{self, CodecError};
use crate::continuation::program::{Arg, Step};

/// Why a step could not be understood. Its work is parked: other code may understand it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The object has no such handler.
    #[error("there is no handler `{handler}`")]
    UnknownHandler {
        /// The name that was stored.
        handler: String,
    },
    /// An argument is not what the handler takes.
    #[error("`{handler}`: the argument `{argument}`: {source}")]
    Argument {
        /// The handler.
        handler: String,
        /// Its parameter.
        argument: &'static str,
        /// What is wrong.
        source: CodecError,
    },
    /// An argument was not stored, neither under its name nor under one that it had, and nothing takes its
    /// place.
    #[error("`{handler}`: the argument `{argument}` was not stored{}", remedy(.stored))]
    MissingArgument {
        /// The handler.
        handler: String,
        /// Its parameter.
        argument: &'static str,
        /// The names of those that were stored.
        stored: Vec<String>,
    },
    /// An argument was stored under two of its names.
    #[error(
        "`{handler}`: the argument `{argument}` was stored twice, as `{first}` and as `{second}`: give it a new \
         name with one of these as `was`"
    )]
    AmbiguousArgument {
        /// The handler.
        handler: String,
        /// Its parameter.
        argument: &'static str,
        /// The one that was stored first.
        first: String,
        /// The other.
        second: String,
    },
    /// The handler takes another number of arguments, and these were stored without names, as releases
    /// before there were names did.
    #[error("`{handler}` was stored with {stored} argument{}, and takes {takes}", plural(*.stored))]
    Arity {
        /// The handler.
        handler: String,
        /// How many were stored.
        stored: usize,
        /// How many it takes.
        takes: usize,
    },
}

fn plural(count: usize) -> &'static str {
    match count {
        1 => "",
        _ => "s",
    }
}

fn remedy(stored: &[String]) -> String {
    const NEW: &str = "`#[handler(default)]` or an `Option`";
    match stored {
        [] => format!(", nor any other: if it is new, write {NEW}"),
        stored => format!(
            ", but `{}`: if it had another name, write `#[handler(was = \"…\")]` in front of it, if it is new, {NEW}",
            stored.join("`, `")
        ),
    }
}

/// The arguments of one step, filled in.
#[doc(hidden)]
pub struct Args<'a> {
    step: Step<'a, 'a>,
    results: &'a Results,
    input: Option<&'a [u8]>,
    params: &'static [ParamInfo],
    order: Order,
    taken: usize,
}

/// Where the arguments of the parameters were stored.
enum Order {
    /// Each in its place.
    Same,
    /// Each in one, or nowhere.
    Other(Vec<Option<usize>>),
}

impl<'a> Args<'a> {
    /// Those of a step that this handler is to run.
    pub(crate) fn new(
        info: &HandlerInfo,
        step: Step<'a, 'a>,
        results: &'a Results,
        input: Option<&'a [u8]>,
    ) -> Result<Self, StepError> {
        Ok(Self {
            step,
            results,
            input,
            params: info.params,
            order: Order::of(info.params, &step)?,
            taken: 0,
        })
    }

    /// The next argument. One that was not stored is `None` if it can be.
    pub fn take<T>(&mut self, stored: Stored<T>) -> Result<T, StepError> {
        let (value, is_plain) = self.next();
        (stored.read)(value, is_plain).map_err(|source| self.refused(source))
    }

    /// The next argument, or what takes the place of one that was not stored.
    pub fn take_or<T>(&mut self, stored: Stored<T>, default: fn() -> T) -> Result<T, StepError> {
        if self.place().is_some() {
            return self.take(stored);
        }
        self.taken += 1;
        Ok(default())
    }

    /// Where the next argument was stored.
    fn place(&self) -> Option<usize> {
        match &self.order {
            Order::Same => Some(self.taken),
            Order::Other(places) => places.get(self.taken).copied().flatten(),
        }
    }

    /// The bytes of the next argument, and whether they refer to no shape.
    fn next(&mut self) -> (&'a [u8], bool) {
        let arg = self.place().and_then(|place| self.step.args.get(place));
        self.taken += 1;
        match arg {
            Some(Arg::Value(value)) => (value, false),
            Some(Arg::Result(step)) => (self.results.of(*step), false),
            Some(Arg::Plain(bytes)) => (bytes, true),
            Some(Arg::Input) => (self.input.unwrap_or_default(), false),
            None => (codec::NONE, false),
        }
    }

    /// Why the argument was not understood that was taken last.
    #[cold]
    #[inline(never)]
    fn refused(&mut self, source: CodecError) -> StepError {
        self.taken = self.taken.saturating_sub(1);
        let handler = self.step.handler.to_owned();
        let param = self.params.get(self.taken);
        let argument = param.map_or("", |param| param.name);
        match self.place() {
            Some(_) => StepError::Argument {
                handler,
                argument,
                source,
            },
            None => StepError::MissingArgument {
                handler,
                argument,
                stored: self.step.names().map(str::to_owned).collect(),
            },
        }
    }

    /// The answer for a name that is no handler's.
    pub fn unknown(&self) -> StepError {
        StepError::UnknownHandler {
            handler: self.step.handler.to_owned(),
        }
    }
}

impl Order {
    fn of(params: &[ParamInfo], step: &Step<'_, '_>) -> Result<Self, StepError> {
        match step.names {
            Some(names) if are_named(params, names) => Ok(Self::Same),
            None if step.args.len() == params.len() => Ok(Self::Same),
            _ => places(params, step).map(Self::Other),
        }
    }
}

/// Whether these are the names of the parameters, in their order.
fn are_named(params: &[ParamInfo], names: &str) -> bool {
    let mut rest = names;
    for (place, param) in params.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let name = rest.strip_prefix(comma);
        match name.and_then(|name| name.strip_prefix(param.name)) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Where the argument of each parameter was stored, by the names that it has and had.
#[cold]
#[inline(never)]
pub(crate) fn places(
    params: &[ParamInfo],
    step: &Step<'_, '_>,
) -> Result<Vec<Option<usize>>, StepError> {
    if step.names.is_none() {
        return Err(StepError::Arity {
            handler: step.handler.to_owned(),
            stored: step.args.len(),
            takes: params.len(),
        });
    }
    let place = |param: &ParamInfo| {
        let mut stored = step
            .names()
            .enumerate()
            .filter(|(_, name)| param.name == *name || param.was.contains(name));
        match (stored.next(), stored.next()) {
            (Some((_, first)), Some((_, second))) => Err(StepError::AmbiguousArgument {
                handler: step.handler.to_owned(),
                argument: param.name,
                first: first.to_owned(),
                second: second.to_owned(),
            }),
            (first, _) => Ok(first.map(|(place, _)| place)),
        }
    };
    params.iter().map(place).collect()
}
