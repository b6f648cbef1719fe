//! Lists of work, page by page.

use super::when::rounded_up;
use crate::error::HandlerError;
use crate::host::SqlError;
use crate::store::{Detail, Item, Kind, Status, Store, Timing};
use crate::views::{FailedWork, PendingWork, StepView};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many rows are looked at for one page, and how many bytes of them it takes at most.
const MAX_SCANNED: usize = 10_000;
const MAX_PAGE_BYTES: usize = 2 << 20;
const DEFAULT_LIMIT: usize = 100;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// What was found, in order. Few may be found though more follow: a page looks at 10,000 rows at
    /// the most, and takes about 2 MiB.
    pub items: Vec<T>,
    /// Where the next page begins (`filter.after(..)`), which may turn out to be empty; none if nothing
    /// follows.
    pub next: Option<Cursor>,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    due: i64,
    id: Uuid,
}

/// How a schedule recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ScheduleKind {
    /// Not at all.
    Once,
    /// By an interval.
    Interval,
    /// By a cron expression.
    Cron,
}

/// Which schedules to list: all, unless it is told otherwise.
///
/// ```
/// # use lumenize_runtime::services::{ScheduleFilter, ScheduleKind};
/// let filter = ScheduleFilter::default().kind(ScheduleKind::Cron).limit(20);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleFilter {
    kind: Option<ScheduleKind>,
    from: Option<i64>,
    before: Option<i64>,
    name_prefix: Option<String>,
    limit: Option<usize>,
    after: Option<Cursor>,
}

impl ScheduleFilter {
    /// The most that a page may have.
    pub const MAX_LIMIT: usize = 1_000;

    /// Only those that recur like this.
    #[must_use]
    pub fn kind(self, kind: ScheduleKind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    /// Only those that are due at this time or later.
    #[must_use]
    pub fn due_from(self, from: DateTime<Utc>) -> Self {
        Self {
            from: Some(rounded_up(from)),
            ..self
        }
    }

    /// Only those that are due before this time.
    #[must_use]
    pub fn due_before(self, before: DateTime<Utc>) -> Self {
        Self {
            before: Some(rounded_up(before)),
            ..self
        }
    }

    /// Only named ones whose name begins with this. (For one name, `alarms.get_named` is faster.)
    #[must_use]
    pub fn name_prefix(self, prefix: impl Into<String>) -> Self {
        Self {
            name_prefix: Some(prefix.into()),
            ..self
        }
    }

    /// At most so many in a page: 100 by default, 1 to 1,000.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// The page that begins here. What is due may have changed since the last page was read.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self {
            after: Some(cursor),
            ..self
        }
    }

    fn matches(&self, item: &Item) -> bool {
        if item.kind != Kind::Schedule as i64 {
            return self.kind.is_none() && self.name_prefix.is_none();
        }
        let detail = Detail::decode(&item.detail);
        let kind = match detail.as_ref().map(|detail| &detail.when) {
            Some(Timing::Every(_)) => ScheduleKind::Interval,
            Some(Timing::Cron { .. }) => ScheduleKind::Cron,
            _ => ScheduleKind::Once,
        };
        let name = detail.as_ref().and_then(|detail| detail.name.as_deref());
        let named = |prefix: &String| name.is_some_and(|name| name.starts_with(prefix));
        self.kind.is_none_or(|asked| asked == kind) && self.name_prefix.as_ref().is_none_or(named)
    }

    /// Schedules, and what else is pending but calls and fetches.
    pub(crate) fn page_of_alarms(
        &self,
        store: &Store,
        now: i64,
    ) -> Result<Page<PendingWork>, SqlError> {
        self.page_of(&|item| !is_call(item) && !is_fetch(item), store, None, now)
    }

    /// All that is pending.
    pub(crate) fn page(
        &self,
        store: &Store,
        unbuildable: Option<&HandlerError>,
        now: i64,
    ) -> Result<Page<PendingWork>, SqlError> {
        self.page_of(&|_| true, store, unbuildable, now)
    }

    fn page_of(
        &self,
        which: &dyn Fn(&Item) -> bool,
        store: &Store,
        unbuildable: Option<&HandlerError>,
        now: i64,
    ) -> Result<Page<PendingWork>, SqlError> {
        let first = (self.from.unwrap_or(i64::MIN), Uuid::nil());
        let after = self.after.map_or(first, |cursor| (cursor.due, cursor.id));
        let mut pages = Pages::new(self.limit);
        let mut at = after.max(first);
        'pages: while !pages.ended {
            let rows = store.items_after(at)?;
            pages.ended = rows.is_empty();
            for item in rows {
                if self.before.is_some_and(|before| item.due >= before) {
                    pages.ended = true;
                    break 'pages;
                }
                at = (item.due, item.id);
                let found = which(&item) && self.matches(&item);
                let view = found.then(|| PendingWork::of(&item, store, unbuildable, now));
                let view = view.transpose()?;
                let steps = view.as_ref().map_or(0, |view| size(&view.steps));
                if pages.is_full_after(view, item.program.len().max(steps)) {
                    break 'pages;
                }
            }
        }
        Ok(pages.page(Cursor {
            due: at.0,
            id: at.1,
        }))
    }
}

