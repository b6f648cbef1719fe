//! The straight-line program that a continuation is stored as: steps in order, each a handler's
//! name and arguments that are values, results of earlier steps, or the awaited outcome.

use crate::codec::{self, CodecError, Unread};

/// The most steps in one program.
pub const MAX_STEPS: usize = 256;
/// The most arguments of one step.
pub const MAX_ARGUMENTS: usize = 64;
/// The most bytes of one program, and of one result that is passed on.
pub const MAX_BYTES: usize = 1 << 20;

/// The version that is written. In version 1 values had no shapes, in version 2 arguments no names.
const VERSION: u8 = 3;
const WITHOUT_NAMES: u8 = 2;
const OLDEST: u8 = 1;
const PLAIN: u8 = 0;
const RESULT: u8 = 1;
const INPUT: u8 = 2;
const VALUE: u8 = 3;

/// A program. `'p` are the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program<'p> {
    steps: Vec<Place<'p>>,
    /// The arguments of all steps, one after another.
    args: Vec<Arg<'p>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place<'p> {
    handler: &'p str,
    names: Option<&'p str>,
    /// Where its arguments end in those of all steps.
    end: usize,
}

/// One call of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'p, 'a> {
    /// The handler's name in the source.
    pub handler: &'p str,
    /// The names of its arguments, with commas between; `None` if it has arguments and they were stored
    /// without.
    pub names: Option<&'p str>,
    /// Its arguments, in order.
    pub args: &'a [Arg<'p>],
}

impl<'p> Step<'p, '_> {
    /// The names of its arguments, if they were stored with names.
    pub fn names(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        names(self.names.unwrap_or_default())
    }
}

/// The names in a text with commas between.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let text = (!text.is_empty()).then_some(text);
    text.into_iter().flat_map(|text| text.split(','))
}

/// One argument of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg<'p> {
    /// An encoded value, with what refers to its shape in front.
    Value(&'p [u8]),
    /// An encoded value of version 1, without a shape.
    Plain(&'p [u8]),
    /// What the step at this place returned; always an earlier one.
    Result(usize),
    /// The outcome that the program waited for.
    Input,
}

/// Why a continuation was refused, when it was built or when it was received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// An argument can't be stored.
    #[error("an argument of `{handler}` was refused: {source}")]
    Argument {
        /// The handler that was to get it.
        handler: String,
        /// What is wrong with it.
        source: CodecError,
    },
    /// There is no step.
    #[error("the continuation is empty; add a handler: `Self::c().my_handler(..)`")]
    Empty,
    /// More than [`MAX_STEPS`] steps.
    #[error(
        "the continuation has {steps} steps, the limit is {MAX_STEPS}; split it in two, the first scheduling the second"
    )]
    TooManySteps {
        /// How many there are.
        steps: usize,
    },
    /// More than [`MAX_ARGUMENTS`] arguments.
    #[error(
        "`{handler}` is given {arguments} arguments, the limit is {MAX_ARGUMENTS}; pass a struct"
    )]
    TooManyArguments {
        /// The handler.
        handler: String,
        /// How many it is given.
        arguments: usize,
    },
    /// More than [`MAX_BYTES`] bytes.
    #[error(
        "the continuation takes {bytes} bytes, the limit is {MAX_BYTES}; keep the data in the object's state and pass its key"
    )]
    TooLarge {
        /// How many it takes.
        bytes: usize,
    },
    /// An argument stands for something that does not exist there.
    #[error("an argument of `{handler}` {wiring}")]
    Wiring {
        /// The handler that was to get it.
        handler: String,
        /// What is wrong.
        wiring: Wiring,
    },
    /// The bytes are of a version of the format that this code doesn't know.
    #[error("the program is of format version {found}, this code reads version {VERSION}")]
    Version {
        /// The version of the bytes.
        found: u8,
    },
    /// The bytes are not a program.
    #[error("the bytes are not a program: {reason}")]
    Malformed {
        /// Where reading stopped.
        reason: &'static str,
    },
}

/// What is wrong with an argument that stands for a result or an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Wiring {
    /// It is the result of a step that doesn't come earlier in the same continuation.
    #[error("is the result of a step that does not come earlier in this continuation")]
    UnknownStep,
    /// It is the outcome of a call or fetch, and this program waits for none.
    #[error("is the outcome of a call, and this continuation waits for none")]
    NoInput,
}

