//! The steps of a continuation that is being built, before their places are final: nesting may put
//! others in front of them, so they are known by unique ids until they are lowered.

use super::program::{ProgramError, Wiring, Writer};
use crate::codec::{self, Payload};
use std::sync::atomic::{AtomicU64, Ordering};

/// The id of a step, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepId(u64);

impl StepId {
    fn next() -> Self {
        // Only uniqueness matters, not the order between threads.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum DraftArg {
    /// A range of [`Draft::bytes`].
    Value { start: usize, len: usize },
    /// The result of another step.
    ResultOf(StepId),
    /// The outcome that the continuation waits for.
    Input,
}

#[derive(Debug)]
struct DraftStep {
    id: StepId,
    handler: &'static str,
    /// Of its arguments, with commas between.
    names: &'static str,
    /// How many of [`Draft::args`] are this step's, after those of the steps before it.
    args: usize,
}

/// All values lie one after another in one buffer, and all arguments in one list, so that a short
/// continuation costs one allocation and one of any length three.
#[derive(Debug, Default)]
pub(super) struct Draft {
    steps: Vec<DraftStep>,
    args: Vec<DraftArg>,
    bytes: Vec<u8>,
    /// The first thing that went wrong; reported when the continuation is used.
    error: Option<ProgramError>,
}

impl Draft {
    /// Encodes an argument of `handler`.
    pub(super) fn value<T: Payload>(&mut self, handler: &'static str, value: &T) -> DraftArg {
        let start = self.bytes.len();
        match codec::encode_into(value, &mut self.bytes) {
            Ok(len) => DraftArg::Value { start, len },
            Err(source) => {
                self.refuse(ProgramError::Argument {
                    handler: handler.to_owned(),
                    source,
                });
                DraftArg::Value { start, len: 0 }
            }
        }
    }

    /// Puts the steps of a nested continuation in front and names their last result.
    pub(super) fn nest(&mut self, inner: Draft) -> DraftArg {
        let last = inner.last();
        self.append(inner);
        last.map_or(DraftArg::Input, DraftArg::ResultOf)
    }

    pub(super) fn push<const N: usize>(
        &mut self,
        handler: &'static str,
        names: &'static str,
        args: [DraftArg; N],
    ) {
        self.args.extend(args);
        self.steps.push(DraftStep {
            id: StepId::next(),
            handler,
            names,
            args: N,
        });
    }

    pub(super) fn last(&self) -> Option<StepId> {
        self.steps.last().map(|step| step.id)
    }

    pub(super) fn append(&mut self, inner: Draft) {
        let offset = self.bytes.len();
        self.bytes.extend(inner.bytes);
        self.steps.extend(inner.steps);
        self.args
            .extend(inner.args.into_iter().map(|arg| match arg {
                DraftArg::Value { start, len } => DraftArg::Value {
                    start: start + offset,
                    len,
                },
                other => other,
            }));
        if let Some(error) = inner.error {
            self.refuse(error);
        }
    }

    fn refuse(&mut self, error: ProgramError) {
        self.error.get_or_insert(error);
    }

    /// The stored form: each step is given its place, and the limits are checked. `awaits` says
    /// whether the program is for an outcome, which its arguments may stand for.
    pub(super) fn encode(self, awaits: bool) -> Result<Vec<u8>, ProgramError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut writer = Writer::new(self.steps.len(), self.bytes.len())?;
        let mut rest = self.args.as_slice();
        for (place, step) in self.steps.iter().enumerate() {
            let (own, others) = rest.split_at_checked(step.args).unwrap_or((rest, &[]));
            rest = others;
            let earlier = self.steps.get(..place).unwrap_or_default();
            let miswired = |wiring| ProgramError::Wiring {
                handler: step.handler.to_owned(),
                wiring,
            };
            writer.step(step.handler, Some(step.names), own.len())?;
            for arg in own {
                match *arg {
                    DraftArg::Value { start, len } => {
                        writer.value(self.bytes.get(start..start + len).unwrap_or_default());
                    }
                    DraftArg::ResultOf(id) => {
                        let place = earlier.iter().rposition(|step| step.id == id);
                        writer.result(place.ok_or_else(|| miswired(Wiring::UnknownStep))?);
                    }
                    DraftArg::Input if awaits => writer.input(),
                    DraftArg::Input => return Err(miswired(Wiring::NoInput)),
                }
            }
        }
        writer.finish()
    }
}
