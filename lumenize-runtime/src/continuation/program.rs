//! The straight-line program that a continuation is stored as: steps in order, each a handler's
//! name and arguments that are values, results of earlier steps, or the awaited outcome.

use crate::codec::CodecError;

/// The most steps in one program.
pub const MAX_STEPS: usize = 256;
/// The most arguments of one step.
pub const MAX_ARGUMENTS: usize = 64;
/// The most bytes of one program, and of one result that is passed on.
pub const MAX_BYTES: usize = 1 << 20;

/// The version that is written; in version 1, values had no shapes.
const VERSION: u8 = 2;
const OLDEST: u8 = 1;
const PLAIN: u8 = 0;
const RESULT: u8 = 1;
const INPUT: u8 = 2;
const VALUE: u8 = 3;

/// A program. `'p` are the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program<'p> {
    /// Each handler's name, and where its arguments end in `args`.
    steps: Vec<(&'p str, usize)>,
    /// The arguments of all steps, one after another.
    args: Vec<Arg<'p>>,
}

/// One call of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'p, 'a> {
    /// The handler's name in the source.
    pub handler: &'p str,
    /// Its arguments, in order.
    pub args: &'a [Arg<'p>],
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
            steps.push((handler, args.len()));
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
        self.steps.iter().map(move |&(handler, end)| {
            let args = self.args.get(start..end).unwrap_or_default();
            start = end;
            Step { handler, args }
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

    /// Whether the other takes the same steps, whatever the values of their arguments.
    pub(crate) fn same_but_for_values(
        &self,
        other: &Program<'_>,
        same_handler: impl Fn(&str, &str) -> bool,
    ) -> bool {
        let steps = |a: Step<'_, '_>, b: Step<'_, '_>| {
            same_handler(a.handler, b.handler)
                && a.args.len() == b.args.len()
                && a.args.iter().zip(b.args).all(|pair| match pair {
                    (Arg::Value(_), Arg::Value(_)) => true,
                    (a, b) => a == b,
                })
        };
        self.steps().len() == other.steps().len()
            && self.steps().zip(other.steps()).all(|(a, b)| steps(a, b))
    }

    /// Refuses a program from elsewhere whose values are not of the shapes that they say, or say none.
    #[doc(hidden)]
    pub fn check_values(&self) -> Result<(), &'static str> {
        self.args.iter().try_for_each(|arg| match arg {
            Arg::Value(value) => crate::codec::check(value),
            Arg::Plain(_) => Err("a value has no shape"),
            Arg::Result(_) | Arg::Input => Ok(()),
        })
    }

    /// The stored form with each value's shape in full, for those who may not know them. `None` if
    /// it has become too large.
    #[doc(hidden)]
    pub fn with_shapes(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::new(self.steps.len(), 0).ok()?;
        for step in self.steps() {
            writer.step(step.handler, step.args.len()).ok()?;
            for arg in step.args {
                match *arg {
                    Arg::Value(bytes) => writer.value(&crate::codec::with_shape(bytes)),
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

/// Writes the stored form: a version byte, then postcard's encoding of the list of steps, in which
/// an argument is an enum of value, result and input.
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

    /// Begins a step, before its arguments.
    pub(super) fn step(&mut self, handler: &str, arguments: usize) -> Result<(), ProgramError> {
        if arguments > MAX_ARGUMENTS {
            return Err(ProgramError::TooManyArguments {
                handler: handler.to_owned(),
                arguments,
            });
        }
        slice(&mut self.0, handler.as_bytes());
        length(&mut self.0, arguments);
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

    fn plain(&mut self, bytes: &[u8]) {
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
mod tests {
    use super::*;

    fn sample<'p>() -> Program<'p> {
        Program {
            steps: vec![("first", 1), ("second", 4), ("third", 4)],
            args: vec![
                Arg::Value(&[3, b'a', b'b', b'c']),
                Arg::Result(0),
                Arg::Input,
                Arg::Value(&[7; 200]),
            ],
        }
    }

    fn encode(program: &Program<'_>) -> Vec<u8> {
        let mut writer = Writer::new(program.steps().len(), 0).unwrap();
        for step in program.steps() {
            writer.step(step.handler, step.args.len()).unwrap();
            for arg in step.args {
                match *arg {
                    Arg::Value(bytes) => writer.value(bytes),
                    Arg::Plain(bytes) => writer.plain(bytes),
                    Arg::Result(place) => writer.result(place),
                    Arg::Input => writer.input(),
                }
            }
        }
        writer.finish().unwrap()
    }

    /// These bytes are in people's databases: a change of this test is a change of the format.
    #[test]
    fn golden_bytes() {
        let golden = |version, value| {
            let mut golden = vec![version, 3, 5];
            golden.extend(b"first");
            golden.extend([1, value, 4, 3, b'a', b'b', b'c', 6]);
            golden.extend(b"second");
            golden.extend([3, 1, 0, 2, value, 200, 1]);
            golden.extend([7; 200]);
            golden.push(5);
            golden.extend(b"third");
            golden.push(0);
            golden
        };
        assert_eq!(encode(&sample()), golden(2, 3));
        assert_eq!(Program::decode(&golden(2, 3)).unwrap(), sample());
        // Version 1, from before values had shapes.
        let before = golden(1, 0);
        let plain = Program::decode(&before).unwrap();
        let mut expected = sample();
        for arg in &mut expected.args {
            if let Arg::Value(bytes) = *arg {
                *arg = Arg::Plain(bytes);
            }
        }
        assert_eq!(plain, expected);
    }

    #[test]
    fn a_program_travels_with_its_shapes() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Payload {
            some_field: String,
        }
        let mut value = Vec::new();
        let payload = Payload {
            some_field: "x".to_owned(),
        };
        crate::codec::encode_into(&payload, &mut value).unwrap();
        let mut program = sample();
        program.args[0] = Arg::Value(&value);
        program.args[3] = Arg::Plain(&[7; 200]);
        let bytes = program.with_shapes().unwrap();
        let travelling = Program::decode(&bytes).unwrap();
        assert!(bytes.windows(10).any(|part| part == b"some_field"));
        assert_eq!(travelling.args[1..], program.args[1..]);
        assert_eq!(travelling.values().count(), 1);
        assert_eq!(travelling.check_values(), Err("a value has no shape"));
        program.args.truncate(3);
        program.steps[1].1 = 3;
        program.steps[2].1 = 3;
        let bytes = program.with_shapes().unwrap();
        assert_eq!(Program::decode(&bytes).unwrap().check_values(), Ok(()));
    }

    #[test]
    fn every_truncation_and_every_extra_byte_is_refused() {
        let bytes = encode(&sample());
        for end in 0..bytes.len() {
            assert!(Program::decode(&bytes[..end]).is_err(), "{end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(Program::decode(&longer).is_err());
    }

    /// Each byte is replaced by each other: a typed error, or a program that encodes to the bytes.
    #[test]
    fn mutations_never_panic() {
        let bytes = encode(&sample());
        let mut read = 0;
        for place in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                let mut mutated = bytes.clone();
                mutated[place] = byte;
                if let Ok(program) = Program::decode(&mutated) {
                    let again = encode(&program);
                    assert_eq!(Program::decode(&again).unwrap(), program);
                    read += 1;
                }
            }
        }
        assert!(
            read > 200 * 255,
            "a value's own bytes are not looked into: {read}"
        );
    }

    #[test]
    fn limits() {
        let many = |count: u16| {
            let mut bytes = vec![1];
            length(&mut bytes, count.into());
            for _ in 0..count {
                bytes.extend([1, b'a', 0]);
            }
            bytes
        };
        assert!(Program::decode(&many(256)).is_ok());
        assert_eq!(
            Program::decode(&many(257)),
            Err(ProgramError::TooManySteps { steps: 257 })
        );
        assert_eq!(Program::decode(&[1, 0]), Err(ProgramError::Empty));
        assert_eq!(
            Program::decode(&[3, 0]),
            Err(ProgramError::Version { found: 3 })
        );
        assert!(matches!(
            Program::decode(&[1, 1, 1, b'a', 65]),
            Err(ProgramError::TooManyArguments { arguments: 65, .. })
        ));
        assert!(matches!(
            Program::decode(&vec![1; MAX_BYTES + 1]),
            Err(ProgramError::TooLarge { .. })
        ));
        // A step can't use its own result, nor a later one.
        assert!(matches!(
            Program::decode(&[1, 1, 1, b'a', 1, RESULT, 0]),
            Err(ProgramError::Wiring {
                wiring: Wiring::UnknownStep,
                ..
            })
        ));
    }
}
