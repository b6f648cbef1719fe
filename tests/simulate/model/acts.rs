//! What acts do, and what is told of them.

use super::times::first_due;
use super::{Checked, Failed, Item, Model, Work, that};
use crate::program::{Act, Plan, Record, Told};
use std::rc::Rc;

impl Model {
    pub(super) fn acts(&mut self, acts: &[Act], record: &Record) -> Checked {
        that(acts.len() == record.told.len(), || {
            format!("{} acts were done in {record:?}", acts.len())
        })?;
        for (act, told) in acts.iter().zip(&record.told) {
            let must = self.act(act, told, record.at)?;
            that(must == *told, || {
                format!("{act:?} in {record:?} must be told {must:?}")
            })?;
        }
        Ok(())
    }

    /// Does it and says what must be told of it.
    fn act(&mut self, act: &Act, told: &Told, now: i64) -> Checked<Told> {
        Ok(match act {
            Act::Schedule(plan) => self.schedule(plan, told, now),
            Act::Cancel(tag) => {
                let order = self.latest.get(tag).copied();
                let place = self.place(|item| Some(item.order) == order);
                self.cancel(place, told, now)
            }
            Act::CancelNamed(name) => {
                let place = self.place(|item| item.name == Some(*name));
                self.cancel(place, told, now)
            }
            Act::Retry(tag) => {
                let failed = self.find_failed(*tag, *told == Told::Retried(true), now);
                if let Some(Failed { order, name, plan }) =
                    failed.map(|place| self.failed.remove(place))
                {
                    let taken = self.place(|item| item.name == name).is_some();
                    // Under a name it may have become that of another tag.
                    *self.to_tell.entry(plan.job.tag).or_default() += 1;
                    self.pending.push(Item {
                        order,
                        due: now,
                        scheduled: now,
                        attempts: 0,
                        name: name.filter(|_| !taken),
                        recurs: None,
                        stored: self.version,
                        was_parked: false,
                        work: Work::Plan(plan),
                    });
                }
                Told::Retried(failed.is_some())
            }
            Act::Discard(tag) => {
                let failed = self.find_failed(*tag, *told == Told::Discarded(true), now);
                if let Some(place) = failed {
                    self.failed.remove(place);
                }
                Told::Discarded(failed.is_some())
            }
            Act::Put(key, value) => {
                self.values.insert(*key, *value);
                Told::Done
            }
            Act::Get(key) => Told::Value(self.values.get(key).copied()),
            Act::Delete(key) => Told::Deleted(self.values.remove(key).is_some()),
            Act::Destroy => {
                self.destroyed = true;
                Told::Done
            }
            Act::Call(call) => {
                self.calls.send(call, self.version);
                Told::Done
            }
            Act::CancelCall(tag) => Told::Cancelled(self.calls.cancel(*tag, told)),
        })
    }
    fn schedule(&mut self, plan: &Plan, told: &Told, now: i64) -> Told {
        let mut place = match plan.name {
            Some(name) => self.place(|item| item.name == Some(name)),
            None => None,
        };
        if let Some(at) = place
            && matches!(told, Told::Scheduled { found: false, .. })
            && self.may_have_failed(at, now)
        {
            self.has_failed(at);
            place = None;
        }
        let found = place.is_some();
        let old = place.and_then(|place| self.pending.get(place).cloned());
        if let Some(old) = &old
            // With another version equal arguments have other shapes, and replace.
            && old.stored == self.version
            && old.recurs == Some(plan.when).filter(|_| plan.recurs())
            && old.plan().is_some_and(|old| **old == *plan)
        {
            self.latest.insert(plan.job.tag, old.order);
            let due = match told {
                Told::Scheduled { due, .. } if !self.strict && *due >= old.due => *due,
                _ => old.due,
            };
            return Told::Scheduled { due, found };
        }
        let due = first_due(plan.when, now);
        let order = match (&old, place) {
            (Some(old), Some(place)) => {
                self.pending.remove(place);
                old.order
            }
            _ => self.order(),
        };
        self.latest.insert(plan.job.tag, order);
        if plan.is_hopeless() && plan.recurs() {
            self.recurred.insert(plan.job.tag);
        } else if plan.is_hopeless() {
            *self.to_tell.entry(plan.job.tag).or_default() += 1;
        }
        self.pending.push(Item {
            order,
            due,
            scheduled: due,
            attempts: 0,
            name: plan.name,
            recurs: Some(plan.when).filter(|_| plan.recurs()),
            stored: self.version,
            was_parked: false,
            work: Work::Plan(Rc::new(plan.clone())),
        });
        Told::Scheduled { due, found }
    }

    fn cancel(&mut self, place: Option<usize>, told: &Told, now: i64) -> Told {
        let Some(place) = place else {
            return Told::Cancelled(false);
        };
        let item = self.pending.get(place);
        if *told == Told::Cancelled(false) {
            if self.may_have_failed(place, now) {
                self.has_failed(place);
                return Told::Cancelled(false);
            }
            if item.is_some_and(|item| self.may_be_parked(item)) {
                return Told::Cancelled(false);
            }
        }
        self.pending.remove(place);
        Told::Cancelled(true)
    }

    fn find_failed(&mut self, tag: u32, told: bool, now: i64) -> Option<usize> {
        let order = self.latest.get(&tag).copied();
        let pending = self.place(|item| Some(item.order) == order);
        if let Some(place) = pending.filter(|place| told && self.may_have_failed(*place, now)) {
            self.has_failed(place);
        }
        let failed = self.failed.iter();
        failed
            .clone()
            .position(|failed| Some(failed.order) == order)
    }
}
