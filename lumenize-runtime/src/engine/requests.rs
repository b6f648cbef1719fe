//! What the engine does for callers.

use super::execute::{Failure, info};
use super::{Effect, Engine, Reply, Request};
use crate::continuation::program::Program;
use crate::error::{CallError, Outcome};
use crate::host::SqlError;
use crate::object::Object;

impl<D: Object> Engine<D> {
    pub(super) fn requests(&mut self, requests: &[Request]) -> Vec<Effect> {
        if self.is_ready_to_read(requests) {
            return requests.iter().map(|one| self.read(one)).collect();
        }
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
        requests.iter().map(|one| self.alone(one)).collect()
    }

    /// What only reads has nothing to commit, and leaves the alarm as it is: both would cost a write.
    fn read(&mut self, request: &Request) -> Effect {
        if self.is_ready_to_read(std::slice::from_ref(request)) {
            let answer = self.answer(request).unwrap_or_else(|error| {
                self.start_over();
                Err(unreachable(&error))
            });
            return reply(request, answer);
        }
        // The one before it failed, and the object is to be made anew.
        self.alone(request)
    }

    fn alone(&mut self, request: &Request) -> Effect {
        let mut answer = Ok(Vec::new());
        let committed = self.commit(None, &mut |engine| {
            answer = engine.answer(request)?;
            Ok(())
        });
        reply(
            request,
            committed.map_err(|error| unreachable(&error)).and(answer),
        )
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
