//! What is answered.

use super::request::opaque;
use crate::{INVALID, NOT_FOUND};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use lumenize::prelude::*;
use lumenize::{CallError, Outcome, Page, PendingWork, Recurrence, Schedule, StepView, Why};

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    reason: String,
    /// The methods that the path has, if it was the method.
    allow: Option<&'static str>,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

#[derive(Serialize)]
struct Scheduled {
    id: ScheduleId,
    due: DateTime<Utc>,
}

#[derive(Serialize)]
struct Tasks {
    tasks: Vec<Pending>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Pending {
    id: WorkId,
    key: Option<String>,
    /// When it runs next.
    due: DateTime<Utc>,
    every_ms: Option<u64>,
    cron: Option<String>,
    /// How many attempts have failed.
    attempts: u32,
    /// What the last one failed with.
    error: Option<String>,
    steps: Vec<String>,
}

#[derive(Serialize)]
struct AllFailed {
    failed: Vec<Failed>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Failed {
    id: WorkId,
    key: Option<String>,
    /// When it was to run.
    scheduled: DateTime<Utc>,
    /// When it had failed for good.
    failed: DateTime<Utc>,
    /// Whether it goes on by itself under code that understands it.
    parked: bool,
    attempts: u32,
    error: String,
    steps: Vec<String>,
}

type Answer = Result<Response<Bytes>, Refusal>;

pub(super) fn nothing() -> Answer {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let mut response = Response::new(serde_json::to_vec(value)?.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

pub(super) fn scheduled(schedule: Schedule) -> Answer {
    let Schedule { id, due, .. } = schedule;
    json(StatusCode::CREATED, &Scheduled { id, due })
}

pub(super) fn tasks(page: Page<PendingWork>) -> Answer {
    let tasks = Tasks {
        tasks: page.items.into_iter().map(Pending::from).collect(),
        next: page.next.map(opaque).transpose()?,
    };
    json(StatusCode::OK, &tasks)
}

pub(super) fn failed(page: Page<FailedWork>) -> Answer {
    let failed = AllFailed {
        failed: page.items.into_iter().map(Failed::from).collect(),
        next: page.next.map(opaque).transpose()?,
    };
    json(StatusCode::OK, &failed)
}

impl From<PendingWork> for Pending {
    fn from(work: PendingWork) -> Self {
        let (every_ms, cron) = match work.recurrence {
            Some(Recurrence::Every(interval)) => (u64::try_from(interval.as_millis()).ok(), None),
            Some(Recurrence::Cron { expression, .. }) => (None, Some(expression)),
            _ => (None, None),
        };
        Self {
            id: work.id,
            key: work.name,
            due: work.due,
            every_ms,
            cron,
            attempts: work.attempts,
            error: match work.why {
                Why::Retrying(error) | Why::CannotBeBuilt(error) => Some(error.to_string()),
                _ => None,
            },
            steps: steps(&work.steps),
        }
    }
}

impl From<FailedWork> for Failed {
    fn from(work: FailedWork) -> Self {
        Self {
            id: work.id,
            key: work.name,
            scheduled: work.scheduled,
            failed: work.set_aside,
            parked: work.parked,
            attempts: work.attempts,
            error: work.why.to_string(),
            steps: steps(&work.steps),
        }
    }
}

fn steps(steps: &[StepView]) -> Vec<String> {
    steps.iter().map(ToString::to_string).collect()
}

impl Refusal {
    pub(super) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
            allow: None,
        }
    }

    pub(super) fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    pub(super) fn no_route() -> Self {
        let reason = "there is nothing here; see `/objects/{name}/tasks`, `/log` and `/failed`";
        Self::new(StatusCode::NOT_FOUND, reason)
    }

    pub(super) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("use one of the methods {allow}"),
            )
        }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let refused = Refused { error: self.reason };
        let mut response = json(self.status, &refused).unwrap_or_default();
        *response.status_mut() = self.status;
        if let Some(allow) = self.allow {
            let allow = HeaderValue::from_static(allow);
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Handler(error) => {
                let status = match error.code.as_deref() {
                    Some(INVALID) => StatusCode::BAD_REQUEST,
                    Some(NOT_FOUND) => StatusCode::NOT_FOUND,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                Self::new(status, error.to_string())
            }
            CallError::Unreachable { reason, outcome } => {
                let remedy = match outcome {
                    Outcome::NotExecuted => "nothing has happened, so try again later",
                    Outcome::Unknown => "it may have happened, so look before you try again",
                };
                let reason = format!("the object can't be reached ({reason}); {remedy}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
            }
            CallError::Overloaded { reason } => {
                let reason = format!(
                    "the object has too much to do ({reason}); it may have happened, so look, later, \
                     before you try again"
                );
                Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
            }
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        let reason = format!("the answer can't be written as JSON: {error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }
}
