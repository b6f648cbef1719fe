//! Schedules: a continuation that runs at a time.

use super::{Error, IntoWhen, Page, ScheduleFilter, Shared, When};
use crate::codec;
use crate::continuation::program::{Arg, Program, ProgramError, Step};
use crate::continuation::typed::{ContinuationOf, HasStep};
use crate::engine::retry::RetryPolicy;
use crate::object::{HandlerInfo, Object, places};
use crate::store::{Detail, Item, Kind, Name};
use crate::views::{PendingWork, ScheduleId, date};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::sync::Arc;

/// The most bytes of a schedule's name.
pub(super) const MAX_NAME_BYTES: usize = 256;

/// A schedule as it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schedule {
    /// For `cancel`.
    pub id: ScheduleId,
    /// When it runs (first), in whole milliseconds.
    pub due: DateTime<Utc>,
}

/// The alarms of an object: `self.svc.alarms`.
pub struct Alarms<D> {
    shared: Arc<Shared>,
    marker: PhantomData<fn() -> D>,
}

impl<D: Object> Alarms<D> {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            marker: PhantomData,
        }
    }

    /// Stores a continuation that runs at `when`, once (or as often as it recurs), with the default
    /// [`RetryPolicy`]. It is stored in the transaction of the running handler: if that fails,
    /// nothing was scheduled. Work that is due at the same time runs in the order of scheduling.
    ///
    /// # Errors
    /// [`Error::Continuation`] if it is over a limit or an argument can't be stored,
    /// [`Error::TimeOutOfRange`], also of a cron expression that matches no time up to 2099,
    /// [`Error::IntervalTooShort`], [`Error::Cron`], [`Error::TooMuchWork`], [`Error::ReadOnly`],
    /// [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn schedule<R: HasStep>(
        &mut self,
        when: impl IntoWhen,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<Schedule, Error> {
        self.retry(RetryPolicy::default())
            .schedule(when, continuation)
    }

    /// Schedules with another retry policy: `alarms.retry(policy).schedule(..)`.
    pub fn retry(&mut self, policy: RetryPolicy) -> AlarmOptions<'_, D> {
        AlarmOptions {
            alarms: self,
            policy,
            name: None,
        }
    }

    /// Schedules under a name, which is that of one schedule at a time:
    /// `alarms.named("nightly").schedule(..)`.
    ///
    /// If there is none of this name, it is added. If there is, and its time was given in the same way
    /// (the same delay, date, interval or cron expression) and it runs the same with the same
    /// arguments, it stays as it is, with its due time and the attempts made: so a program may ask for it
    /// each time it starts. Otherwise it is replaced, keeps its id, and begins anew. Arguments
    /// are compared as they are stored, so a `BTreeMap` stays the same and a `HashMap` may not.
    ///
    /// One that runs once loses its name when it runs or is set aside; one that recurs keeps it, unless it is parked. What
    /// was set aside has its name again when it goes on, if that is free then.
    pub fn named(&mut self, name: impl Into<String>) -> AlarmOptions<'_, D> {
        self.retry(RetryPolicy::default()).named(name)
    }

    /// Removes a schedule before it runs (again), and says whether there was one. One that runs
    /// once and is just running is no longer there, and one that was set aside is not either: `svc.failed` has that,
    /// and forgets it by `discard`. One that is parked goes on when there is code that understands it.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn cancel(&mut self, id: ScheduleId) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        match store.item(id.into())? {
            Some(item) if item.kind == Kind::Schedule as i64 => {
                store.remove(item.id)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// As [`Alarms::cancel`], by its name.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn cancel_named(&mut self, name: &str) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        match store.named(Name::Schedule(name))? {
            Some(item) => {
                store.remove(item.id)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// A schedule that is pending.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get(&self, id: ScheduleId) -> Result<Option<PendingWork>, Error> {
        let item = self.shared.reading()?.item(id.into())?;
        self.view(item.filter(|item| item.kind == Kind::Schedule as i64))
    }

    /// The schedule of this name.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get_named(&self, name: &str) -> Result<Option<PendingWork>, Error> {
        self.view(self.shared.reading()?.named(Name::Schedule(name))?)
    }

    /// A page of what is pending but calls and fetches, in the order in which it will run.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn list(&self, filter: ScheduleFilter) -> Result<Page<PendingWork>, Error> {
        let store = self.shared.reading()?;
        Ok(filter.page_of_alarms(store, self.shared.now())?)
    }

    fn view(&self, item: Option<Item>) -> Result<Option<PendingWork>, Error> {
        let store = self.shared.reading()?;
        let view = item.map(|item| PendingWork::of(&item, store, None, self.shared.now()));
        Ok(view.transpose()?)
    }
}

