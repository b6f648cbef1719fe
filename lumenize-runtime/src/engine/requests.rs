//! What the engine does for callers.

use super::execute::{Failure, info};
use super::{Effect, Engine, Reply, Request};
use crate::continuation::program::Program;
use crate::error::{CallError, Outcome};
use crate::host::SqlError;
use crate::object::Object;

impl<D: Object> Engine<D> {
    pub(super) fn requests(&mut self, requests: &[Request]) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(requests.len());
        let together = self.commit(None, &mut |engine| {
            for request in requests {
                let answer = engine.answer(request)?;
                effects.push(reply(request, answer));
            }
            Ok(())
        });
        match (together, requests) {
            (Ok(()), _) => return effects,
            (Err(error), [only]) => return vec![reply(only, Err(unreachable(&error)))],
            // None of them has happened unless the commit itself failed: one by one, so that the
            // one whose fault it is does not take the others with it.
            (Err(error), _) if !error.committing => {}
            (Err(error), _) => {
                return requests
                    .iter()
                    .map(|request| reply(request, Err(unreachable(&error))))
                    .collect();
            }
        }
        requests
            .iter()
            .map(|request| {
                let mut answer = Ok(Vec::new());
                let alone = self.commit(None, &mut |engine| {
                    answer = engine.answer(request)?;
                    Ok(())
                });
                reply(
                    request,
                    alone.map_err(|error| unreachable(&error)).and(answer),
                )
            })
            .collect()
    }

    fn answer(&mut self, request: &Request) -> Result<Result<Vec<u8>, CallError>, SqlError> {
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
        if let Err(error) = self.build()? {
            return Ok(Err(CallError::refused(format!(
                "the object can't be built: {error}"
            ))));
        }
        self.shared.start_request();
        let outcome = self.run(&program, true, None)?;
        Ok(outcome.map_err(|failure| match failure {
            Failure::Handler(error) => CallError::Handler(error),
            Failure::NotUnderstood(error) => CallError::refused(error),
        }))
    }
}

fn reply(request: &Request, answer: Result<Vec<u8>, CallError>) -> Effect {
    Effect::Reply(Reply {
        token: request.token,
        answer,
    })
}

fn unreachable(error: &SqlError) -> CallError {
    CallError::Unreachable {
        reason: error.to_string(),
        outcome: match error.committing {
            true => Outcome::Unknown,
            false => Outcome::NotExecuted,
        },
    }
}
