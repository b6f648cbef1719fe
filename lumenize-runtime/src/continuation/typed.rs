//! The typed surface: what a generated builder is made of.

use super::draft::{Draft, DraftArg, StepId};
use super::program::ProgramError;
use crate::codec::Payload;
use crate::object::{Object, Stored};
use std::marker::{PhantomData, PhantomPinned};

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

    /// Adds a step behind those of its arguments, whose names have commas between.
    #[doc(hidden)]
    pub fn step<R2, const N: usize>(
        mut self,
        handler: &'static str,
        names: &'static str,
        args: impl FnOnce(&mut Lowering<'_>) -> [Lowered; N],
    ) -> Steps<'c, R2> {
        let args = args(&mut Lowering {
            draft: &mut self.draft,
            handler,
        });
        self.draft.push(handler, names, args.map(|arg| arg.0));
        Steps::of(self.draft)
    }

    /// Adds the steps that `pipe` makes of the result of the last one.
    #[doc(hidden)]
    pub fn then<R2>(
        mut self,
        pipe: impl for<'x> FnOnce(Piped<'x, 'c, R>) -> Steps<'x, R2>,
    ) -> Steps<'c, R2> {
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

/// What can fill an argument of type `T` of a handler of the object `D`: a `T` (for a `String` a
/// `&str` or `&String` too), a placeholder for a `T`, or a continuation of `D` that returns a `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't fill an argument of type `{T}`",
    label = "expected `{T}`, a placeholder for `{T}`, or a continuation of `{D}` that returns `{T}`",
    note = "nothing is converted but `&str` and `&String` to `String`, so that literals have a type; \
            convert it here: `Some(name.to_owned())`, `u64::from(number)`, `it` instead of `&it`"
)]
pub trait Arg<'c, D, T> {
    /// `stored` is what is known of a `T`: the handler is where that is required, and where rustc
    /// says so if it isn't true.
    #[doc(hidden)]
    fn lower(self, lowering: &mut Lowering<'_>, stored: Stored<T>) -> Lowered;
}

impl<'c, D, T> Arg<'c, D, T> for T {
    fn lower(self, lowering: &mut Lowering<'_>, stored: Stored<T>) -> Lowered {
        stored.lower(&self, lowering)
    }
}

impl<'c, D> Arg<'c, D, String> for &str {
    fn lower(self, lowering: &mut Lowering<'_>, stored: Stored<String>) -> Lowered {
        stored.lower(&self.to_owned(), lowering)
    }
}

impl<'c, D> Arg<'c, D, String> for &String {
    fn lower(self, lowering: &mut Lowering<'_>, stored: Stored<String>) -> Lowered {
        stored.lower(self, lowering)
    }
}

impl<'c, D, T> Arg<'c, D, T> for Placeholder<'c, T> {
    fn lower(self, _: &mut Lowering<'_>, _: Stored<T>) -> Lowered {
        Lowered(DraftArg::Input)
    }
}

impl<'x, 'c, D, T> Arg<'x, D, T> for Piped<'x, 'c, T> {
    fn lower(self, _: &mut Lowering<'_>, _: Stored<T>) -> Lowered {
        Lowered(DraftArg::ResultOf(self.0))
    }
}

impl<T> Stored<T> {
    fn lower(self, value: &T, lowering: &mut Lowering<'_>) -> Lowered {
        (self.lower)(value, lowering)
    }
}

/// How a `T` is written into a step. For [`Stored`].
pub(crate) fn lower<T: Payload>(value: &T, lowering: &mut Lowering<'_>) -> Lowered {
    Lowered(lowering.draft.value(lowering.handler, value))
}

/// What the last step returns: any type. A continuation without a step has none, and so can't be
/// scheduled or called. That the type can be stored is asked of it where the handler is.
#[diagnostic::on_unimplemented(
    message = "a continuation must have a step",
    label = "add a step, `Self::c().my_handler(..)`"
)]
pub trait HasStep {}

// What tells [`NoStep`] from every type that can be stored.
#[diagnostic::do_not_recommend]
impl<T: Unpin> HasStep for T {}

/// Steps whose last result `.then` can pipe: asked of them and not of that, of which rustc would say that
/// it may be borrowed.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a continuation must have a step",
    label = "add a step, `Self::c().my_handler(..)`"
)]
pub trait Begun {}

#[diagnostic::do_not_recommend]
impl<R: HasStep> Begun for Steps<'_, R> {}

/// What the last step returns if its caller waits for it and reads it: anything that can be stored.
#[diagnostic::on_unimplemented(
    message = "a continuation that is run must have a step, and end in a result that can be stored",
    label = "add a step, `Object::c().my_handler(..)`, or let the last one return what can be stored"
)]
pub trait Output: Payload + HasStep {}

#[diagnostic::do_not_recommend]
impl<T: Payload + Unpin> Output for T {}

/// In the place of a result in the type of a continuation that has no step yet.
pub struct NoStep(PhantomPinned);

/// A continuation of the object `D` that returns `R`. Implemented by the generated builder alone.
#[diagnostic::on_unimplemented(
    message = "this is not a continuation of `{D}`",
    label = "expected one that begins with `{D}::c()`"
)]
pub trait ContinuationOf<'c, D: Object, R> {
    #[doc(hidden)]
    fn into_steps(self) -> Steps<'c, R>;
}
