//! Work that was set aside.

use super::{Error, FailedFilter, Page, Shared};
use crate::engine::careful;
use crate::store::{Detail, Name};
use crate::views::{FailedWork, WorkId};
use std::sync::Arc;

/// The work that was set aside: `self.svc.failed`.
pub struct Failed {
    shared: Arc<Shared>,
}

impl Failed {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// A page of it, failed and parked, the oldest id first.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn list(&self, filter: FailedFilter) -> Result<Page<FailedWork>, Error> {
        Ok(filter.page(self.shared.reading()?)?)
    }

    /// One of it.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get(&self, id: WorkId) -> Result<Option<FailedWork>, Error> {
        let store = self.shared.reading()?;
        let row = store.set_aside_item(id.into())?;
        let view = row.map(|row| FailedWork::of(&row, store));
        Ok(view.transpose()?)
    }

    /// Puts one back into the queue, due now, with all its attempts before it; says whether there
    /// was one. It has its name again, if it had one and that is free.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::TooMuchWork`], [`Error::Storage`].
    pub fn retry(&mut self, id: WorkId) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        let Some(row) = store.set_aside_item(id.into())? else {
            return Ok(false);
        };
        let hops = self.shared.begets();
        let now = self.shared.not_before(hops);
        let item = careful::again(row, now, hops);
        self.shared
            .count_added(item.program.len() + item.detail.len())?;
        store.forget_set_aside(item.id)?;
        let name = Detail::decode(&item.detail).and_then(|detail| detail.name);
        let name = match name {
            Some(name) if store.named(Name::Schedule(&name))?.is_none() => Some(name),
            _ => None,
        };
        store.add(&item, name.as_deref().map(Name::Schedule))?;
        Ok(true)
    }

    /// Puts back as much as one run may add, at most 1,000 items and 8 MiB, the oldest first, and says
    /// how many there were: 0 when nothing is left.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::Storage`].
    pub fn retry_all(&mut self) -> Result<usize, Error> {
        let ids = self.shared.writing_work()?.set_aside_ids(1_000)?;
        for (retried, id) in ids.iter().enumerate() {
            match self.retry((*id).into()) {
                Err(Error::TooMuchWork { .. }) if retried > 0 => return Ok(retried),
                other => other?,
            };
        }
        Ok(ids.len())
    }

    /// Forgets one and says whether there was one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::Storage`].
    pub fn discard(&mut self, id: WorkId) -> Result<bool, Error> {
        Ok(self.shared.writing_work()?.forget_set_aside(id.into())?)
    }
}
