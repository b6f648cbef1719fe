//! Running until nothing is left to do.

use super::disk::Disk;
use super::world::World;
use crate::host::{End, SqlError, Storage};
use crate::services::ScheduleFilter;
use crate::store::Store;
use crate::views::PendingWork;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Work that is still to run when [`World::run_until_idle`] gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StillPending {
    /// The class of its object.
    pub class: &'static str,
    /// The name of its object.
    pub object: String,
    /// What it is, and why it has not run.
    pub work: PendingWork,
}

/// The world does not become idle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotIdle {
    /// How many alarms have rung and messages have arrived.
    pub wakes: u32,
    /// How much time of the world has passed.
    pub passed: Duration,
    /// What is to run, what recurs included: one page of each object, of at most 1,000 and about 2 MiB.
    pub pending: Vec<StillPending>,
}

impl World {
    /// How many alarms [`run_until_idle`](Self::run_until_idle) rings at most, and messages it lets arrive.
    /// Each alarm runs up to 100 items, or up to 1,000 of handlers that ran before.
    pub const MAX_WAKES: u32 = 10_000;

    /// Lets time pass until all work is done: alarms ring at their times, messages arrive, what fails is
    /// retried at its, until nothing is pending but what recurs and waits for its next time. (What recurs never ends. It
    /// rings while other work is waited for, and once that is done it does not keep the world busy; to
    /// let it ring, [`advance`](Self::advance).)
    ///
    /// # Errors
    /// [`NotIdle`] after [`MAX_WAKES`](Self::MAX_WAKES) alarms and messages: work schedules itself again and again, or
    /// can't run, because the object's `new` fails or its disk does.
    pub fn run_until_idle(&mut self) -> Result<(), NotIdle> {
        let began = self.now;
        for _ in 0..Self::MAX_WAKES {
            if self.is_idle() {
                return Ok(());
            }
            self.happen_next();
        }
        match self.is_idle() {
            true => Ok(()),
            false => Err(self.not_idle(began)),
        }
    }

    fn is_idle(&self) -> bool {
        if self.network.next().is_some() || self.outside.next().is_some() {
            return false;
        }
        let mut waking = self.objects.values().filter(|place| {
            let alarm = place.disk.database().alarm();
            // One that has passed is to ring, be there work or not.
            alarm.is_some_and(|at| at <= self.now || self.faults.aside(|| is_busy(&place.disk)))
        });
        waking.next().is_none()
    }

    fn not_idle(&mut self, began: i64) -> NotIdle {
        let keys: Vec<_> = self.objects.keys().cloned().collect();
        let pending = keys.into_iter().flat_map(|key| {
            let inspection = self.aside(&key, |engine, tick| engine.inspect(tick));
            let pending = inspection.and_then(Result::ok).map(|seen| seen.pending);
            let (class, object) = key;
            pending.into_iter().flatten().map(move |work| StillPending {
                class,
                object: object.clone(),
                work,
            })
        });
        NotIdle {
            pending: pending.collect(),
            wakes: Self::MAX_WAKES,
            passed: Duration::from_millis(self.now.abs_diff(began)),
        }
    }
}

/// Whether an object has work that does not recur, or that recurs and is retried.
fn is_busy(disk: &Arc<Disk>) -> bool {
    let store = Store::new(Arc::clone(disk) as Arc<dyn Storage>);
    let mut busy = Ok(false);
    let ended = disk.transaction(&mut || {
        busy = has_work_of_its_own(&store);
        End::Rollback
    });
    // What can't be read is left to the engine.
    ended.and(busy).unwrap_or(true)
}

fn has_work_of_its_own(store: &Store) -> Result<bool, SqlError> {
    // Mostly the first one is such work.
    let mut filter = ScheduleFilter::default().limit(1);
    loop {
        let page = filter.page(store, None, 0)?;
        let waits = |work: &PendingWork| work.recurrence.is_some() && work.attempts == 0;
        if !page.items.iter().all(waits) {
            return Ok(true);
        }
        match page.next {
            Some(next) => filter = filter.limit(ScheduleFilter::MAX_LIMIT).after(next),
            None => return Ok(false),
        }
    }
}

impl fmt::Display for NotIdle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let Self {
            wakes,
            passed,
            pending,
        } = self;
        write!(
            f,
            "not idle after {wakes} alarms and {passed:?} of the world's time; pending: "
        )?;
        for (place, pending) in pending.iter().take(SHOWN).enumerate() {
            let separator = if place > 0 { "; " } else { "" };
            write!(f, "{separator}{pending}")?;
        }
        match pending.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for NotIdle {}

impl fmt::Display for StillPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            class,
            object,
            work,
        } = self;
        write!(f, "{class} {object:?}: ")?;
        for step in &work.steps {
            write!(f, "{step} ")?;
        }
        write!(f, "due {}, {:?}", work.due, work.why)
    }
}
