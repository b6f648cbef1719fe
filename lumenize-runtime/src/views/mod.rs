//! Pending and set-aside work as people see it: printable without the types that it was made of.

mod show;

use crate::continuation::program::{Arg, Program};
use crate::error::HandlerError;
use crate::host::SqlError;
use crate::services::MAX_HOPS;
use crate::store::{
    Arrived, Detail, Fetching, Item, Kind, Outgoing, SetAside, Status, Store, Timing,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The id of a schedule: a UUID version 7, later ones greater within an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScheduleId(Uuid);

/// The id of set-aside work. That of a schedule's only occurrence is the schedule's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkId(Uuid);

/// The id of a call: a UUID version 7, later ones greater within an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(Uuid);

/// The id of a fetch: a UUID version 7, later ones greater within an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FetchId(Uuid);

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids!(ScheduleId, WorkId, CallId, FetchId);

impl From<ScheduleId> for WorkId {
    fn from(id: ScheduleId) -> Self {
        Self(id.0)
    }
}

impl From<FetchId> for WorkId {
    fn from(id: FetchId) -> Self {
        Self(id.0)
    }
}

impl From<CallId> for WorkId {
    fn from(id: CallId) -> Self {
        Self(id.0)
    }
}

/// Who runs a handler: `svc.caller()`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Caller {
    /// The object itself: an alarm, or the outcome of one of its calls or fetches.
    Own,
    /// A program outside of all objects: a Worker, a native program, a test.
    Outside,
    /// An object.
    Object {
        /// The name of its type.
        class: String,
        /// Its name.
        name: String,
    },
}

/// Work that is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PendingWork {
    /// Its id.
    pub id: WorkId,
    /// When it runs next.
    pub due: DateTime<Utc>,
    /// When it was scheduled for; earlier than `due` while it is retried.
    pub scheduled: DateTime<Utc>,
    /// The name that it has, or the key of a call that waits for its outcome.
    pub name: Option<String>,
    /// How it recurs, if it does.
    pub recurrence: Option<Recurrence>,
    /// How many attempts have failed; of a call or a fetch that waits for its outcome, how many were begun.
    pub attempts: u32,
    /// Why it has not run yet.
    pub why: Why,
    /// What it will run.
    pub steps: Vec<StepView>,
}

/// How a schedule recurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Recurrence {
    /// With this time between occurrences.
    Every(Duration),
    /// By a cron expression.
    Cron {
        /// The expression as it was given.
        expression: String,
        /// The name of its time zone; UTC without one.
        zone: Option<String>,
    },
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recurrence::Every(interval) => write!(f, "every {interval:?}"),
            Recurrence::Cron { expression, zone } => {
                write!(f, "{expression}")?;
                zone.iter().try_for_each(|zone| write!(f, " ({zone})"))
            }
        }
    }
}

/// Why work is pending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Why {
    /// Its time has not come, or has just come.
    Due,
    /// Its last attempt failed with this.
    Retrying(HandlerError),
    /// More than 100,000 items begot each other up to this one, without anything from outside between
    /// them: of such, ten run in a second.
    Slowed,
    /// The object's `new` fails with this; no attempt is spent meanwhile.
    CannotBeBuilt(HandlerError),
    /// It is a call that waits for its outcome.
    Awaiting {
        /// The class of the callee.
        class: String,
        /// Its name, or its id.
        instance: String,
        /// When the call is given up.
        deadline: DateTime<Utc>,
        /// What became of the last attempt, if it is known to have been lost.
        lost: Option<HandlerError>,
    },
    /// It is a fetch, and an executor makes an attempt, of which nothing has been heard. The number of
    /// attempts is this one's.
    Fetching {
        /// The method.
        method: String,
        /// The URL, without its query.
        url: String,
        /// When the attempt is given up for lost is when the work is `due`; the fetch is given up then.
        deadline: DateTime<Utc>,
    },
}

/// Work that was set aside: failed, or parked because this code doesn't understand it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailedWork {
    /// Its id, for `retry` and `discard`.
    pub id: WorkId,
    /// Whether it goes on by itself under code that understands it.
    pub parked: bool,
    /// The name that it was scheduled under. It is free again, unless this is an occurrence of what recurs,
    /// which keeps it.
    pub name: Option<String>,
    /// When it was scheduled for.
    pub scheduled: DateTime<Utc>,
    /// When it was set aside.
    pub set_aside: DateTime<Utc>,
    /// How many attempts were made.
    pub attempts: u32,
    /// Why.
    pub why: HandlerError,
    /// What it would have run; empty if its bytes are damaged.
    pub steps: Vec<StepView>,
    /// The outcome that it was given, as its bytes with its shape in front.
    pub outcome: Option<Vec<u8>>,
}

