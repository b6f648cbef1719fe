//! What must happen to one object: a list in memory, with nothing of the engine's. It is told what ran,
//! in order, says whether that could be, and knows what is left.
//!
//! It is _strict_ if neither the process nor a disk fails: then it is told of each attempt, and knows the
//! order of all, and the time of each retry. Otherwise it is told of what was committed, and can't know
//! when (or whether yet) an attempt failed: what fails at each attempt is pending or has failed, until
//! something that it is told decides it.

//!
//! - `times`: when something is due; `forms`: which handlers a plan has;
//! - `acts`: what acts do, and what is told of them; `calls`: what becomes of calls, of all objects;
//! - `parked`: what is, under the version that runs; `ends`: what is left, and what must be.

mod acts;
pub(crate) mod calls;
mod ends;
mod forms;
mod parked;
mod times;

use crate::actor::INTERRUPTED;
use crate::program::{Act, End, Plan, Record, Version, What, When};
use forms::{destroys, steps};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use times::next_due;

#[derive(Clone, Debug)]
pub(crate) struct Model {
    strict: bool,
    /// The version that runs.
    version: Version,
    /// The latest time that there was: what was not due by then was not parked.
    latest_time: i64,
    pending: Vec<Item>,
    failed: Vec<Failed>,
    /// The values that are stored.
    values: BTreeMap<u8, i64>,
    /// What was scheduled last with a tag.
    latest: BTreeMap<u32, u64>,
    /// How often `#[on_failed]` may yet be told of a tag.
    to_tell: BTreeMap<u32, u32>,
    /// How often it was told of a tag.
    told: BTreeMap<u32, usize>,
    /// The tags of what recurs and fails each time: how often that was is only known by what is told.
    recurred: BTreeSet<u32>,
    calls: calls::Calls,
    next: u64,
    destroyed: bool,
    /// How often it was destroyed.
    pub(crate) lives: u32,
}

#[derive(Clone, Debug)]
struct Item {
    /// Its place among what is due at one time.
    order: u64,
    /// The time of its next attempt, or at least the first that it may have.
    due: i64,
    scheduled: i64,
    attempts: u32,
    name: Option<u8>,
    recurs: Option<When>,
    /// The version that has stored it.
    stored: Version,
    /// Whether it was due under a version that doesn't understand it.
    was_parked: bool,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    Plan(Rc<Plan>),
    /// `#[on_failed]` for the failed one of this place.
    Told(u32, u64),
}

#[derive(Clone, Debug)]
struct Failed {
    order: u64,
    name: Option<u8>,
    plan: Rc<Plan>,
}

type Checked<T = ()> = Result<T, String>;

fn that(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    match holds {
        true => Ok(()),
        false => Err(otherwise()),
    }
}

impl Item {
    fn plan(&self) -> Option<&Rc<Plan>> {
        match &self.work {
            Work::Plan(plan) => Some(plan),
            Work::Told(..) => None,
        }
    }

    fn tag(&self) -> Option<u32> {
        self.plan().map(|plan| plan.job.tag)
    }

    fn is_hopeless_once(&self) -> bool {
        self.recurs.is_none() && self.plan().is_some_and(|plan| plan.is_hopeless())
    }
}

impl Model {
    pub(crate) fn new(strict: bool) -> Self {
        Self {
            strict,
            version: Version::First,
            latest_time: i64::MIN,
            pending: Vec::new(),
            failed: Vec::new(),
            values: BTreeMap::new(),
            latest: BTreeMap::new(),
            to_tell: BTreeMap::new(),
            told: BTreeMap::new(),
            recurred: BTreeSet::from([INTERRUPTED]),
            calls: calls::Calls::default(),
            next: 0,
            destroyed: false,
            lives: 0,
        }
    }

