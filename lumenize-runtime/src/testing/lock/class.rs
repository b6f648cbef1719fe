//! A class of objects as it is locked.

use super::learn::learn;
use super::types::{Id, Types};
use crate::object::{HandlerInfo, Object, ParamInfo, Storable, Visitor};

/// The handlers of a class, and the types of what they take.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    pub(super) name: String,
    /// Sorted by their names: their order in the source is nothing to stored work.
    pub(super) handlers: Vec<Handler>,
    pub(super) types: Types,
}

#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub(super) name: String,
    pub(super) was: Vec<String>,
    pub(super) is_public: bool,
    pub(super) reads: bool,
    pub(super) params: Vec<Param>,
}

#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) was: Vec<String>,
    pub(super) has_default: bool,
    pub(super) part: Id,
}

impl Class {
    pub(super) fn of<D: Object>() -> Self {
        let mut told = Told::default();
        D::describe(&mut told);
        let handlers = D::HANDLERS.iter().zip(told.handlers);
        let mut handlers: Vec<Handler> =
            handlers.map(|(info, parts)| handler(info, parts)).collect();
        handlers.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            name: D::CLASS.to_owned(),
            handlers,
            types: told.types,
        }
    }
}

fn handler(info: &HandlerInfo, parts: Vec<Id>) -> Handler {
    let param = |(info, part): (&ParamInfo, Id)| Param {
        name: info.name.to_owned(),
        was: owned(info.was),
        has_default: info.default,
        part,
    };
    Handler {
        name: info.name.to_owned(),
        was: owned(info.was),
        is_public: info.public,
        reads: info.reads,
        params: info.params.iter().zip(parts).map(param).collect(),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The types of the arguments of each handler.
#[derive(Default)]
struct Told {
    handlers: Vec<Vec<Id>>,
    types: Types,
}

impl Visitor for Told {
    fn handler(&mut self) {
        self.handlers.push(Vec::new());
    }

    fn argument<T: Storable>(&mut self) {
        let part = learn::<T>(&mut self.types);
        if let Some(parts) = self.handlers.last_mut() {
            parts.push(part);
        }
    }
}
