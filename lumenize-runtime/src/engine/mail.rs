//! What the engine does with what others send. Messages that follow each other share one commit; one
//! that may have ended the process before is marked in it, and runs in the turn that follows, by itself.

use super::inbox::Heard;
use super::{Effect, Engine, Mail, Reply, Request};
use crate::error::{CallError, Outcome};
use crate::host::{Detour, SqlError};
use crate::object::Object;
use std::collections::VecDeque;

impl<D: Object> Engine<D> {
    pub(super) fn mail(&mut self, mail: Vec<Mail>) -> Vec<Effect> {
        if self.is_ready_to_read() && mail.iter().all(|one| self.only_reads_now(one)) {
            return mail.into_iter().flat_map(|one| self.read(one)).collect();
        }
        self.waiting.extend(mail);
        self.go_on()
    }

    /// Hears what waits, up to what must run by itself.
    pub(super) fn go_on(&mut self) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(self.waiting.len());
        let mut limit = usize::MAX;
        while !self.waiting.is_empty() && self.marked.is_none() {
            let mail = std::mem::take(&mut self.waiting);
            let before = effects.len();
            let mut heard = 0;
            let ended = self.commit(None, &mut |engine| {
                effects.truncate(before);
                heard = 0;
                for one in mail.iter().take(limit) {
                    heard += 1;
                    effects.extend(engine.hear(one)?);
                    if engine.marked.is_some() || engine.detours(Detour::HearsOneByOne) {
                        break;
                    }
                }
                Ok(())
            });
            self.waiting = mail;
            let Err(error) = ended else {
                self.waiting.drain(..heard);
                continue;
            };
            self.marked = None;
            effects.truncate(before);
            if error.committing || heard <= 1 {
                // Without one that was heard it is the object's tables that can't be used.
                let lost = self.waiting.drain(..heard.max(1));
                let lost: Vec<Mail> = lost.collect();
                effects.extend(lost.into_iter().filter_map(|one| self.lose(one, &error)));
            } else {
                // None of them has happened: one by one, so that the one whose fault it is does not
                // take the others with it.
                limit = 1;
            }
        }
        effects
    }

    /// What only reads has nothing to commit, and leaves the alarm as it is: both would cost a write.
    fn read(&mut self, one: Mail) -> Vec<Effect> {
        if self.is_ready_to_read() {
            return match self.hear(&one) {
                Ok(reply) => reply.into_iter().collect(),
                Err(error) => {
                    self.start_over();
                    self.lose(one, &error).into_iter().collect()
                }
            };
        }
        // The one before it failed, and the object is to be made anew.
        self.waiting = VecDeque::from([one]);
        self.go_on()
    }

    /// Hears one message, and says what to reply.
    fn hear(&mut self, one: &Mail) -> Result<Option<Effect>, SqlError> {
        match one {
            Mail::Request(request) => match &request.call {
                None => Ok(Some(reply(request, self.answer(request)?, false))),
                Some(call) => Ok(match self.hear_call(request, call)? {
                    Heard::Answered { answer, kept } => Some(reply(request, answer, kept)),
                    Heard::Marked => None,
                }),
            },
            Mail::Outcome(delivery) => self.hear_outcome(delivery).map(|()| None),
            Mail::Acknowledged(call) => self.store().acknowledge(*call).map(|()| None),
            Mail::Fetched(fetched) => self.hear_fetched(fetched).map(|()| None),
        }
    }

    /// What to say of a message whose transaction was lost.
    fn lose(&mut self, one: Mail, error: &SqlError) -> Option<Effect> {
        match one {
            Mail::Request(request) => Some(reply(&request, Err(unreachable(error)), false)),
            Mail::Outcome(delivery) => {
                self.keep_outcome(delivery);
                None
            }
            Mail::Fetched(fetched) => {
                self.keep_fetched(&fetched);
                None
            }
            // It is kept until its call's deadline.
            Mail::Acknowledged(_) => None,
        }
    }
}

pub(super) fn reply(request: &Request, answer: Result<Vec<u8>, CallError>, kept: bool) -> Effect {
    Effect::Reply(Reply {
        token: request.token,
        answer,
        kept,
    })
}

pub(super) fn unreachable(error: &SqlError) -> CallError {
    CallError::Unreachable {
        reason: error.to_string(),
        outcome: match error.committing {
            true => Outcome::Unknown,
            false => Outcome::NotExecuted,
        },
    }
}
