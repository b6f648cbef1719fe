//! Names that can't stand beside each other: of handlers, of parameters, and those that both had.

use crate::errors::Errors;
use crate::model::{Handler, Model};
use crate::text;
use std::collections::{HashMap, HashSet};
use syn::ext::IdentExt;

/// Former names that are not one handler's alone, and are left out. Handlers under `#[cfg]`s may never be
/// there together: where they are, rustc warns of an arm that is never reached.
pub(crate) fn former_names(model: &mut Model, errors: &mut Errors) {
    let whole = |handler: &&Handler| handler.copied.cfgs.is_empty();
    let names: HashSet<String> = model
        .handlers
        .iter()
        .filter(whole)
        .map(Handler::name)
        .collect();
    let mut seen: HashMap<String, String> = HashMap::new();
    for handler in &mut model.handlers {
        let name = handler.name();
        let is_whole = handler.copied.cfgs.is_empty();
        let mut own = HashSet::new();
        handler.was.retain(|was| {
            let refusal = if was.name == name {
                text::WAS_ITSELF.to_owned()
            } else if !own.insert(was.name.clone()) {
                text::WAS_TWICE.to_owned()
            } else if !is_whole {
                return true;
            } else if names.contains(&was.name) {
                text::was_handler(&was.name)
            } else if let Some(other) = seen.get(&was.name) {
                text::was_other(&was.name, other)
            } else {
                seen.insert(was.name.clone(), name.clone());
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
    let names: HashSet<String> = seen.into_keys().collect();
    let mut seen: HashMap<String, String> = HashMap::new();
    for param in &mut handler.params {
        let mut own = HashSet::new();
        param.was.retain(|was| {
            let refusal = if was.name == param.stored {
                text::PARAMETER_WAS_ITSELF.to_owned()
            } else if !own.insert(was.name.clone()) {
                text::WAS_TWICE.to_owned()
            } else if names.contains(&was.name) {
                text::was_parameter(&was.name)
            } else if let Some(other) = seen.get(&was.name) {
                text::was_other_parameter(&was.name, other)
            } else {
                seen.insert(was.name.clone(), param.stored.clone());
                return true;
            };
            errors.at(was, refusal);
            false
        });
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