macro_rules! filters {
    ($($(#[$doc:meta])* $name:ident: $which:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name(ScheduleFilter);

        impl $name {
            /// At most so many in a page: 100 by default, 1 to 1,000.
            #[must_use]
            pub fn limit(self, limit: usize) -> Self {
                Self(self.0.limit(limit))
            }

            /// The page that begins here.
            #[must_use]
            pub fn after(self, cursor: Cursor) -> Self {
                Self(self.0.after(cursor))
            }

            pub(crate) fn page(
                &self,
                store: &Store,
                now: i64,
            ) -> Result<Page<PendingWork>, SqlError> {
                self.0.page_of(&$which, store, None, now)
            }
        }
    )*};
}

filters! {
    /// Which calls to list: all that have not ended, in the order in which something is due for them.
    CallFilter: is_call;
    /// Which fetches to list: all that have not ended, in the order in which something is due for them.
    FetchFilter: is_fetch;
}

/// Whether an item is a call, or the outcome of one.
pub(crate) fn is_call(item: &Item) -> bool {
    item.kind == Kind::Call as i64 || item.kind == Kind::Outcome as i64
}

/// Whether an item is a fetch, or the outcome of one.
pub(crate) fn is_fetch(item: &Item) -> bool {
    item.kind == Kind::Fetch as i64 || item.kind == Kind::Fetched as i64
}

/// Which set-aside work to list: all, unless it is told otherwise; the oldest id first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedFilter {
    parked: Option<bool>,
    limit: Option<usize>,
    after: Option<Cursor>,
}

impl FailedFilter {
    /// The most that a page may have.
    pub const MAX_LIMIT: usize = 1_000;

    /// Only what waits for code that understands it, or only what does not.
    #[must_use]
    pub fn parked(self, parked: bool) -> Self {
        Self {
            parked: Some(parked),
            ..self
        }
    }

    /// At most so many in a page: 100 by default, 1 to 1,000.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// The page that begins here.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self {
            after: Some(cursor),
            ..self
        }
    }

    pub(crate) fn page(&self, store: &Store) -> Result<Page<FailedWork>, SqlError> {
        let mut pages = Pages::new(self.limit);
        let mut at = self.after.map_or(Uuid::nil(), |cursor| cursor.id);
        'pages: while !pages.ended {
            let rows = store.set_aside_after(at)?;
            pages.ended = rows.is_empty();
            for row in rows {
                at = row.item.id;
                let is_parked = row.status == Status::Parked as i64;
                let found = self.parked.is_none_or(|parked| parked == is_parked);
                let view = found.then(|| FailedWork::of(&row, store)).transpose()?;
                let steps = view.as_ref().map_or(0, |view| {
                    size(&view.steps) + view.outcome.as_ref().map_or(0, Vec::len)
                });
                if pages.is_full_after(view, row.item.program.len().max(steps)) {
                    break 'pages;
                }
            }
        }
        Ok(pages.page(Cursor { due: 0, id: at }))
    }
}

/// How many bytes the arguments have, with their shapes.
fn size(steps: &[StepView]) -> usize {
    steps.iter().map(StepView::size).sum()
}

/// A page that is being filled.
struct Pages<T> {
    items: Vec<T>,
    limit: usize,
    scanned: usize,
    bytes: usize,
    /// Whether there is nothing behind it.
    ended: bool,
}

impl<T> Pages<T> {
    fn new(limit: Option<usize>) -> Self {
        Self {
            items: Vec::new(),
            limit: limit
                .unwrap_or(DEFAULT_LIMIT)
                .clamp(1, ScheduleFilter::MAX_LIMIT),
            scanned: 0,
            bytes: 0,
            ended: false,
        }
    }

    fn is_full_after(&mut self, found: Option<T>, bytes: usize) -> bool {
        self.scanned += 1;
        if let Some(found) = found {
            self.items.push(found);
            self.bytes += bytes;
        }
        self.items.len() >= self.limit
            || self.scanned >= MAX_SCANNED
            || self.bytes >= MAX_PAGE_BYTES
    }

    fn page(self, next: Cursor) -> Page<T> {
        Page {
            items: self.items,
            next: (!self.ended).then_some(next),
        }
    }
}