impl<'p> Program<'p> {
    /// Reads the stored form, which must take up all of `bytes`. Every limit is checked before
    /// anything is allocated for it.
    pub fn decode(bytes: &'p [u8]) -> Result<Self, ProgramError> {
        if bytes.len() > MAX_BYTES {
            return Err(ProgramError::TooLarge { bytes: bytes.len() });
        }
        let (&found, rest) = bytes
            .split_first()
            .ok_or(ProgramError::Malformed { reason: "no bytes" })?;
        if !(OLDEST..=VERSION).contains(&found) {
            return Err(ProgramError::Version { found });
        }
        let mut reader = Reader(rest);
        let count: usize = reader.take("the number of steps")?;
        if count == 0 {
            return Err(ProgramError::Empty);
        }
        if count > MAX_STEPS {
            return Err(ProgramError::TooManySteps { steps: count });
        }
        let mut steps = Vec::with_capacity(count);
        let mut args = Vec::new();
        for place in 0..count {
            let handler: &str = reader.take("a handler's name")?;
            let arguments: usize = reader.take("the number of arguments")?;
            if arguments > MAX_ARGUMENTS {
                return Err(ProgramError::TooManyArguments {
                    handler: handler.to_owned(),
                    arguments,
                });
            }
            let names = match arguments {
                0 => Some(""),
                _ if found <= WITHOUT_NAMES => None,
                _ => reader.names(arguments)?,
            };
            for _ in 0..arguments {
                args.push(match reader.take("the kind of an argument")? {
                    VALUE => Arg::Value(reader.take("a value")?),
                    PLAIN => Arg::Plain(reader.take("a value")?),
                    RESULT => match reader.take("the place of a step")? {
                        step if step < place => Arg::Result(step),
                        _ => {
                            return Err(ProgramError::Wiring {
                                handler: handler.to_owned(),
                                wiring: Wiring::UnknownStep,
                            });
                        }
                    },
                    INPUT => Arg::Input,
                    _ => {
                        return Err(ProgramError::Malformed {
                            reason: "an unknown kind of argument",
                        });
                    }
                });
            }
            steps.push(Place {
                handler,
                names,
                end: args.len(),
            });
        }
        if !reader.0.is_empty() {
            return Err(ProgramError::Malformed {
                reason: "bytes are left over",
            });
        }
        Ok(Self { steps, args })
    }

    /// What to run, in order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = Step<'p, '_>> {
        let mut start = 0;
        self.steps.iter().map(move |place| {
            let args = self.args.get(start..place.end).unwrap_or_default();
            start = place.end;
            Step {
                handler: place.handler,
                names: place.names,
                args,
            }
        })
    }

    /// Refuses a program that uses an outcome when it will be given none.
    pub fn without_input(self) -> Result<Self, ProgramError> {
        let uses = self.steps().find(|step| step.args.contains(&Arg::Input));
        match uses.map(|step| step.handler.to_owned()) {
            Some(handler) => Err(ProgramError::Wiring {
                handler,
                wiring: Wiring::NoInput,
            }),
            None => Ok(self),
        }
    }

    /// The values, to learn their shapes.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'p [u8]> {
        self.args.iter().filter_map(|arg| match arg {
            Arg::Value(bytes) => Some(*bytes),
            _ => None,
        })
    }

    /// Refuses a program from elsewhere whose values are not of the shapes that they say, or say none.
    #[doc(hidden)]
    pub fn check_values(&self) -> Result<(), String> {
        let unread = self.args.iter().find_map(|arg| match arg {
            Arg::Value(value) => codec::check(value).err(),
            Arg::Plain(_) => Some(Unread::Damaged("it has no shape")),
            Arg::Result(_) | Arg::Input => None,
        });
        match unread {
            Some(reason) => Err(format!("a value can't be read: {reason}")),
            None => Ok(()),
        }
    }

    /// The stored form with each value's shape in full, for those who may not know them. `None` if
    /// it has become too large.
    #[doc(hidden)]
    pub fn with_shapes(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::new(self.steps.len(), 0).ok()?;
        for step in self.steps() {
            writer
                .step(step.handler, step.names, step.args.len())
                .ok()?;
            for arg in step.args {
                match *arg {
                    Arg::Value(bytes) => writer.value(&codec::with_shape(bytes)),
                    Arg::Plain(bytes) => writer.plain(bytes),
                    Arg::Result(place) => writer.result(place),
                    Arg::Input => writer.input(),
                }
            }
        }
        writer.finish().ok()
    }

    /// Whether any step uses the result of another.
    pub(crate) fn pipes(&self) -> bool {
        let pipes = |arg: &Arg<'_>| matches!(arg, Arg::Result(_));
        self.args.iter().any(pipes)
    }

    /// Whether a later step uses the result of the one at `place`.
    pub(crate) fn passes_on(&self, place: usize) -> bool {
        // Only later ones can: that was checked when it was read.
        self.args.contains(&Arg::Result(place))
    }
}

