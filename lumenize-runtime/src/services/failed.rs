//! Work that was set aside.

use super::{Edit, Error, FailedFilter, Page, Shared};
use crate::engine::careful;
use crate::host::SqlError;
use crate::object::HandlerInfo;
use crate::store::{OwnName, SetAside, Status, Store};
use crate::views::{FailedWork, WorkId};
use std::sync::Arc;

/// The work that was set aside: `self.svc.failed`.
pub struct Failed {
    pub(super) handlers: &'static [HandlerInfo],
    shared: Arc<Shared>,
}

impl Failed {
    pub(super) fn new(handlers: &'static [HandlerInfo], shared: Arc<Shared>) -> Self {
        Self { handlers, shared }
    }

    /// A page of it, failed and parked, the oldest id first. What was parked when the object was loaded is in the
    /// queue until it is tried, and not in here meanwhile.
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
        let found = self.found(store, id)?;
        let view = found.map(|found| FailedWork::of(&found.row, store));
        Ok(view.transpose()?)
    }

    /// Puts one back into the queue, due now, with all its attempts before it; says whether there
    /// was one. It has its name again, or the key of a call, if it had one and that is free; else it has none from then
    /// on. (An outcome has no key: it is free as soon as the outcome is there.)
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::TooMuchWork`], [`Error::Storage`].
    pub fn retry(&mut self, id: WorkId) -> Result<bool, Error> {
        match self.find(id)? {
            Some(found) => self.put_back(found).map(|()| true),
            None => Ok(false),
        }
    }

    /// Repairs one and puts it back: `svc.failed.edit(id).argument("priority", &3_u8).retry()?`. What is asked for is
    /// done by [`Edit::retry`], all of it or nothing, and that says what went wrong.
    pub fn edit(&mut self, id: WorkId) -> Edit<'_> {
        Edit::new(self, id)
    }

    pub(super) fn find(&mut self, id: WorkId) -> Result<Option<Found>, Error> {
        Ok(self.found(self.shared.writing_work()?, id)?)
    }

    /// One of it. What was parked when the object was loaded is in the queue until it is tried, and counts as
    /// parked until then.
    fn found(&self, store: &Store, id: WorkId) -> Result<Option<Found>, SqlError> {
        if let Some(row) = store.set_aside_item(id.into())? {
            let queued = false;
            return Ok(Some(Found { row, queued }));
        }
        let item = store.item(id.into())?.filter(careful::is_unparked);
        Ok(item.map(|item| Found {
            row: SetAside {
                status: Status::Parked as i64,
                at: self.shared.now(),
                item,
            },
            queued: true,
        }))
    }

    /// See [`Shared::keep_shapes`].
    pub(super) fn keep_shapes(&mut self, program: &[u8]) -> Result<(), Error> {
        self.shared.keep_shapes(program)
    }

    pub(super) fn put_back(&mut self, found: Found) -> Result<(), Error> {
        let store = self.shared.writing_work()?;
        let hops = self.shared.begets();
        let now = self.shared.not_before(hops);
        let mut item = careful::again(found.row, now, hops);
        self.shared
            .count_added(item.program.len() + item.detail.len())?;
        if found.queued {
            return Ok(store.replace(&item)?);
        }
        let name = match item.name() {
            Some(name) if store.named(name.as_name())?.is_some() => {
                // It is another's, so this is not listed under it either.
                item.forget_name();
                None
            }
            name => name,
        };
        // First this, which may be refused: what is edited may be too large for a row.
        store.add(&item, name.as_ref().map(OwnName::as_name))?;
        store.forget_set_aside(item.id)?;
        Ok(())
    }

    /// Puts back as much as this run may still add, 1,000 items and 8 MiB in all, the oldest first, and says
    /// how many there were. Call it once in a run: if there may be more, schedule a handler that calls it again.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`] if this run may add nothing more; [`Error::ReadOnly`], [`Error::Building`],
    /// [`Error::NoTurn`], [`Error::Storage`].
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
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn discard(&mut self, id: WorkId) -> Result<bool, Error> {
        let Some(found) = self.find(id)? else {
            return Ok(false);
        };
        let store = self.shared.writing_work()?;
        match found.queued {
            true => store.remove(id.into()).map(|()| true),
            false => store.forget_set_aside(id.into()),
        }
        .map_err(Error::from)
    }
}

/// Set-aside work that was found.
pub(super) struct Found {
    pub(super) row: SetAside,
    /// Whether it is in the queue again.
    queued: bool,
}
