//! The callee's side of a call: each is executed once, in one commit with the note that it was, and its
//! answer given again to whoever asks again.
//!
//! What is looked up, and when, follows one rule: in the turn that would execute a call, its id first,
//! then its deadline against both the turn's time and the floor. Whoever is told that it was not
//! executed can rely on it, because that answer is kept under the id.

use super::careful::Marked;
use super::{CallHeader, Engine, Request};
use crate::codec;
use crate::error::{CallError, Outcome};
use crate::host::SqlError;
use crate::object::Object;
use crate::store::Inbound;

/// How much the clocks of caller and callee may differ, and how far a clock may step back, in
/// milliseconds: so long behind its deadline a call is remembered.
pub(super) const SKEW_MS: i64 = 60_000;
/// So much later what can be forgotten is, so that one wake does it for many.
const PURGE_SLACK_MS: i64 = 30_000;
/// The longest time that a caller may wait for an outcome: 30 days.
pub(crate) const LONGEST_TIMEOUT_MS: i64 = 30 * 24 * 3_600_000;
/// How many attempts at a call may end the process.
const MAX_ATTEMPTS: u32 = 5;

/// The version of stored answers.
const VERSION: u8 = 2;
/// The version before there were details of an error, which stand last.
const WITHOUT_DETAILS: u8 = 1;

/// What came of an attempt at a call.
pub(super) enum Heard {
    Answered {
        answer: Result<Vec<u8>, CallError>,
        /// Whether it is stored.
        kept: bool,
    },
    /// It is noted that it begins, and it runs in the turn that follows.
    Marked,
}

impl<D: Object> Engine<D> {
    pub(super) fn hear_call(
        &mut self,
        request: &Request,
        call: &CallHeader,
    ) -> Result<Heard, SqlError> {
        let reads = Self::only_reads(&request.program);
        let begun = match self.known_inbound(call, reads)? {
            Some(Inbound::Answered(bytes)) => {
                return Ok(Heard::Answered {
                    answer: read_answer(&bytes),
                    kept: true,
                });
            }
            Some(Inbound::Acknowledged) => {
                return Ok(not_kept(CallError::Unreachable {
                    reason: "its caller has had the answer".to_owned(),
                    outcome: Outcome::Unknown,
                }));
            }
            Some(Inbound::Begun { attempts }) => Some(attempts),
            None => None,
        };
        let now = self.shared.now();
        if call.deadline <= now || !reads && call.deadline <= self.store().floor()? {
            return Ok(late());
        }
        if call.deadline > now + LONGEST_TIMEOUT_MS + SKEW_MS {
            let reason = "its deadline is too far in the future, as far as the callee's clock says";
            return Ok(not_kept(CallError::Timeout {
                reason: reason.to_owned(),
            }));
        }
        if self.gone {
            return self.keep_answer(call, Err(CallError::Gone));
        }
        let attempts = begun.unwrap_or(0);
        if attempts >= MAX_ATTEMPTS {
            let reason = format!("the callee's process ended each of the {attempts} times it ran");
            return self.keep_answer(call, Err(CallError::refused(reason)));
        }
        if begun.is_some() || call.attempt > 1 || self.careful == Some(true) {
            let attempts = attempts.saturating_add(1);
            self.store()
                .keep_inbound(call.id, call.deadline, &Inbound::Begun { attempts })?;
            self.will_purge(call.deadline);
            self.marked = Some(Marked::Call(request.clone()));
            return Ok(Heard::Marked);
        }
        self.execute_call(request, call, reads)
    }

    /// Whether it is known. A first attempt that only reads is not looked up: to read again does no harm.
    fn known_inbound(&self, call: &CallHeader, reads: bool) -> Result<Option<Inbound>, SqlError> {
        match reads && call.attempt == 1 && self.careful == Some(false) {
            true => Ok(None),
            false => self.store().inbound(call.id),
        }
    }

    /// Executes it and keeps the answer, unless it only reads: then there is nothing that must not
    /// happen again, and nothing is written.
    pub(super) fn execute_call(
        &mut self,
        request: &Request,
        call: &CallHeader,
        reads: bool,
    ) -> Result<Heard, SqlError> {
        let answer = self.answer(request)?;
        if reads || matches!(answer, Err(CallError::Unreachable { .. })) {
            return Ok(Heard::Answered {
                answer,
                kept: false,
            });
        }
        self.keep_answer(call, answer)
    }

