//! What is parked under the version that runs.

use super::{Item, Model};
use crate::program::Version;

impl Item {
    pub(super) fn is_understood(&self, by: Version) -> bool {
        self.plan()
            .is_none_or(|plan| plan.form.is_understood(self.stored, by))
    }
}

impl Model {
    /// It is so late.
    pub(crate) fn sees(&mut self, now: i64) {
        self.latest_time = self.latest_time.max(now);
    }

    /// From now on this version runs; says how many plans are parked.
    pub(crate) fn redeploy(&mut self, version: Version) -> usize {
        for place in 0..self.pending.len() {
            let parked = self
                .pending
                .get(place)
                .is_some_and(|item| self.may_be_parked(item));
            if let Some(item) = self.pending.get_mut(place) {
                item.was_parked = parked;
            }
        }
        self.version = version;
        self.calls.redeploy(version);
        self.pending.iter().filter(|item| item.was_parked).count()
    }

    /// Whether an item may be parked now: what was is tried again when its object is next asked or wakes.
    pub(super) fn may_be_parked(&self, item: &Item) -> bool {
        item.was_parked || !item.is_understood(self.version) && item.due <= self.latest_time
    }
}
