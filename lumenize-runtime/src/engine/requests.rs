//! What the engine does for callers.

use super::execute::{Failure, info, only_reads};
use super::{Engine, Request};
use crate::continuation::program::Program;
use crate::error::CallError;
use crate::host::SqlError;
use crate::object::Object;
use crate::views::Caller;

impl<D: Object> Engine<D> {
    /// Runs a caller's program. What can't be built now is [`CallError::Unreachable`]: it may be later.
    pub(super) fn answer(
        &mut self,
        request: &Request,
    ) -> Result<Result<Vec<u8>, CallError>, SqlError> {
        let program = match Program::decode(&request.program).and_then(Program::without_input) {
            Ok(program) => program,
            Err(error) => return Ok(Err(CallError::refused(error))),
        };
        for step in program.steps() {
            match info::<D>(step.handler) {
                Some(info) if info.public => {}
                Some(_) => {
                    return Ok(Err(CallError::refused(format!(
                        "`{}` is not `pub`, so only the object itself may run it",
                        step.handler
                    ))));
                }
                None => {
                    return Ok(Err(CallError::refused(format!(
                        "`{}` has no handler `{}`",
                        D::CLASS,
                        step.handler
                    ))));
                }
            }
        }
        let built = match only_reads::<D>(&program) {
            true => self.build_to_read()?,
            false => self.build()?,
        };
        if let Err(error) = built {
            let reason = format!("the object can't be built: {error}");
            return Ok(Err(match request.call {
                None => CallError::refused(reason),
                Some(_) => CallError::not_executed(reason),
            }));
        }
        match &request.call {
            None => self.shared.start_request(Caller::Outside, 0),
            Some(call) => self.shared.start_request(call.caller.clone(), call.hops),
        }
        let outcome = self.run(&program, None, true, None)?;
        Ok(outcome.map_err(|failure| match failure {
            Failure::Handler(error) => CallError::Handler(error.cut()),
            Failure::NotUnderstood(error) => CallError::refused(error),
        }))
    }
}
