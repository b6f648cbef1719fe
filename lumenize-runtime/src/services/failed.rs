//! Work that was set aside.

use super::{Error, Shared};
use crate::engine::careful;
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

    /// All of it, failed and parked, the oldest id first.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn list(&self) -> Result<Vec<FailedWork>, Error> {
        let rows = self.shared.reading()?.all_set_aside()?;
        Ok(rows.iter().map(FailedWork::of).collect())
    }

    /// Puts one back into the queue, due now, with all its attempts before it; says whether there
    /// was one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::Storage`].
    pub fn retry(&mut self, id: WorkId) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        let Some(row) = store.take_set_aside(id.into())? else {
            return Ok(false);
        };
        store.add(&careful::again(row, self.shared.now()))?;
        Ok(true)
    }

    /// Puts all of it back and says how many there were.
    ///
    /// # Errors
    /// As [`Failed::retry`].
    pub fn retry_all(&mut self) -> Result<usize, Error> {
        let rows = self.shared.writing_work()?.all_set_aside()?;
        for row in &rows {
            self.retry(row.item.id.into())?;
        }
        Ok(rows.len())
    }

    /// Forgets one and says whether there was one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::Storage`].
    pub fn discard(&mut self, id: WorkId) -> Result<bool, Error> {
        let taken = self.shared.writing_work()?.take_set_aside(id.into())?;
        Ok(taken.is_some())
    }
}
