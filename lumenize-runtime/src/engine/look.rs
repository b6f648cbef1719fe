//! A test's look at the object in memory.

use super::Engine;
use super::execute::caught;
use crate::error::CallError;
use crate::host::{End, SqlError};
use crate::object::Object;
use crate::services::{Access, Services};
use std::any::Any;
use std::sync::Arc;

impl<D: Object> Engine<D> {
    /// Shows the object, in a transaction that is undone. One that is not in memory is made for this
    /// alone: kept, it might rely on what its `new` wrote.
    pub(super) fn show(&mut self, look: &mut dyn FnMut(&dyn Any)) -> Result<(), CallError> {
        let storage = Arc::clone(&self.shared.storage);
        let mut shown = Err(CallError::not_executed("not shown"));
        let ended = storage.transaction(&mut || {
            let made = match self.object {
                Some(_) => Ok(None),
                None => self.make_for_a_look(),
            };
            shown = made.and_then(|made| {
                let object = self.object.as_ref().or(made.as_ref());
                let object = object.ok_or_else(|| CallError::not_executed("not made"))?;
                self.shared.allow(Access::Reading);
                look(object);
                self.shared.allow(Access::None);
                // A panic in the user's `Drop` concerns nobody.
                let _ = caught(|| drop(made));
                Ok(())
            });
            End::Rollback
        });
        self.shared.forget_shapes();
        self.store().forget_known();
        ended.map_err(CallError::not_executed).and(shown)
    }

    fn make_for_a_look(&self) -> Result<Option<D>, CallError> {
        let migrated: Result<(), SqlError> = self.store().migrate();
        migrated.map_err(CallError::not_executed)?;
        self.shared.allow(Access::Building);
        let made = caught(|| D::create(Services::new(Arc::clone(&self.shared))));
        self.shared.allow(Access::None);
        made.and_then(|created| created)
            .map(Some)
            .map_err(|error| CallError::refused(format!("the object can't be built: {error}")))
    }
}
