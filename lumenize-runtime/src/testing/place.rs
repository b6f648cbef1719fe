//! An object in a world: its disk, and its engine while it is in memory.

use super::disk::Disk;
use crate::engine::{Engine, Start, Turns};
use crate::host::{Identity, Storage};
use crate::object::Object;
use std::sync::Arc;

/// Class and name.
pub(super) type Key = (&'static str, String);

pub(super) type Factory = fn(Arc<dyn Storage>, Identity, Start) -> Box<dyn Turns>;

pub(super) struct Place {
    pub(super) factory: Factory,
    pub(super) disk: Arc<Disk>,
    pub(super) engine: Option<Box<dyn Turns>>,
    /// How the time before the next engine ended.
    pub(super) start: Start,
}

impl Place {
    pub(super) fn engine(&mut self, key: &Key) -> &mut dyn Turns {
        self.engine
            .get_or_insert_with(|| {
                let identity = Identity {
                    class: key.0,
                    name: key.1.clone(),
                };
                let storage = Arc::clone(&self.disk) as Arc<dyn Storage>;
                let start = std::mem::replace(&mut self.start, Start::Clean);
                (self.factory)(storage, identity, start)
            })
            .as_mut()
    }
}

pub(super) fn factory<D: Object>() -> Factory {
    |storage, identity, start| Box::new(Engine::<D>::new(storage, identity, start))
}