    fn keep_answer(
        &mut self,
        call: &CallHeader,
        answer: Result<Vec<u8>, CallError>,
    ) -> Result<Heard, SqlError> {
        let answer = answer.map(|value| codec::with_shape(&value).into_owned());
        let stored = Inbound::Answered(write_answer(&answer));
        self.store().keep_inbound(call.id, call.deadline, &stored)?;
        self.will_purge(call.deadline);
        Ok(Heard::Answered { answer, kept: true })
    }

    /// Runs a marked call in a commit of its own.
    pub(super) fn run_marked_call(&mut self, request: &Request, call: &CallHeader) -> Heard {
        let mut heard = Heard::Marked;
        let ran = self.commit(None, &mut |engine| {
            if call.deadline <= engine.shared.now() {
                heard = late();
                return Ok(());
            }
            // A mark of what only reads stays until its deadline, as any other.
            heard = engine.execute_call(request, call, false)?;
            if let Heard::Answered { kept: false, .. } = heard {
                engine.store().unmark_inbound(call.id)?;
            }
            Ok(())
        });
        match ran {
            Ok(()) => heard,
            Err(error) => not_kept(super::mail::unreachable(&error)),
        }
    }

    /// Sees to it that what is known of a call is forgotten when its time has come.
    fn will_purge(&mut self, deadline: i64) {
        let at = deadline.saturating_add(SKEW_MS + PURGE_SLACK_MS);
        self.purge_at = Some(self.purge_at.map_or(at, |before| before.min(at)));
    }

    /// Forgets the calls whose time has come, if there are any.
    pub(super) fn purge(&mut self) -> Result<(), SqlError> {
        let now = self.shared.now();
        if self.purge_at.is_some_and(|at| at <= now) {
            self.store().purge_inbox(now - SKEW_MS)?;
            self.look_for_purge()?;
        }
        Ok(())
    }

    pub(super) fn look_for_purge(&mut self) -> Result<(), SqlError> {
        self.purge_at = None;
        if let Some(deadline) = self.store().first_deadline()? {
            self.will_purge(deadline);
        }
        Ok(())
    }
}

fn late() -> Heard {
    not_kept(CallError::Timeout {
        reason: "it came after its time".to_owned(),
    })
}

fn not_kept(error: CallError) -> Heard {
    Heard::Answered {
        answer: Err(error),
        kept: false,
    }
}

fn write_answer(answer: &Result<Vec<u8>, CallError>) -> Vec<u8> {
    // Encoding plain data into memory does not fail.
    postcard::to_extend(answer, vec![VERSION]).unwrap_or_default()
}

fn read_answer(bytes: &[u8]) -> Result<Vec<u8>, CallError> {
    let decode = |bytes: &[u8]| codec::decode::<Result<Vec<u8>, CallError>>(bytes).ok();
    let read = match bytes.split_first() {
        Some((&VERSION, rest)) => decode(rest),
        Some((&WITHOUT_DETAILS, rest)) => decode(rest).or_else(|| decode(&[rest, &[0]].concat())),
        _ => None,
    };
    read.unwrap_or_else(|| {
        let reason = match bytes.first() {
            Some(version) if *version > VERSION => format!(
                "the answer was kept in format version {version}, this code reads version {VERSION}"
            ),
            _ => "the answer that was kept is damaged".to_owned(),
        };
        Err(CallError::Result { reason })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::HandlerError;

    /// These bytes are in people's databases.
    #[test]
    fn golden_bytes() {
        let good = Ok(vec![1, 5, 9]);
        assert_eq!(write_answer(&good), [2, 0, 3, 1, 5, 9]);
        for version in [1, 2] {
            assert_eq!(read_answer(&[version, 0, 3, 1, 5, 9]), good);
            assert_eq!(read_answer(&[version, 1, 5]), Err(CallError::Gone));
        }
        let bad = Err(CallError::Handler(HandlerError::new("no")));
        let golden = [2, 1, 0, 0, 2, b'n', b'o', 0, 0];
        assert_eq!(write_answer(&bad), golden);
        assert_eq!(read_answer(&golden), bad);
        assert_eq!(read_answer(&[1, 1, 0, 0, 2, b'n', b'o', 0]), bad);
        for (bytes, why) in [
            (
                &[9, 0][..],
                "the answer was kept in format version 9, this code reads version 2",
            ),
            (&[2, 9], "the answer that was kept is damaged"),
            (&[], "the answer that was kept is damaged"),
        ] {
            let reason = why.to_owned();
            assert_eq!(read_answer(bytes), Err(CallError::Result { reason }));
        }
    }
}