/// A step of stored work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepView {
    /// The handler's name.
    pub handler: String,
    /// The names of its arguments, in their order; none of those that were stored before they had names.
    #[serde(default)]
    pub names: Vec<String>,
    /// Its arguments.
    pub args: Vec<ArgView>,
}

/// An argument of a stored step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ArgView {
    /// A value, as its bytes, with its shape in front: it is shown without the type that it was made of.
    Value(Vec<u8>),
    /// What the step at this place returns, counted from 0.
    ResultOf(usize),
    /// The outcome that the work waits for.
    Input,
    /// A value from before there were shapes, as its bytes. Only who knows the type can read it.
    Shapeless(Vec<u8>),
}

fn steps(item: &Item, store: &Store) -> Result<Vec<StepView>, SqlError> {
    if item.kind == Kind::OnFailed as i64 {
        let id = Uuid::from_slice(&item.program).unwrap_or_default();
        return Ok(vec![StepView {
            handler: "#[on_failed]".to_owned(),
            names: Vec::new(),
            args: vec![ArgView::text(&id.to_string())],
        }]);
    }
    let bytes = if item.kind == Kind::Call as i64 {
        Outgoing::decode(&item.program).map(|outgoing| outgoing.request.0)
    } else if item.kind == Kind::Fetch as i64 {
        let fetching = Fetching::decode(&item.program);
        fetching.and_then(|fetching| fetching.on_success.or(fetching.on_error).map(|b| b.0))
    } else if Kind::has_outcome(item.kind) {
        Arrived::decode(&item.program).map(|arrived| arrived.program.0)
    } else {
        Some(item.program.as_slice())
    };
    let Ok(program) = Program::decode(bytes.unwrap_or_default()) else {
        return Ok(Vec::new());
    };
    let view = |arg: &Arg<'_>| {
        Ok(match *arg {
            Arg::Value(value) => ArgView::Value(in_full(value, store)?),
            Arg::Plain(bytes) => ArgView::Shapeless(bytes.to_vec()),
            Arg::Result(step) => ArgView::ResultOf(step),
            Arg::Input => ArgView::Input,
        })
    };
    let steps = program.steps().map(|step| {
        Ok(StepView {
            handler: step.handler.to_owned(),
            names: step.names().map(str::to_owned).collect(),
            args: step
                .args
                .iter()
                .map(view)
                .collect::<Result<_, SqlError>>()?,
        })
    });
    steps.collect()
}

/// A value with its shape in front, which is kept in the object.
fn in_full(value: &[u8], store: &Store) -> Result<Vec<u8>, SqlError> {
    crate::codec::in_full(value, |hash| store.shape(hash))
}

/// A time in Unix milliseconds; what chrono can't hold becomes its last or first moment.
pub(crate) fn date(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(match ms > 0 {
        true => DateTime::<Utc>::MAX_UTC,
        false => DateTime::<Utc>::MIN_UTC,
    })
}

impl PendingWork {
    pub(crate) fn of(
        item: &Item,
        store: &Store,
        unbuildable: Option<&HandlerError>,
        now: i64,
    ) -> Result<Self, SqlError> {
        let error = item.error.as_deref().map(stored_error);
        let detail = Detail::decode(&item.detail);
        let hops = detail.as_ref().map_or(0, |detail| detail.hops);
        let is_under_way = detail.as_ref().is_some_and(|detail| detail.token.is_some());
        let (mut name, when) = detail.map_or((None, None), |d| (d.name, Some(d.when)));
        if item.kind == Kind::Call as i64 {
            let outgoing = Outgoing::decode(&item.program);
            name = outgoing
                .and_then(|outgoing| outgoing.key)
                .map(str::to_owned);
        }
        Ok(Self {
            id: item.id.into(),
            due: date(item.due),
            scheduled: date(item.scheduled),
            name,
            recurrence: match when {
                Some(Timing::Every(ms)) => Some(Recurrence::Every(Duration::from_millis(ms))),
                Some(Timing::Cron { expression, zone }) => {
                    Some(Recurrence::Cron { expression, zone })
                }
                _ => None,
            },
            attempts: item.attempts,
            why: match (unbuildable, error) {
                (_, lost) if item.kind == Kind::Call as i64 && item.attempts > 0 => {
                    awaiting(item, lost)
                }
                _ if item.kind == Kind::Fetch as i64 && is_under_way => fetching(item),
                (Some(error), _) if item.due <= now => Why::CannotBeBuilt(error.clone()),
                (_, Some(error)) => Why::Retrying(error),
                _ if hops > MAX_HOPS => Why::Slowed,
                _ => Why::Due,
            },
            steps: steps(item, store)?,
        })
    }
}

