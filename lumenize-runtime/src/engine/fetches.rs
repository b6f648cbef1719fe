//! The object's side of a fetch: its row in the queue is handed to an executor, attempt by attempt, until
//! there is an outcome, which a handler is given in the commit that removes the row.
//!
//! Each attempt is on disk before an executor has it: its number, a token that nobody else knows, and
//! when it is given up for lost. Only what comes with the last number and its token is an outcome.

use super::outbox::{MAX_ROW_BYTES, encoded, with_outcome};
use super::retry::RetryPolicy;
use super::wake::not_understood;
use super::{Effect, Engine, FetchAttempt, Fetched, Tried};
use crate::error::HandlerError;
use crate::fetch::{FetchError, Response, is_passing};
use crate::host::SqlError;
use crate::object::Object;
use crate::store::{Detail, Fetching, Item, Kind};
use crate::views::{store_error, stored_error};
use http::header::RETRY_AFTER;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// How long after an attempt's time its executor may still deliver, in milliseconds.
const GRACE_MS: i64 = 5_000;
/// When an attempt is due that did not begin before the host stopped: when that has stopped.
const NOT_BEGUN_MS: i64 = 1_000;
/// How long an attempt may take at most, and a fetch in all.
pub(crate) const LONGEST_ATTEMPT_MS: i64 = 3_600_000;
pub(crate) const LONGEST_FETCH_MS: i64 = 30 * 24 * 3_600_000;
/// How long to wait between attempts at most, unless the server or the user says more.
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// The attempt of this number, for the executor, and when it is given up for lost.
pub(crate) fn attempt(
    fetching: &Fetching<'_>,
    id: Uuid,
    number: u32,
    token: u128,
    now: i64,
) -> Option<(FetchAttempt, i64)> {
    let timeout = fetching.timeout_ms.min(fetching.deadline - now).max(1);
    let attempt = FetchAttempt {
        fetch: id,
        attempt: number,
        token,
        executor: fetching.executor.to_owned(),
        request: fetching.request()?,
        timeout: Duration::from_millis(timeout.unsigned_abs()),
        max_response_bytes: fetching.max_response_bytes,
    };
    Some((attempt, now + timeout + GRACE_MS))
}

/// What becomes of a fetch.
enum Verdict {
    /// There is to be another attempt: its row.
    Again(Item),
    /// It has ended: the row with the outcome, if there is a handler for it.
    Ended(Option<Item>),
}

impl<D: Object> Engine<D> {
    /// A fetch is due: an attempt is to be made, or nothing was heard of the one under way.
    pub(super) fn fetch_due(&mut self, item: &Item) -> Result<(), SqlError> {
        let (Some(fetching), Some(detail)) = (
            Fetching::decode(&item.program),
            Detail::decode(&item.detail),
        ) else {
            return self.park(
                item,
                not_understood(item.unreadable("what is to be fetched")),
            );
        };
        let now = self.shared.now();
        if detail.token.is_some() {
            let reason = "its executor was lost, or could not deliver what came of it".to_owned();
            let lost = Err(FetchError::Unknown { reason });
            let verdict = self.judge(item, &fetching, detail, lost);
            return self.note(item, verdict);
        }
        if fetching.deadline <= now {
            let last = item.error.as_deref().map(stored_error);
            let reason = last.map_or_else(|| "there was none".to_owned(), |last| last.message);
            let expired = Err(FetchError::Expired { reason });
            let ended = self.ended(item, &fetching, detail, expired);
            return self.note(item, Verdict::Ended(ended));
        }
        let number = item.attempts.saturating_add(1);
        let token = self.shared.token();
        let Some((attempt, due)) = attempt(&fetching, item.id, number, token, now) else {
            return self.park(item, not_understood("what is to be fetched is damaged"));
        };
        self.store().replace(&Item {
            due,
            attempts: number,
            detail: Detail {
                token: Some(token),
                ..detail
            }
            .encode(),
            ..item.clone()
        })?;
        tracing::info!(id = %item.id, attempt = number, "fetched again");
        self.shared.after_commit(Effect::Fetch(attempt));
        Ok(())
    }

