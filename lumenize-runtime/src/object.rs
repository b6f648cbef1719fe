//! What `#[durable_object]` implements, and how a stored step becomes a call of a handler.

mod arguments;

pub(crate) use arguments::places;
pub use arguments::{Args, StepError};

use crate::codec::{self, CodecError, Payload};
use crate::continuation::program::MAX_BYTES;
use crate::continuation::typed::{self, ContinuationOf, Lowered, Lowering};
use crate::error::HandlerError;
use crate::services::Services;
use crate::views::FailedWork;
use std::marker::PhantomData;

/// An object: implemented by `#[durable_object]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable object",
    label = "write `#[durable_object]` above its `impl` block"
)]
pub trait Object: Sized + 'static {
    /// The generated builder.
    type Continuation<'c, R>: ContinuationOf<'c, Self, R>;
    /// The generated enum of decoded steps.
    #[doc(hidden)]
    type Handler: Handler<Self>;
    /// The name of the type.
    const CLASS: &'static str;
    /// The name of the binding under which a Worker finds objects of this class.
    const BINDING: &'static str;
    /// All handlers.
    #[doc(hidden)]
    const HANDLERS: &'static [HandlerInfo];
    /// The method under `#[on_failed]`.
    #[doc(hidden)]
    const ON_FAILED: Option<OnFailed<Self>> = None;
    /// Calls the object's `new`.
    #[doc(hidden)]
    fn create(svc: Services<Self>) -> Result<Self, HandlerError>;
    /// Tells of the types of all arguments, in the order of `HANDLERS`. It is compiled only where someone asks.
    #[doc(hidden)]
    fn describe<V: Visitor>(visitor: &mut V);
}

/// What `#[on_failed]` makes of a method.
#[doc(hidden)]
pub type OnFailed<D> = fn(&mut D, FailedWork) -> Result<(), HandlerError>;

/// The type of success of a handler whose return type says `Result` without its arguments.
#[doc(hidden)]
pub trait ResultOk {
    /// The type of success.
    type Ok;
}

impl<T, E> ResultOk for Result<T, E> {
    type Ok = T;
}

/// Tells a `Result` from any other type, also when an alias hides it: for a `Result` the inherent
/// constant comes before the trait's.
#[doc(hidden)]
pub struct Probe<T>(PhantomData<T>);

impl<T, E> Probe<Result<T, E>> {
    /// It is a `Result`.
    pub const IS_RESULT: bool = true;
}

/// See [`Probe`].
#[doc(hidden)]
pub trait NotResult {
    /// It is none.
    const IS_RESULT: bool = false;
}

impl<T> NotResult for Probe<T> {}

/// What is known of a handler without running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerInfo {
    /// Its name in the source.
    pub name: &'static str,
    /// The names that it had, under which work may be stored and others may call it.
    pub was: &'static [&'static str],
    /// Whether it is `pub`, so that others may call it.
    pub public: bool,
    /// Whether it takes `&self`, so that it may write nothing.
    pub reads: bool,
    /// Its parameters behind the receiver, in order.
    pub params: &'static [ParamInfo],
}

/// What is known of a parameter of a handler. Its names are without the underscores in front that say that it
/// is not used, and so are those that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamInfo {
    /// Its name; `arg1` for a pattern in the first place that is no name.
    pub name: &'static str,
    /// The names that it had, under which arguments may be stored.
    pub was: &'static [&'static str],
    /// Whether the type's `Default` takes its place if it was not stored.
    pub default: bool,
}

impl HandlerInfo {
    /// The handler that has this name, or else had it, as in the generated `match`.
    pub(crate) fn find(handlers: &'static [Self], name: &str) -> Option<&'static Self> {
        let mut all = handlers.iter();
        let named = all.find(|info| info.name == name);
        named.or_else(|| handlers.iter().find(|info| info.was.contains(&name)))
    }
}

/// What the argument or the result of a handler must be. Every [`Payload`] is.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored: it, and every type in it, must implement serde's `Serialize` and \
               `Deserialize`",
    label = "an argument or a result of a handler is stored",
    note = "add `#[derive(Serialize, Deserialize)]` to the type, or wrap what describes itself in `Json<T>`",
    note = "a method that is no handler is marked with `#[handler(skip)]`"
)]
pub trait Storable: Payload {}

#[diagnostic::do_not_recommend]
impl<T: Payload> Storable for T {}

/// What the error of a handler, or of `new`, must be.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of a handler: its text is kept, so it must be an error, a text or \
               an `ErrorCode`",
    label = "this is what `Err` holds",
    note = "implement `std::error::Error` for it, for example by `#[derive(thiserror::Error)]`, or return \
            `lumenize::Result<T>`, to which `?` converts; a `Box<dyn Error + Send + Sync>` is none, but becomes a \
            `Box<dyn Error>`, which is"
)]
pub trait Failure: Into<HandlerError> {}