/// Why a call is pending.
fn awaiting(item: &Item, lost: Option<HandlerError>) -> Why {
    match Outgoing::decode(&item.program) {
        Some(outgoing) => Why::Awaiting {
            class: outgoing.class.to_owned(),
            instance: outgoing.instance.to_owned(),
            deadline: date(outgoing.deadline),
            lost,
        },
        None => Why::Due,
    }
}

/// Why a fetch is pending that an executor has.
fn fetching(item: &Item) -> Why {
    match Fetching::decode(&item.program) {
        Some(fetching) => Why::Fetching {
            method: fetching.method.to_owned(),
            url: crate::fetch::shown(fetching.url),
            deadline: date(fetching.deadline),
        },
        None => Why::Due,
    }
}

impl FailedWork {
    pub(crate) fn of(row: &SetAside, store: &Store) -> Result<Self, SqlError> {
        let outcome = match Kind::has_outcome(row.item.kind) {
            true => Arrived::decode(&row.item.program).map(|row| in_full(row.outcome.0, store)),
            false => None,
        };
        Ok(Self {
            id: row.item.id.into(),
            parked: row.status == Status::Parked as i64,
            name: Detail::decode(&row.item.detail).and_then(|detail| detail.name),
            scheduled: date(row.item.scheduled),
            set_aside: date(row.at),
            attempts: row.item.attempts,
            why: stored_error(row.item.error.as_deref().unwrap_or_default()),
            steps: steps(&row.item, store)?,
            outcome: outcome.transpose()?,
        })
    }
}

const ERROR_VERSION: u8 = 2;
/// The version before there were details, which stand last.
const WITHOUT_DETAILS: u8 = 1;

/// An error as the store keeps it; texts are cut so that no error is too large for a row.
pub(crate) fn store_error(error: &HandlerError) -> Vec<u8> {
    // Encoding plain data into memory does not fail.
    postcard::to_extend(&error.clone().cut(), vec![ERROR_VERSION]).unwrap_or_default()
}

/// Whether a stored error has this code.
pub(crate) fn has_code(bytes: &[u8], code: &str) -> bool {
    stored_error(bytes).code.as_deref() == Some(code)
}

pub(crate) fn stored_error(bytes: &[u8]) -> HandlerError {
    match bytes.split_first() {
        Some((&ERROR_VERSION, rest)) => crate::codec::decode(rest).ok(),
        Some((&WITHOUT_DETAILS, rest)) => crate::codec::decode(&[rest, &[0]].concat()).ok(),
        _ => None,
    }
    .unwrap_or_else(|| HandlerError::new("the stored reason is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    /// These bytes are in people's databases.
    #[test]
    fn golden_errors() {
        let plain = HandlerError::from(ErrorCode::new("no", "never"));
        let first = b"\x01\x01\x02no\x05never\x00";
        assert_eq!(stored_error(first), plain);
        let second = b"\x02\x01\x02no\x05never\x00\x00";
        assert_eq!(store_error(&plain), second);
        assert_eq!(stored_error(second), plain);

        let detailed = ErrorCode::new("no", "never").with_details(&7_u8).unwrap();
        let detailed = HandlerError::from(detailed);
        let bytes = store_error(&detailed);
        let golden = b"\x02\x01\x02no\x05never\x00\x01\x04\x02\x01\x07\x07";
        assert_eq!(bytes, golden);
        assert_eq!(stored_error(golden), detailed);

        for damaged in [
            &b""[..],
            &second[..11],
            &first[..9],
            b"\x03\x00",
            b"\x02\x00",
        ] {
            assert_eq!(
                stored_error(damaged).message,
                "the stored reason is damaged"
            );
        }
    }
}