    fn order(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Nothing of it is left.
    pub(crate) fn destroy(&mut self) {
        *self = Self {
            lives: self.lives + 1,
            version: self.version,
            latest_time: self.latest_time,
            ..Self::new(self.strict)
        };
    }

    /// Whether something that is due by now destroys it, or begets what does.
    pub(crate) fn may_be_destroyed(&self, now: i64) -> bool {
        self.pending.iter().any(|item| {
            let plan = item.plan();
            item.due <= now && plan.is_some_and(|plan| destroys(plan))
        })
    }

    /// Whether what runs now, as this, stays.
    pub(crate) fn stays(&self, record: &Record) -> bool {
        let item = self.item_of(record).ok();
        let plan = item.as_ref().and_then(Item::plan);
        record.what == What::Failed || plan.is_some_and(|plan| record.attempt > plan.job.fails)
    }

    /// A caller's request ran.
    pub(crate) fn asked(&mut self, acts: &[Act], end: End, record: &Record) -> Checked {
        that(record.what == What::Asked && record.attempt == 1, || {
            format!("a request ran as {record:?}")
        })?;
        let mut after = self.clone();
        after.acts(acts, record)?;
        if end == End::Ok {
            self.becomes(after);
        }
        Ok(())
    }

    /// Something that was pending ran: takes what the first run of these was and says of how many steps.
    pub(crate) fn ran(&mut self, records: &[Record]) -> Checked<usize> {
        let first = records.first().ok_or("nothing ran")?;
        if first.what == What::Failed {
            return self.was_told(first).map(|()| 1);
        }
        let item = self.item_of(first)?;
        self.forget_untold(item.due, item.order);
        let place = self.place(|other| other.order == item.order);
        let place = place.ok_or("no such item")?;
        let Work::Plan(plan) = &item.work else {
            return Err("no plan".to_owned());
        };
        that(first.at >= item.due, || {
            format!("{first:?} ran early, it was due at {}", item.due)
        })?;
        that(item.is_understood(first.by), || {
            format!("{first:?} is of what only the other version understands: {plan:?}")
        })?;
        let fails = first.attempt <= plan.job.fails;
        if self.strict {
            that(first.attempt == item.attempts + 1, || {
                format!("{first:?} ran after {} attempts", item.attempts)
            })?;
            self.is_first(&item)?;
        } else {
            that(!fails && first.attempt <= plan.attempts, || {
                format!("{first:?} stays, of a plan that fails: {plan:?}")
            })?;
        }
        let mut after = self.clone();
        after.begin(place, first.at);
        let mut ran = 0;
        for (what, told) in steps(plan.form) {
            let record = records.get(ran).ok_or_else(|| {
                format!("only {ran} steps ran of {plan:?}: a part of a transaction")
            })?;
            let (tag, at, attempt) = (record.tag, record.at, record.attempt);
            that(
                (tag, at, attempt, record.what) == (first.tag, first.at, first.attempt, what),
                || format!("{record:?} ran in place of {what:?} of {plan:?}"),
            )?;
            ran += 1;
            if what == What::Job {
                after.acts(&plan.job.acts, record)?;
                if fails {
                    self.fail(place, first.at);
                    return Ok(ran);
                }
            } else {
                that(record.told == told, || {
                    format!("{record:?} was told other than {told:?}")
                })?;
            }
        }
        self.becomes(after);
        Ok(ran)
    }

    fn becomes(&mut self, after: Self) {
        *self = after;
        if self.destroyed {
            self.destroy();
        }
    }

    /// Of those with this tag, the one that is first.
    fn item_of(&self, record: &Record) -> Checked<Item> {
        let pending = self.pending.iter();
        pending
            .filter(|item| item.tag() == Some(record.tag))
            .min_by_key(|item| (item.due, item.order))
            .cloned()
            .ok_or_else(|| format!("{record:?} ran, and it was not pending"))
    }

    /// Nothing that is due comes before it.
    fn is_first(&self, item: &Item) -> Checked {
        if item.was_parked {
            return Ok(());
        }
        let before = self.pending.iter().find(|other| {
            (other.due, other.order) < (item.due, item.order) && !self.may_be_parked(other)
        });
        that(before.is_none(), || {
            format!("{item:?} ran before {before:?}")
        })
    }

    /// `#[on_failed]` is not told of what was retried or forgotten by its turn, which comes before this.
    fn forget_untold(&mut self, due: i64, order: u64) {
        let failed = &self.failed;
        self.pending.retain(|item| match item.work {
            Work::Told(_, of) => {
                (item.due, item.order) >= (due, order)
                    || failed.iter().any(|failed| failed.order == of)
            }
            Work::Plan(_) => true,
        });
    }

    fn was_told(&mut self, record: &Record) -> Checked {
        let tag = record.tag;
        if self.strict {
            let told = |item: &&Item| match item.work {
                Work::Told(of, order) => {
                    of == tag && self.failed.iter().any(|failed| failed.order == order)
                }
                Work::Plan(_) => false,
            };
            let tolds = self.pending.iter().filter(told);
            let item = tolds.min_by_key(|item| (item.due, item.order)).cloned();
            let item = item.ok_or_else(|| format!("{record:?} was told, and did not fail"))?;
            self.forget_untold(item.due, item.order);
            that(record.at >= item.due && record.attempt == 1, || {
                format!("{record:?} was told early or again")
            })?;
            self.is_first(&item)?;
            self.pending.retain(|other| other.order != item.order);
            return Ok(());
        }
        *self.told.entry(tag).or_default() += 1;
        if self.recurred.contains(&tag) {
            return Ok(());
        }
        let left = self.to_tell.entry(tag).or_default();
        *left = left
            .checked_sub(1)
            .ok_or_else(|| format!("{record:?} was told too often"))?;
        if let Some(place) = self.place(|item| item.tag() == Some(tag) && item.is_hopeless_once()) {
            self.has_failed(place);
        }
        Ok(())
    }

    /// What runs once is gone when it begins, what recurs has moved on.
    fn begin(&mut self, place: usize, now: i64) {
        let Some(item) = self.pending.get_mut(place) else {
            return;
        };
        match item.recurs {
            Some(when) => {
                item.scheduled = next_due(when, item.scheduled, now);
                item.due = item.scheduled;
                item.attempts = 0;
            }
            None => {
                self.pending.remove(place);
            }
        }
    }

    /// An attempt at it failed, which is known to the millisecond.
    fn fail(&mut self, place: usize, now: i64) {
        let Some(item) = self.pending.get_mut(place) else {
            return;
        };
        let Work::Plan(plan) = &item.work else {
            return;
        };
        let plan = Rc::clone(plan);
        item.attempts += 1;
        item.was_parked = false;
        if item.attempts < plan.attempts {
            item.due = now + (plan.delay << (item.attempts - 1)).max(1) as i64;
            return;
        }
        let (mut order, name, recurred) = (item.order, item.name, item.recurs.is_some());
        self.begin(place, now);
        if recurred {
            order = self.order();
        }
        let tag = plan.job.tag;
        self.failed.push(Failed { order, name, plan });
        let told = Item {
            order: self.order(),
            due: now,
            scheduled: now,
            attempts: 0,
            name: None,
            recurs: None,
            stored: self.version,
            was_parked: false,
            work: Work::Told(tag, order),
        };
        self.pending.push(told);
    }

    /// What was pending turns out to have failed for good.
    fn has_failed(&mut self, place: usize) {
        let item = self.pending.remove(place);
        if let Work::Plan(plan) = item.work {
            self.failed.push(Failed {
                order: item.order,
                name: item.name,
                plan,
            });
        }
    }

    /// Whether it may have failed for good by now, for all that is known.
    fn may_have_failed(&self, place: usize, now: i64) -> bool {
        let item = self.pending.get(place);
        !self.strict && item.is_some_and(|item| item.is_hopeless_once() && item.due <= now)
    }

    fn place(&self, wanted: impl Fn(&Item) -> bool) -> Option<usize> {
        let of_plans = |item: &Item| item.plan().is_some() && wanted(item);
        self.pending.iter().position(of_plans)
    }
}
