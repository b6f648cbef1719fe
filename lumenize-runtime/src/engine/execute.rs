//! Runs a program on an object, step by step.

use crate::continuation::program::Program;
use crate::error::HandlerError;
use crate::object::{Args, Handler, HandlerInfo, Object, Results, Returned, StepError};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a program did not run to its end.
#[derive(Debug)]
pub enum Failure {
    /// A handler returned an error or panicked.
    Handler(HandlerError),
    /// This code does not understand the program.
    NotUnderstood(StepError),
}

/// Runs every step and returns the bytes of the last one's result if `wanted`. `before` is told
/// each handler before it runs.
pub fn execute<D: Object>(
    object: &mut D,
    program: &Program<'_>,
    input: Option<&[u8]>,
    wanted: bool,
    mut before: impl FnMut(&HandlerInfo),
) -> Result<Vec<u8>, Failure> {
    let last = program.steps().len().saturating_sub(1);
    let pipes = program.pipes();
    let mut results = Results::default();
    for (place, step) in program.steps().enumerate() {
        let info = info::<D>(step.handler).ok_or_else(|| unknown(step.handler))?;
        before(info);
        let wanted = place == last && wanted || pipes && program.passes_on(place);
        // Both in one go: a panic of either is the handler's.
        caught(|| {
            Args::new(info, step, &results, input)
                .and_then(|mut args| D::Handler::decode(step.handler, &mut args))
                .map_err(Failure::NotUnderstood)?
                .run(object, &mut Returned::new(wanted, &mut results))
                .map_err(Failure::Handler)
        })
        .unwrap_or_else(|panic| Err(Failure::Handler(panic)))?;
        if place < last {
            results.end_step();
        }
    }
    Ok(results.into_last())
}

#[cold]
fn unknown(handler: &str) -> Failure {
    Failure::NotUnderstood(StepError::UnknownHandler {
        handler: handler.to_owned(),
    })
}

/// What is known of a handler, by its name or by one that it had.
pub(crate) fn info<D: Object>(handler: &str) -> Option<&'static HandlerInfo> {
    HandlerInfo::find(D::HANDLERS, handler)
}

/// Whether no step of the program may write.
pub(crate) fn only_reads<D: Object>(program: &Program<'_>) -> bool {
    program
        .steps()
        .all(|step| info::<D>(step.handler).is_some_and(|info| info.reads))
}

/// Turns a panic of the user's code into an error.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, HandlerError> {
    // What the panic left half done is dropped with the object.
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("of a type that is no text");
        HandlerError::with_code("panic", format!("panicked: {text}"))
    })
}