#[diagnostic::do_not_recommend]
impl<E: Into<HandlerError>> Failure for E {}

/// What `new` or the method under `#[on_failed]` returned that can fail.
#[doc(hidden)]
pub fn outcome<T, E: Failure>(result: Result<T, E>) -> Result<T, HandlerError> {
    result.map_err(Into::into)
}

/// What is done with the values of a type. Generated code asks for it with the type as the handler
/// names it, and nothing else requires a [`Payload`]: so one that is none is reported there, once.
#[doc(hidden)]
pub struct Stored<T> {
    pub(crate) lower: fn(&T, &mut Lowering<'_>) -> Lowered,
    read: fn(&[u8], bool) -> Result<T, CodecError>,
}

/// Makes a [`Stored`].
#[doc(hidden)]
#[inline]
pub fn stored<T: Storable>() -> Stored<T> {
    Stored {
        lower: typed::lower::<T>,
        read: |value, is_plain| match is_plain {
            true => codec::decode(value),
            false => codec::decode_with_reference(value),
        },
    }
}

/// What a parameter under `#[handler(default)]` must be.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default, which would take the place of an argument that was not stored",
    label = "`#[handler(default)]` asks for `Default`",
    note = "implement or derive `Default` for it, or take an `Option` without `#[handler(default)]`: `None` is what \
            was not stored"
)]
pub trait Defaulted: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> Defaulted for T {}

/// What takes the place of an argument that was not stored.
#[doc(hidden)]
#[inline]
pub fn fallback<T: Defaulted>() -> fn() -> T {
    T::default
}

/// Who is told of which types the arguments of an object's handlers are.
#[doc(hidden)]
pub trait Visitor {
    /// Of the next handler; its arguments come next.
    fn handler(&mut self);
    /// Of the next argument of the handler that came last.
    fn argument<T: Storable>(&mut self);
}

/// The type of an argument. What can't be stored is reported where it is stored, once, so it is passed over here:
/// the inherent method, which asks for what is needed, comes before the trait's.
#[doc(hidden)]
pub struct Argument<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Argument<T> {
    /// It.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: ?Sized> Default for Argument<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Storable> Argument<T> {
    /// Tells of it.
    pub fn tell<V: Visitor>(self, visitor: &mut V) {
        visitor.argument::<T>();
    }
}

/// See [`Argument`].
#[doc(hidden)]
pub trait NotStorable: Sized {
    /// Tells nothing.
    fn tell<V: Visitor>(self, _visitor: &mut V) {}
}

impl<T: ?Sized> NotStorable for Argument<T> {}

/// A decoded step.
#[doc(hidden)]
pub trait Handler<D>: Sized {
    /// Reads the arguments of `handler`.
    fn decode(handler: &str, args: &mut Args<'_>) -> Result<Self, StepError>;
    /// Runs it.
    fn run(self, object: &mut D, returned: &mut Returned<'_>) -> Result<(), HandlerError>;
}

/// The results of the steps so far that a later one uses, and where the next goes.
#[doc(hidden)]
#[derive(Default)]
pub struct Results {
    /// One after another.
    bytes: Vec<u8>,
    /// Where each step's result ends.
    ends: Vec<usize>,
}

impl Results {
    fn of(&self, step: usize) -> &[u8] {
        let start = step.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(step).copied().unwrap_or_default();
        self.bytes
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }

    /// Ends the step that has just run.
    pub(crate) fn end_step(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// What the step returned that has just run.
    pub(crate) fn into_last(mut self) -> Vec<u8> {
        self.bytes
            .split_off(self.ends.last().copied().unwrap_or_default())
    }
}

/// Where a handler's result goes, if anyone wants it.
#[doc(hidden)]
pub struct Returned<'r> {
    wanted: bool,
    results: &'r mut Results,
}

impl<'r> Returned<'r> {
    pub(crate) fn new(wanted: bool, results: &'r mut Results) -> Self {
        Self { wanted, results }
    }

    /// Takes what a handler returned that can't fail.
    pub fn value<T: Storable>(&mut self, value: T) -> Result<(), HandlerError> {
        if !self.wanted {
            return Ok(());
        }
        let length = codec::encode_into(&value, &mut self.results.bytes)?;
        match length {
            ..=MAX_BYTES => Ok(()),
            _ => Err(too_long(length)),
        }
    }

    /// Takes what a handler returned that can fail.
    pub fn result<T: Storable, E: Failure>(
        &mut self,
        result: Result<T, E>,
    ) -> Result<(), HandlerError> {
        result
            .map_err(Into::into)
            .and_then(|value| self.value(value))
    }
}

#[cold]
#[inline(never)]
fn too_long(length: usize) -> HandlerError {
    HandlerError::new(format!(
        "the result takes {length} bytes, the limit is {MAX_BYTES}; \
         keep the data in the object's state and return its key"
    ))
}
