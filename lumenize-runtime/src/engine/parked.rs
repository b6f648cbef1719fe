//! Parked work, when an object is loaded for the first time in a process: it may be by code that understands it.

use super::Engine;
use super::careful::unparked;
use crate::error::HandlerError;
use crate::host::SqlError;
use crate::object::Object;
use crate::store::OwnName;
use crate::views::{has_code, store_error};
use uuid::Uuid;

/// How many parked items a turn looks at; the alarm rings at once for the rest.
const BATCH: usize = 100;

/// The code of an item that stays parked because its name was given to another.
const NAME_TAKEN: &str = "lumenize.name_taken";

/// What was looked at of the work that was parked before: the code is the same for as long as the process
/// lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parked {
    /// What comes after this id, in the order of ids, was not looked at; `None` once all was.
    rest: Option<Uuid>,
    /// Whether there was any.
    found: bool,
    /// Whether some of it waits for its name, which may be free at any time.
    waits_for_name: bool,
}

impl Parked {
    /// Nothing was looked at.
    pub(super) fn unknown() -> Self {
        Self {
            rest: Some(Uuid::nil()),
            found: false,
            waits_for_name: false,
        }
    }

    /// An engine before has looked at all of it in this process.
    pub(super) fn known() -> Self {
        Self {
            rest: None,
            found: true,
            waits_for_name: false,
        }
    }

    /// There is more of it, which is known.
    pub(super) fn add(&mut self) {
        self.found = true;
    }

    /// Whether all of it was looked at.
    pub(super) fn is_seen(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether there is some that need not be looked at again in this process.
    pub(super) fn is_known(&self) -> bool {
        self.is_seen() && self.found && !self.waits_for_name
    }
}

impl<D: Object> Engine<D> {
    /// Puts parked items whose handlers this code has back into the queue, of the next few that were not
    /// looked at. One whose name was given to another meanwhile stays: both would be it.
    pub(super) fn unpark(&mut self) -> Result<(), SqlError> {
        let Some(last) = self.parked.rest else {
            return Ok(());
        };
        let ids = self.store().parked_after(last, BATCH)?;
        self.parked.rest = ids.last().copied().filter(|_| ids.len() >= BATCH);
        self.parked.found |= !ids.is_empty();
        for id in ids {
            // One at a time, as each may be large.
            let Some(row) = self.store().set_aside_item(id)? else {
                continue;
            };
            if !self.has_handlers(&row.item) {
                continue;
            }
            let name = row.item.name();
            let name = name.as_ref().map(OwnName::as_name);
            let taken = match name {
                Some(name) => self.store().named(name)?.is_some(),
                None => false,
            };
            if !taken {
                self.store().forget_set_aside(id)?;
                self.store().add(&unparked(row.item), name)?;
                continue;
            }
            self.parked.waits_for_name = true;
            if !row
                .item
                .error
                .is_some_and(|error| has_code(&error, NAME_TAKEN))
            {
                let reason = "its name was given to another meanwhile; retry or discard it";
                let reason = store_error(&HandlerError::with_code(NAME_TAKEN, reason));
                self.store().explain_set_aside(id, &reason)?;
            }
        }
        Ok(())
    }
}