/// Writes the stored form: a version byte, then postcard's encoding of the list of steps, each the handler's
/// name, the number of arguments, their names in one text, with commas between, if there are any arguments,
/// and these: an enum of value, result and input.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// For so many steps with so many bytes of values in all.
    pub(super) fn new(steps: usize, bytes: usize) -> Result<Self, ProgramError> {
        if steps == 0 {
            return Err(ProgramError::Empty);
        }
        if steps > MAX_STEPS {
            return Err(ProgramError::TooManySteps { steps });
        }
        if bytes > MAX_BYTES {
            return Err(ProgramError::TooLarge { bytes });
        }
        let mut out = Vec::with_capacity(bytes + steps * 32 + 4);
        out.push(VERSION);
        length(&mut out, steps);
        Ok(Self(out))
    }

    /// Begins a step, before its arguments, with their names, commas between, if they are known.
    pub(super) fn step(
        &mut self,
        handler: &str,
        names: Option<&str>,
        arguments: usize,
    ) -> Result<(), ProgramError> {
        if arguments > MAX_ARGUMENTS {
            return Err(ProgramError::TooManyArguments {
                handler: handler.to_owned(),
                arguments,
            });
        }
        slice(&mut self.0, handler.as_bytes());
        length(&mut self.0, arguments);
        if arguments > 0 {
            slice(&mut self.0, names.unwrap_or_default().as_bytes());
        }
        Ok(())
    }

    pub(super) fn value(&mut self, bytes: &[u8]) {
        self.0.push(VALUE);
        slice(&mut self.0, bytes);
    }

    pub(super) fn result(&mut self, place: usize) {
        self.0.push(RESULT);
        length(&mut self.0, place);
    }

    pub(super) fn input(&mut self) {
        self.0.push(INPUT);
    }

    pub(super) fn plain(&mut self, bytes: &[u8]) {
        self.0.push(PLAIN);
        slice(&mut self.0, bytes);
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, ProgramError> {
        match self.0.len() {
            bytes if bytes > MAX_BYTES => Err(ProgramError::TooLarge { bytes }),
            _ => Ok(self.0),
        }
    }
}

struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    fn take<T: serde::Deserialize<'p>>(&mut self, what: &'static str) -> Result<T, ProgramError> {
        let (value, rest) = postcard::take_from_bytes(self.0)
            .map_err(|_| ProgramError::Malformed { reason: what })?;
        self.0 = rest;
        Ok(value)
    }

    /// The names of so many arguments, if they have some.
    fn names(&mut self, arguments: usize) -> Result<Option<&'p str>, ProgramError> {
        let text: &str = self.take("the names of the arguments")?;
        if text.is_empty() {
            return Ok(None);
        }
        let malformed = |reason| Err(ProgramError::Malformed { reason });
        let mut count = 0;
        for name in names(text) {
            if name.is_empty() {
                return malformed("an argument's name is empty");
            }
            // There are few: a set would cost more.
            if names(text).take(count).any(|before| before == name) {
                return malformed("two arguments have one name");
            }
            count += 1;
            if count > arguments {
                break;
            }
        }
        if count != arguments {
            return malformed("the number of names is not that of the arguments");
        }
        Ok(Some(text))
    }
}

/// Postcard's varint: seven bits a byte, the lowest first.
fn length(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn slice(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
