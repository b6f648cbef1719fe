//! What is left of an object's work, and what must be.

use super::{Checked, Item, Model, Work, that};
use crate::program::{Looked, Plan};

impl Model {
    /// What it knows of itself must be so.
    pub(crate) fn looked(&self, looked: &Looked) -> Checked {
        let values: Vec<_> = self.values.iter().map(|(k, v)| (*k, *v)).collect();
        that(looked.values == values, || {
            format!("values are {:?} and must be {values:?}", looked.values)
        })?;
        let mut left = looked.pending.clone();
        let mut parked = 0;
        for item in &self.pending {
            let Some(plan) = item.plan() else { continue };
            if let Some(place) = left.iter().position(|tag| *tag == plan.job.tag) {
                left.remove(place);
                continue;
            }
            let may_be_parked = self.may_be_parked(item);
            let may_have_failed = !self.strict && item.is_hopeless_once();
            that(may_be_parked || may_have_failed, || {
                format!("{item:?} is lost: {looked:?}")
            })?;
            parked += usize::from(may_be_parked);
        }
        let answers = self.calls.may_be_parked();
        that((parked..=parked + answers).contains(&looked.parked), || {
            format!("{parked} plans and up to {answers} answers must be parked: {looked:?}")
        })?;
        that(left.is_empty(), || {
            format!("pending, and must not be: {left:?}")
        })?;
        if !self.strict {
            return Ok(());
        }
        let failed = self.must_have_failed();
        that(looked.failed == failed, || {
            format!("failed are {:?} and must be {failed:?}", looked.failed)
        })
    }

    fn must_have_failed(&self) -> Vec<(u32, u32)> {
        let of = |plan: &Plan| (plan.job.tag, plan.attempts);
        let failed = self.failed.iter().map(|failed| of(&failed.plan));
        let hopeless = self.pending.iter().filter(|item| item.is_hopeless_once());
        let hopeless = hopeless.filter_map(|item| item.plan().map(|plan| of(plan)));
        let mut all: Vec<_> = match self.strict {
            true => failed.collect(),
            false => failed.chain(hopeless).collect(),
        };
        all.sort_unstable();
        all
    }

    /// All that is due by now has run, give or take so many milliseconds.
    pub(crate) fn is_punctual(&self, now: i64) -> Checked {
        let failed = &self.failed;
        let overdue = self.pending.iter().find(|item| match &item.work {
            _ if item.due > now => false,
            Work::Told(_, order) => failed.iter().any(|failed| failed.order == *order),
            Work::Plan(_) => !self.may_be_parked(item),
        });
        that(overdue.is_none(), || {
            format!("it is {now}, and this has not run: {overdue:?}")
        })
    }

    /// The tags of what recurs, but what is parked under the version that runs.
    pub(crate) fn recurring(&self) -> Vec<u32> {
        let runs = |item: &Item| item.is_understood(self.version) || !self.may_be_parked(item);
        let pending = self.pending.iter();
        let recurring = pending.filter(|item| item.recurs.is_some() && runs(item));
        recurring.filter_map(Item::tag).collect()
    }

    /// Everything has run, and nothing recurs any more.
    pub(crate) fn ended(&mut self, looked: &Looked) -> Checked {
        self.forget_untold(i64::MAX, u64::MAX);
        let lost = self
            .pending
            .iter()
            .find(|item| self.strict || !item.is_hopeless_once());
        that(lost.is_none(), || format!("lost: {lost:?}"))?;
        that(looked.pending.is_empty() && looked.parked == 0, || {
            format!("left over: {looked:?}")
        })?;
        self.looked(looked)?;
        let mut failed = looked.failed.clone();
        let mut must = self.must_have_failed();
        if !self.strict {
            let count = |tag| failed.iter().filter(|(failed, _)| *failed == tag).count();
            let told = |tag| self.told.get(&tag).copied().unwrap_or(0);
            for tag in &self.recurred {
                that(count(*tag) == told(*tag), || {
                    format!(
                        "{tag} failed other than the {} times that were told",
                        told(*tag)
                    )
                })?;
            }
            let untold = must.iter().find(|(tag, _)| told(*tag) == 0);
            that(untold.is_none(), || {
                format!("nobody was told of {untold:?}")
            })?;
            failed.retain(|(tag, _)| !self.recurred.contains(tag));
            must.retain(|(tag, _)| !self.recurred.contains(tag));
        }
        that(failed == must, || {
            format!("failed are {failed:?} and must be {must:?}")
        })
    }
}