/// A schedule with options, begun by [`Alarms::retry`] or [`Alarms::named`].
#[must_use = "nothing is scheduled before `.schedule(..)`"]
pub struct AlarmOptions<'a, D> {
    alarms: &'a mut Alarms<D>,
    policy: RetryPolicy,
    name: Option<String>,
}

impl<D: Object> AlarmOptions<'_, D> {
    /// With this retry policy. That of a named schedule may change without anything else.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Under this name: see [`Alarms::named`]. It has 1 to 256 bytes.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// As [`Alarms::schedule`].
    ///
    /// # Errors
    /// As [`Alarms::schedule`], and [`Error::Name`].
    pub fn schedule<R: HasStep>(
        self,
        when: impl IntoWhen,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<Schedule, Error> {
        let program = continuation.into_steps().encode();
        add(
            D::HANDLERS,
            &self.alarms.shared,
            when.into(),
            program,
            self.policy,
            self.name,
        )
    }
}

/// Stores a schedule. Compiled once, whatever is scheduled.
fn add(
    handlers: &'static [HandlerInfo],
    shared: &Shared,
    when: When,
    program: Result<Vec<u8>, ProgramError>,
    policy: RetryPolicy,
    name: Option<String>,
) -> Result<Schedule, Error> {
    let store = shared.writing_work()?;
    let program = program?;
    let (due, timing) = when.resolve(shared.now())?;
    let hops = shared.begets();
    let detail = Detail {
        retry: policy,
        when: timing,
        name,
        hops,
        token: None,
    };
    let before = match detail.name.as_deref() {
        None => None,
        Some(name) if (1..=MAX_NAME_BYTES).contains(&name.len()) => {
            store.named(Name::Schedule(name))?
        }
        Some(name) => {
            return Err(Error::Name {
                bytes: name.len(),
                limit: MAX_NAME_BYTES,
            });
        }
    };
    if let Some(before) = &before
        && let Some(known) = Detail::decode(&before.detail)
        && known.when == detail.when
        && same(handlers, shared, &before.program, &program)?
    {
        if known.retry != detail.retry {
            let retry = detail.retry;
            store.set_detail(before.id, &Detail { retry, ..known }.encode())?;
        }
        return Ok(Schedule {
            id: before.id.into(),
            due: date(before.due),
        });
    }
    let detail_bytes = detail.encode();
    shared.count_added(program.len() + detail_bytes.len())?;
    shared.keep_shapes(&program)?;
    let due = due.max(shared.not_before(hops));
    let item = Item {
        id: match &before {
            Some(before) => before.id,
            None => shared.next_id(),
        },
        due,
        kind: Kind::Schedule as i64,
        scheduled: due,
        attempts: 0,
        program,
        detail: detail_bytes,
        error: None,
    };
    match before {
        Some(_) => store.replace(&item)?,
        None => store.add(&item, detail.name.as_deref().map(Name::Schedule))?,
    }
    Ok(Schedule {
        id: item.id.into(),
        due: date(due),
    })
}

/// Whether two programs run the same handlers, whatever these are called, with the same arguments.
fn same(
    handlers: &'static [HandlerInfo],
    shared: &Shared,
    before: &[u8],
    now: &[u8],
) -> Result<bool, Error> {
    if before == now {
        return Ok(true);
    }
    let Ok(before) = Program::decode(before) else {
        return Ok(false);
    };
    let now = Program::decode(now)?;
    if before.steps().len() != now.steps().len() {
        return Ok(false);
    }
    for (before, now) in before.steps().zip(now.steps()) {
        let Some(places) = same_call(handlers, &before, &now) else {
            return Ok(false);
        };
        for (place, now) in places.into_iter().zip(now.args) {
            let is_same = match (before.args.get(place), now) {
                (Some(Arg::Value(before)), Arg::Value(now)) => {
                    codec::same_value(before, now, |hash| shared.store.shape(hash))?
                }
                (before, now) => before == Some(now),
            };
            if !is_same {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Where the arguments of a step of today were stored, if what was stored is a step of the same handler with
/// as many arguments, whatever the handler and these are called.
fn same_call(
    handlers: &'static [HandlerInfo],
    before: &Step<'_, '_>,
    now: &Step<'_, '_>,
) -> Option<Vec<usize>> {
    let info = HandlerInfo::find(handlers, before.handler)?;
    if info.name != now.handler || before.args.len() != now.args.len() {
        return None;
    }
    match before.names {
        Some(_) => places(info.params, before).ok()?.into_iter().collect(),
        None => Some((0..now.args.len()).collect()),
    }
}
