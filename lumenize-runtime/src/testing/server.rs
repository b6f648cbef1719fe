//! What answers the fetches of a world: a closure of the test's, and what becomes of what it says.

use super::place::Key;
use crate::engine::ids::Random;
use crate::engine::{FetchAttempt, Fetched, Tried};
use crate::fetch::{FetchError, Phase, Response, is_passing};
use crate::views::{FetchId, date};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// How long it takes until a server is asked, and what it answers is heard, unless more is said.
const SHORTEST_MS: u64 = 1;
const LONGEST_MS: u64 = 10;

/// One request, as the server of a world hears it: [`World::serve`](super::World::serve).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Asked {
    /// Class and name of the object that fetches.
    pub object: (String, String),
    /// The fetch.
    pub id: FetchId,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The name of the executor; empty for HTTP.
    pub executor: String,
    /// The request.
    pub request: http::Request<Bytes>,
    /// The world's time.
    pub at: DateTime<Utc>,
}

/// What a server of a world does with a request.
#[derive(Clone, Debug)]
#[must_use = "it is what the server answers"]
pub struct Served {
    /// None if nothing is heard of it.
    answer: Option<Result<http::Response<Bytes>, FetchError>>,
    after: Duration,
}

impl Served {
    /// It answers with this.
    pub fn response(response: http::Response<impl Into<Bytes>>) -> Self {
        Self {
            answer: Some(Ok(response.map(Into::into))),
            after: Duration::ZERO,
        }
    }

    /// It answers with this status and this body. A number that is no status is 500.
    pub fn status(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        let internal = http::StatusCode::INTERNAL_SERVER_ERROR;
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(internal);
        Self::response(response)
    }

    /// It can't be reached, or breaks off.
    pub fn error(error: FetchError) -> Self {
        Self {
            answer: Some(Err(error)),
            after: Duration::ZERO,
        }
    }

    /// The server has heard it, and the executor dies: nothing is heard of the attempt.
    pub fn silence() -> Self {
        Self {
            answer: None,
            after: Duration::ZERO,
        }
    }

    /// It takes so much longer, in whole milliseconds. Beyond the attempt's timeout, that is what the
    /// object hears of.
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

type Serve = Box<dyn FnMut(&Asked) -> Served>;

/// What happens outside of the objects.
pub(super) enum Happening {
    /// An attempt reaches the server.
    Ask(Key, FetchAttempt),
    /// What came of one reaches its object.
    Deliver(Key, Fetched),
    /// Nobody waits for a fetch any more.
    Cancel(Uuid),
}

impl Happening {
    fn fetch(&self) -> Uuid {
        match self {
            Happening::Ask(_, attempt) => attempt.fetch,
            Happening::Deliver(_, fetched) => fetched.fetch,
            Happening::Cancel(fetch) => *fetch,
        }
    }
}

/// The executor and the server of a world.
#[derive(Default)]
pub(super) struct Outside {
    serve: Option<Serve>,
    /// By when, and in which order they began.
    happenings: BTreeMap<(i64, u64), Happening>,
    begun: u64,
    /// Of a hundred attempts, how many are lost and how many outcomes arrive twice.
    pub(super) lost: u32,
    pub(super) repeated: u32,
    /// How much longer an outcome may take, in milliseconds.
    pub(super) delay: u64,
}

impl Outside {
    pub(super) fn serve(&mut self, serve: impl FnMut(&Asked) -> Served + 'static) {
        self.serve = Some(Box::new(serve));
    }

    /// Takes an attempt, or hears that a fetch was cancelled.
    pub(super) fn take(&mut self, now: i64, happening: Happening, random: &mut Random) {
        let ms = travels(random);
        self.add(now, ms, happening);
    }

    fn add(&mut self, now: i64, after: u64, happening: Happening) {
        self.begun += 1;
        let at = now.saturating_add(i64::try_from(after).unwrap_or(i64::MAX));
        self.happenings.insert((at, self.begun), happening);
    }

    pub(super) fn next(&self) -> Option<i64> {
        self.happenings.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets the next thing happen, and says when that was, and what an object hears of it.
    pub(super) fn happen(&mut self, random: &mut Random) -> Option<(i64, Option<(Key, Fetched)>)> {
        let ((at, _), happening) = self.happenings.pop_first()?;
        match happening {
            Happening::Ask(key, attempt) => self.ask(at, key, attempt, random),
            Happening::Deliver(key, fetched) => return Some((at, Some((key, fetched)))),
            Happening::Cancel(fetch) => self.happenings.retain(|_, other| other.fetch() != fetch),
        }
        Some((at, None))
    }

    fn ask(&mut self, now: i64, key: Key, attempt: FetchAttempt, random: &mut Random) {
        let lost = self.lost > 0 && random.below(100) < self.lost.into();
        if lost && random.below(2) == 0 {
            // The executor died before it sent anything.
            return;
        }
        let asked = Asked {
            object: (key.0.to_owned(), key.1.clone()),
            id: attempt.fetch.into(),
            attempt: attempt.attempt,
            executor: attempt.executor.clone(),
            request: attempt.request.clone(),
            at: date(now),
        };
        let served = match &mut self.serve {
            Some(serve) => serve(&asked),
            None => Served::error(FetchError::HandOver {
                reason: "this world has no server; give it one by `world.serve(..)`".to_owned(),
            }),
        };
        let Some(answer) = served.answer.filter(|_| !lost) else {
            return;
        };
        let after = served.after.min(attempt.timeout);
        let outcome = match served.after > attempt.timeout {
            true => Err(FetchError::Timeout {
                phase: Phase::Headers,
            }),
            false => answer.and_then(|response| respond(response, &attempt)),
        };
        let fetched = Fetched {
            fetch: attempt.fetch,
            attempt: attempt.attempt,
            token: attempt.token,
            tried: Tried::Ended(outcome),
        };
        let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        for _ in 0..=u8::from(self.repeated > 0 && random.below(100) < self.repeated.into()) {
            let late = match self.delay {
                0 => 0,
                delay => random.below(delay),
            };
            let after = after.saturating_add(travels(random)).saturating_add(late);
            self.add(now, after, Happening::Deliver(key.clone(), fetched.clone()));
        }
    }

    pub(super) fn set_clock(&mut self, by: i64) {
        let happenings = std::mem::take(&mut self.happenings).into_iter();
        let moved = happenings.map(|((at, begun), one)| ((at.saturating_add(by), begun), one));
        self.happenings = moved.collect();
    }

    /// Whatever executes the attempts has died.
    pub(super) fn crash(&mut self) {
        self.happenings.clear();
    }

    pub(super) fn heal(&mut self) {
        self.lost = 0;
        self.repeated = 0;
        self.delay = 0;
    }
}

fn travels(random: &mut Random) -> u64 {
    SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS + 1)
}

/// What an executor makes of a response.
fn respond(
    response: http::Response<Bytes>,
    attempt: &FetchAttempt,
) -> Result<Response, FetchError> {
    let limit = attempt.max_response_bytes;
    match response.body().len() as u64 > limit && !is_passing(response.status()) {
        true => Err(FetchError::TooLarge { limit }),
        false => Ok(Response::new(response, attempt.request.uri().to_string())),
    }
}
