//! Parked work, when an object is loaded: it may be by code that understands it.

use super::Engine;
use super::careful::unparked;
use crate::error::HandlerError;
use crate::host::SqlError;
use crate::object::Object;
use crate::store::{Detail, Kind, Name, Outgoing};
use crate::views::{has_code, store_error};
use uuid::Uuid;

/// How many parked items a turn looks at; the alarm rings at once for the rest.
const BATCH: usize = 100;

/// The code of an item that stays parked because its name was given to another.
const NAME_TAKEN: &str = "lumenize.name_taken";

/// What an engine has looked at of the work that was parked before it was made: its code is the same for
/// as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parked {
    /// All up to this id, in the order of ids.
    After(Uuid),
    /// All of it.
    LookedAt,
}

impl<D: Object> Engine<D> {
    /// Puts parked items whose handlers this code has back into the queue, of the next few that were not
    /// looked at. One whose name was given to another meanwhile stays: both would be it.
    pub(super) fn unpark(&mut self) -> Result<(), SqlError> {
        let Parked::After(last) = self.parked else {
            return Ok(());
        };
        let ids = self.store().parked_after(last, BATCH)?;
        self.parked = match ids.last() {
            Some(last) if ids.len() >= BATCH => Parked::After(*last),
            _ => Parked::LookedAt,
        };
        for id in ids {
            // One at a time, as each may be large.
            let Some(row) = self.store().set_aside_item(id)? else {
                continue;
            };
            if !self.has_handlers(&row.item) {
                continue;
            }
            let detail = Detail::decode(&row.item.detail);
            let name = detail.as_ref().and_then(|detail| detail.name.as_deref());
            let call = (row.item.kind == Kind::Call as i64)
                .then(|| Outgoing::decode(&row.item.program))
                .flatten();
            let key = call.and_then(|call| call.key).map(str::to_owned);
            let name = key.as_deref().map(Name::Call).or(name.map(Name::Schedule));
            let taken = match name {
                Some(name) => self.store().named(name)?.is_some(),
                None => false,
            };
            if !taken {
                self.store().forget_set_aside(id)?;
                self.store().add(&unparked(row.item), name)?;
            } else if !row
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
