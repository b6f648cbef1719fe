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
    /// Whether an engine of this process knows its parked work.
    pub(super) knows_parked: bool,
}

impl Place {
    /// The object leaves the memory of a process that goes on.
    pub(super) fn evict(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.knows_parked = engine.knows_parked();
        }
    }

    /// Its process ends.
    pub(super) fn end(&mut self) {
        self.engine = None;
        self.knows_parked = false;
    }

    pub(super) fn engine(&mut self, key: &Key) -> &mut dyn Turns {
        self.engine
            .get_or_insert_with(|| {
                let identity = Identity {
                    class: key.0,
                    name: key.1.clone(),
                };
                let storage = Arc::clone(&self.disk) as Arc<dyn Storage>;
                let start = std::mem::replace(&mut self.start, Start::Clean);
                let mut engine = (self.factory)(storage, identity, start);
                if self.knows_parked {
                    engine.pass_over_parked();
                }
                engine
            })
            .as_mut()
    }
}

pub(super) fn factory<D: Object>() -> Factory {
    |storage, identity, start| Box::new(Engine::<D>::new(storage, identity, start))
}
