//! Names that can't stand beside each other: of handlers, of parameters, and those that both had.

use crate::args::Was;
use crate::errors::Errors;
use crate::model::{Handler, Model};
use crate::text;
use std::collections::{HashMap, HashSet};
use syn::ext::IdentExt;

/// Former names that are not one handler's alone, and are left out. Handlers under `#[cfg]`s may never be
/// there together: where they are, the name that one has now counts, and rustc warns of an arm that is never reached.
pub(crate) fn former_names(model: &mut Model, errors: &mut Errors) {
    let whole = |handler: &&Handler| handler.copied.cfgs.is_empty();
    let names: HashSet<String> = model
        .handlers
        .iter()
        .filter(whole)
        .map(Handler::name)
        .collect();
    let mut former = Former {
        names,
        seen: HashMap::new(),
        itself: text::WAS_ITSELF,
        of_one: text::was_handler,
        of_other: text::was_other,
    };
    for handler in &mut model.handlers {
        let name = handler.name();
        let is_whole = handler.copied.cfgs.is_empty();
        former.keep(&name, is_whole, &mut handler.was, errors);
    }
}

/// Former names of what has these names now.
struct Former {
    names: HashSet<String>,
    /// Whose the former names are.
    seen: HashMap<String, String>,
    /// The texts: it is the name that it has, it is another's, it was another's.
    itself: &'static str,
    of_one: fn(&str) -> String,
    of_other: fn(&str, &str) -> String,
}

impl Former {
    /// Keeps those of the one called `name` that are its alone. One that is not always there, as it is not
    /// `is_whole`, is held against itself only.
    fn keep(&mut self, name: &str, is_whole: bool, was: &mut Vec<Was>, errors: &mut Errors) {
        let mut own = HashSet::new();
        was.retain(|was| {
            let refusal = if was.name == name {
                self.itself.to_owned()
            } else if !own.insert(was.name.clone()) {
                text::WAS_TWICE.to_owned()
            } else if !is_whole {
                return true;
            } else if self.names.contains(&was.name) {
                (self.of_one)(&was.name)
            } else if let Some(other) = self.seen.get(&was.name) {
                (self.of_other)(&was.name, other)
            } else {
                self.seen.insert(was.name.clone(), name.to_owned());
                return true;
            };
            errors.at(was, refusal);
            false
        });
    }
}

/// Whether each parameter of a handler is stored under a name of its own. Former names that are not one
/// parameter's alone are left out.
pub(crate) fn parameters(handler: &mut Handler, errors: &mut Errors) -> bool {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut none_alike = true;
    for param in &handler.params {
        let name = param.name.unraw().to_string();
        match seen.get(&param.stored) {
            Some(other) => {
                errors.at(&param.name, text::alike(&name, other, &param.stored));
                none_alike = false;
            }
            None => {
                seen.insert(param.stored.clone(), name);
            }
        }
    }
    let mut former = Former {
        names: seen.into_keys().collect(),
        seen: HashMap::new(),
        itself: text::PARAMETER_WAS_ITSELF,
        of_one: text::was_parameter,
        of_other: text::was_other_parameter,
    };
    for param in &mut handler.params {
        former.keep(&param.stored, true, &mut param.was, errors);
    }
    none_alike
}

/// Handlers whose variants have one name. rustc itself reports two of one name.
pub(crate) fn collisions(model: &mut Model, errors: &mut Errors) {
    let mut seen: HashMap<String, String> = HashMap::new();
    for handler in std::mem::take(&mut model.handlers) {
        let (name, variant) = (handler.name(), handler.variant.to_string());
        match seen.get(&variant) {
            None => {
                seen.insert(variant, name);
                model.handlers.push(handler);
            }
            Some(other) if *other == name => {
                if !handler.copied.cfgs.is_empty() {
                    model.handlers.push(handler);
                }
            }
            Some(other) => {
                errors.at(&handler.sig.ident, text::collision(&name, other, &variant));
                let stub = handler.into_stub(true, &model.private);
                model.stubs.push(stub);
            }
        }
    }
}