    /// An executor says what came of an attempt.
    pub(super) fn hear_fetched(&mut self, fetched: &Fetched) -> Result<(), SqlError> {
        let Some((item, detail)) = self.awaits(fetched)? else {
            return Ok(());
        };
        let Some(fetching) = Fetching::decode(&item.program) else {
            return self.park(
                &item,
                not_understood(item.unreadable_row("what was fetched")),
            );
        };
        let verdict = self.hear_tried(&item, &fetching, detail, &fetched.tried);
        // If there was an attempt before, its outcome may have ended the process: so it is on disk before
        // it is handled, and what ends the process again is known then.
        if self.careful == Some(true) || item.attempts > 1 || self.build()?.is_err() {
            return self.note(&item, verdict);
        }
        match verdict {
            Verdict::Ended(Some(arrived)) => self.run_item(&arrived),
            other => self.note(&item, other),
        }
    }

    /// The fetch that waits for this: it is of the last attempt, and has its token.
    fn awaits(&self, fetched: &Fetched) -> Result<Option<(Item, Detail)>, SqlError> {
        let item = self.store().item(fetched.fetch)?;
        let item = item.filter(|item| item.kind == Kind::Fetch as i64);
        let known = item.and_then(|item| Detail::decode(&item.detail).map(|detail| (item, detail)));
        Ok(known.filter(|(item, detail)| {
            let awaited = item.attempts == fetched.attempt && detail.token == Some(fetched.token);
            if !awaited {
                let (id, attempt) = (item.id, fetched.attempt);
                tracing::info!(%id, attempt, "not awaited: of an earlier attempt, or forged");
            }
            awaited
        }))
    }

    /// After the transaction was lost in which an outcome was to be handled: it is kept, and its handler
    /// is tried as that of any other work.
    pub(super) fn keep_fetched(&mut self, fetched: &Fetched) {
        let kept = self.commit(None, &mut |engine| {
            let Some((item, detail)) = engine.awaits(fetched)? else {
                return Ok(());
            };
            let Some(fetching) = Fetching::decode(&item.program) else {
                return Ok(());
            };
            let verdict = engine.hear_tried(&item, &fetching, detail, &fetched.tried);
            engine.note(&item, verdict)
        });
        if let Err(error) = kept {
            tracing::warn!(id = %fetched.fetch, %error, "what was fetched is given up for lost");
        }
    }

    fn note(&self, item: &Item, verdict: Verdict) -> Result<(), SqlError> {
        match verdict {
            Verdict::Again(item) | Verdict::Ended(Some(item)) => self.store().replace(&item),
            Verdict::Ended(None) => self.store().remove(item.id),
        }
    }

    fn hear_tried(
        &self,
        item: &Item,
        fetching: &Fetching<'_>,
        detail: Detail,
        tried: &Tried,
    ) -> Verdict {
        match tried {
            Tried::Ended(outcome) => {
                let outcome = outcome.clone().map_err(FetchError::cut);
                self.judge(item, fetching, detail, outcome)
            }
            // It is made under its number when the host has started anew. This one hears nothing of it.
            Tried::NotBegun => Verdict::Again(Item {
                due: self.shared.now().saturating_add(NOT_BEGUN_MS),
                attempts: item.attempts.saturating_sub(1),
                detail: Detail {
                    token: None,
                    ..detail
                }
                .encode(),
                ..item.clone()
            }),
        }
    }

