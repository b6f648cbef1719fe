//! The typed surface: what a generated builder is made of.

use super::draft::{Draft, DraftArg, StepId};
use super::program::ProgramError;
use crate::codec::Payload;
use crate::object::Object;
use std::marker::PhantomData;

/// Names a lifetime and a type without holding either.
type Marks<C, T> = PhantomData<(C, fn() -> T)>;

/// The steps inside a generated builder. `'c` is the closure whose placeholders they may use, `R`
/// what the last of them returns.
#[must_use = "a continuation does nothing until it is scheduled, called or nested"]
pub struct Steps<'c, R> {
    draft: Draft,
    marker: Marks<&'c (), R>,
}

impl Steps<'_, NoStep> {
    /// No step yet.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self::of(Draft::default())
    }
}

impl<'c, R> Steps<'c, R> {
    fn of(draft: Draft) -> Self {
        Self {
            draft,
            marker: PhantomData,
        }
    }

    /// Adds a step behind those of its arguments.
    #[doc(hidden)]
    pub fn step<R2, const N: usize>(
        mut self,
        handler: &'static str,
        args: impl FnOnce(&mut Lowering<'_>) -> [Lowered; N],
    ) -> Steps<'c, R2> {
        let args = args(&mut Lowering {
            draft: &mut self.draft,
            handler,
        });
        self.draft.push(handler, args.map(|arg| arg.0));
        Steps::of(self.draft)
    }

    /// Adds the steps that `pipe` makes of the result of the last one.
    #[doc(hidden)]
    pub fn then<R2>(
        mut self,
        pipe: impl for<'x> FnOnce(Piped<'x, 'c, R>) -> Steps<'x, R2>,
    ) -> Steps<'c, R2>
    where
        R: Output,
    {
        if let Some(last) = self.draft.last() {
            self.draft.append(pipe(Piped(last, PhantomData)).draft);
        }
        Steps::of(self.draft)
    }

    /// The steps in front of others, as one of their arguments.
    #[doc(hidden)]
    pub fn nest(self, lowering: &mut Lowering<'_>) -> Lowered {
        Lowered(lowering.draft.nest(self.draft))
    }

    /// The stored form of a program that waits for no outcome, its limits checked.
    #[doc(hidden)]
    pub fn encode(self) -> Result<Vec<u8>, ProgramError> {
        self.draft.encode(false)
    }

    /// The stored form of a program for an outcome, which its placeholders stand for.
    pub(crate) fn encode_awaiting(self) -> Result<Vec<u8>, ProgramError> {
        self.draft.encode(true)
    }
}

/// Where an argument puts its bytes or its steps.
#[doc(hidden)]
pub struct Lowering<'s> {
    draft: &'s mut Draft,
    handler: &'static str,
}

/// An argument that has been put there.
#[doc(hidden)]
pub struct Lowered(DraftArg);

/// The outcome of a call or fetch, inside the closure that says what to do with it: it stands for
/// a `T` that is only known later. It can't leave the closure.
pub struct Placeholder<'c, T>(Marks<&'c (), T>);

impl<T> Placeholder<'_, T> {
    /// For the closure that says what to do with an outcome.
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for Placeholder<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Placeholder<'_, T> {}

/// The result of the step before, inside the closure of `.then`. It can't leave the closure; the
/// placeholders of the closure around it stay usable beside it.
pub struct Piped<'x, 'c: 'x, T>(StepId, Marks<&'x &'c (), T>);

impl<T> Clone for Piped<'_, '_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Piped<'_, '_, T> {}

/// What can fill an argument of type `T`: a `T` (for a `String` a `&str` or `&String` too), a
/// placeholder for a `T`, or a continuation of the same object that returns a `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't fill an argument of type `{T}`",
    label = "expected a `{T}`, a placeholder for a `{T}`, or a continuation of the same object that returns a `{T}`"
)]
pub trait Arg<'c, T> {
    #[doc(hidden)]
    fn lower(self, lowering: &mut Lowering<'_>) -> Lowered;
}

impl<'c, T: Payload> Arg<'c, T> for T {
    fn lower(self, lowering: &mut Lowering<'_>) -> Lowered {
        Lowered(lowering.draft.value(lowering.handler, &self))
    }
}

impl<'c> Arg<'c, String> for &str {
    fn lower(self, lowering: &mut Lowering<'_>) -> Lowered {
        Arg::<String>::lower(self.to_owned(), lowering)
    }
}

impl<'c> Arg<'c, String> for &String {
    fn lower(self, lowering: &mut Lowering<'_>) -> Lowered {
        Arg::<String>::lower(self.clone(), lowering)
    }
}

impl<'c, T> Arg<'c, T> for Placeholder<'c, T> {
    fn lower(self, _: &mut Lowering<'_>) -> Lowered {
        Lowered(DraftArg::Input)
    }
}

impl<'x, 'c, T> Arg<'x, T> for Piped<'x, 'c, T> {
    fn lower(self, _: &mut Lowering<'_>) -> Lowered {
        Lowered(DraftArg::ResultOf(self.0))
    }
}

/// What the last step returns: anything that can be stored. A continuation without a step has no
/// such type, and so can't be scheduled, called or run.
#[diagnostic::on_unimplemented(
    message = "an empty continuation does nothing, or `{Self}` can't be stored",
    label = "add a handler: `Self::c().my_handler(..)`"
)]
pub trait Output: Payload {}

impl<T: Payload> Output for T {}

/// The result type of a continuation that has no step yet.
pub struct NoStep;

/// A continuation of the object `D` that returns `R`. Implemented by the generated builder alone.
#[diagnostic::on_unimplemented(
    message = "this is not a continuation of `{D}`",
    label = "expected one that begins with `{D}::c()`"
)]
pub trait ContinuationOf<'c, D: Object, R> {
    #[doc(hidden)]
    fn into_steps(self) -> Steps<'c, R>;
}