    /// Whether what came of an attempt is the outcome, or another attempt is to follow and when.
    fn judge(
        &self,
        item: &Item,
        fetching: &Fetching<'_>,
        detail: Detail,
        outcome: Result<Response, FetchError>,
    ) -> Verdict {
        let now = self.shared.now();
        let passing = match &outcome {
            Ok(response) => is_passing(response.status()).then(|| {
                let status = response.status();
                (
                    format!("the server answered {status}"),
                    retry_after(response, now),
                )
            }),
            Err(error) => error.is_passing().then(|| (error.to_string(), 0)),
        };
        let Some((reason, wait)) = passing else {
            return Verdict::Ended(self.ended(item, fetching, detail, outcome));
        };
        let policy = RetryPolicy::default()
            .attempts(fetching.max_retries.saturating_add(1))
            .initial_delay(Duration::from_millis(fetching.retry_delay_ms))
            .max_delay(LONGEST_DELAY.max(Duration::from_millis(fetching.retry_delay_ms)));
        let delay = self.shared.retry_delay(&policy, item.attempts);
        let due = delay.map(|delay| now.saturating_add(delay.max(wait).max(1)));
        match due.filter(|due| fetching.repeatable && *due < fetching.deadline) {
            Some(due) => {
                tracing::info!(id = %item.id, attempt = item.attempts, reason, "to be fetched again");
                Verdict::Again(Item {
                    due,
                    detail: Detail {
                        token: None,
                        ..detail
                    }
                    .encode(),
                    error: Some(store_error(&HandlerError::new(reason))),
                    ..item.clone()
                })
            }
            None => Verdict::Ended(self.ended(item, fetching, detail, outcome)),
        }
    }

    /// A fetch's row as that of its outcome, if there is a handler for it.
    fn ended(
        &self,
        item: &Item,
        fetching: &Fetching<'_>,
        detail: Detail,
        outcome: Result<Response, FetchError>,
    ) -> Option<Item> {
        let limit = fetching.max_response_bytes;
        let outcome = outcome.and_then(|response| {
            let body = response.bytes().len();
            let value = encoded(&response.after(item.attempts));
            let handler = fetching.on_success.map_or(0, |program| program.0.len());
            match body as u64 <= limit && value.len() + handler <= MAX_ROW_BYTES {
                true => Ok(value),
                false => Err(FetchError::TooLarge { limit }),
            }
        });
        let (program, value) = match outcome {
            Ok(value) => (fetching.on_success?, value),
            Err(error) => (fetching.on_error?, encoded(&error)),
        };
        let item = Item {
            detail: Detail {
                token: None,
                ..detail
            }
            .encode(),
            ..item.clone()
        };
        let now = self.shared.now();
        Some(with_outcome(&item, Kind::Fetched, program, &value, now))
    }

    /// After the end of the process, and of the executor in it: what it had is due.
    pub(super) fn give_up_attempts(&self) -> Result<(), SqlError> {
        self.store().hasten_fetches(self.shared.now())
    }
}

/// How long the server asks to wait, in milliseconds (RFC 9110, 10.2.3).
fn retry_after(response: &Response, now: i64) -> i64 {
    let value = response.headers().get(RETRY_AFTER);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return 0;
    };
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // One beyond all numbers is beyond all deadlines.
        let seconds = value.parse::<i64>().unwrap_or(i64::MAX);
        return seconds.saturating_mul(1_000);
    }
    let date = httpdate::parse_http_date(value).ok();
    let since = date.and_then(|date: SystemTime| date.duration_since(UNIX_EPOCH).ok());
    let at = since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    });
    at.saturating_sub(now).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after() {
        // 2026-01-01T00:00:00Z
        let now = 1_767_225_600_000;
        for (value, expected) in [
            ("2", 2_000),
            (" 120 ", 120_000),
            ("0", 0),
            ("", 0),
            ("-1", 0),
            ("1.5", 0),
            ("soon", 0),
            ("99999999999999999999", i64::MAX),
            ("Thu, 01 Jan 2026 00:00:07 GMT", 7_000),
            ("Thursday, 01-Jan-26 00:00:07 GMT", 7_000),
            ("Thu Jan  1 00:00:07 2026", 7_000),
            ("Wed, 31 Dec 2025 23:59:59 GMT", 0),
        ] {
            let response = http::Response::builder().header("Retry-After", value);
            let response = Response::new(response.body("").unwrap(), "https://a.b/");
            assert_eq!(retry_after(&response, now), expected, "{value:?}");
        }
    }
}
