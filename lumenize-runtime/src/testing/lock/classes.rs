//! What the handlers of a lock become under those of the code.

use super::class::{Class, Handler, Param};
use super::compare::{compare, is_reordered, renamed};
use super::plan::{Change, Impact};
use super::types::Kind;

/// All that has changed.
pub(super) fn differences(old: &[Class], new: &[Class]) -> Vec<Change> {
    let mut changes = Vec::new();
    for class in old {
        match new.iter().find(|now| now.name == class.name) {
            Some(now) => Classes { old: class, new: now, changes: &mut changes }.handlers(),
            None => changes.push(Change {
                impact: Impact::Breaking,
                place: class.name.clone(),
                what: "is not named by the test".to_owned(),
                then: "name it in `assert_lock!`, one for each file; or, if the object is gone, all its work stays where it is"
                    .to_owned(),
            }),
        }
    }
    for class in new {
        if !old.iter().any(|before| before.name == class.name) {
            changes.push(Change {
                impact: Impact::Safe,
                place: class.name.clone(),
                what: "is new".to_owned(),
                then: String::new(),
            });
        }
    }
    changes
}

struct Classes<'c> {
    old: &'c Class,
    new: &'c Class,
    changes: &'c mut Vec<Change>,
}

impl Handler {
    fn answers(&self, name: &String) -> bool {
        self.name == *name || self.was.contains(name)
    }
}

impl Param {
    fn takes(&self, name: &String) -> bool {
        self.name == *name || self.was.contains(name)
    }
}

impl Classes<'_> {
    fn tell(&mut self, impact: Impact, handler: &str, what: String, then: String) {
        self.changes.push(Change {
            impact,
            place: format!("{}::{handler}", self.new.name),
            what,
            then,
        });
    }

    fn handlers(mut self) {
        let (old, new) = (self.old, self.new);
        let find = |name: &String| {
            let mut handlers = new.handlers.iter();
            let named = handlers.find(|handler| handler.name == *name);
            named.or_else(|| new.handlers.iter().find(|handler| handler.answers(name)))
        };
        for handler in &old.handlers {
            if let Some(now) = find(&handler.name) {
                self.handler(handler, now);
                for was in &handler.was {
                    if let Some(other) = find(was).filter(|other| other.name != now.name) {
                        self.former_name_of_another(was, now, other);
                    }
                }
            }
            for was in handler.was.iter().filter(|was| find(was).is_none()) {
                let what = format!("`{was}` is no former name any more");
                let then =
                    format!("work that is left under it is parked: there is no handler `{was}`");
                self.tell(Impact::Breaking, &handler.name, what, then);
            }
        }
        let is_known = |name: &String| old.handlers.iter().any(|handler| handler.answers(name));
        let gone: Vec<&Handler> = old
            .handlers
            .iter()
            .filter(|handler| find(&handler.name).is_none())
            .collect();
        let added: Vec<&Handler> = new
            .handlers
            .iter()
            .filter(|handler| !is_known(&handler.name) && !handler.was.iter().any(is_known))
            .collect();
        let pairs = renamed(&gone, &added, |gone, added| self.same_params(gone, added));
        for (number, handler) in gone.iter().enumerate() {
            let pair = pairs.iter().find(|(gone, _)| *gone == number);
            let now = pair.and_then(|(_, other)| added.get(*other));
            self.gone(handler, now.copied());
        }
        for (number, handler) in added.iter().enumerate() {
            if !pairs.iter().any(|(_, other)| *other == number) {
                self.tell(
                    Impact::Safe,
                    &handler.name,
                    "is new".to_owned(),
                    String::new(),
                );
            }
        }
    }

    /// Whether work of the one runs under the other, were it called so.
    fn same_params(&self, old: &Handler, new: &Handler) -> bool {
        old.params.len() == new.params.len()
            && old.params.iter().all(|old| {
                let mut params = new.params.iter();
                params.any(|new| {
                    new.takes(&old.name) && self.old.types.same(old.part, &self.new.types, new.part)
                })
            })
    }

    fn gone(&mut self, handler: &Handler, now: Option<&Handler>) {
        let name = &handler.name;
        let parked = format!("there is no handler `{name}`");
        match now {
            Some(now) => {
                let what = format!("is gone, and `{}` takes the same", now.name);
                let then = format!(
                    "if it is the same, write `#[handler(was = {name:?})]` above `{}`; else its work is parked: {parked}",
                    now.name
                );
                self.tell(Impact::NeedsName, name, what, then);
            }
            None => {
                let then = format!("its work is parked: {parked}");
                self.tell(Impact::Breaking, name, "is gone".to_owned(), then);
            }
        }
    }

    /// What was a former name of one handler reaches another.
    fn former_name_of_another(&mut self, was: &str, now: &Handler, other: &Handler) {
        let what = format!(
            "`{was}` is no former name any more, but reaches `{}`",
            other.name
        );
        let then = format!(
            "work that is left under it was meant for `{}`: it is run by the other, or parked; give that another name",
            now.name
        );
        self.tell(Impact::Breaking, &now.name, what, then);
    }

    /// A handler that is still there.
    fn handler(&mut self, old: &Handler, new: &Handler) {
        if old.name != new.name {
            let what = format!("is `{}` now", new.name);
            self.tell(Impact::Safe, &old.name, what, String::new());
        }
        match (old.is_public, new.is_public) {
            (true, false) => {
                let what = "is not `pub` any more".to_owned();
                let then = "calls of others are refused; what the object has stored itself runs";
                self.tell(Impact::Breaking, &new.name, what, then.to_owned());
            }
            (false, true) => {
                let what = "is `pub`, so others may call it".to_owned();
                self.tell(Impact::Safe, &new.name, what, String::new());
            }
            _ => {}
        }
        if old.reads != new.reads {
            let what = match new.reads {
                true => "takes `&self`, and may write nothing any more",
                false => "takes `&mut self`, and may write",
            };
            self.tell(Impact::Safe, &new.name, what.to_owned(), String::new());
        }
        for was in new.was.iter().filter(|was| !old.answers(was)) {
            let what = format!("answers to its former name `{was}`");
            self.tell(Impact::Safe, &new.name, what, String::new());
        }
        self.params(old, new);
    }

    fn params(&mut self, old: &Handler, new: &Handler) {
        let handler = &new.name;
        let find = |name: &String| new.params.iter().find(|param| param.takes(name));
        for param in &old.params {
            if let Some(now) = find(&param.name) {
                let place = format!("{}::{handler}, {}", self.new.name, param.name);
                let changes = compare(self.old, param.part, self.new, now.part, &place);
                self.changes.extend(changes);
                self.param(handler, param, now);
            }
        }
        for param in &new.params {
            let taken = old.params.iter().filter(|old| param.takes(&old.name));
            let taken: Vec<&str> = taken.map(|old| &*old.name).collect();
            if let [first, second, ..] = taken.as_slice() {
                let what = format!(
                    "`{}` takes what was `{first}` and what was `{second}`",
                    param.name
                );
                let then = format!(
                    "give it a new name with one of these as `was`: work is parked, for it was stored twice, as `{first}` and as `{second}`"
                );
                self.tell(Impact::Breaking, handler, what, then);
            }
        }
        let is_known = |param: &&Param| old.params.iter().any(|known| param.takes(&known.name));
        let gone: Vec<&Param> = old
            .params
            .iter()
            .filter(|param| find(&param.name).is_none())
            .collect();
        let added: Vec<&Param> = new.params.iter().filter(|param| !is_known(param)).collect();
        let pairs = renamed(&gone, &added, |gone, added| {
            self.old.types.same(gone.part, &self.new.types, added.part)
        });
        for (number, param) in gone.iter().enumerate() {
            let pair = pairs.iter().find(|(gone, _)| *gone == number);
            let now = pair.and_then(|(_, other)| added.get(*other));
            self.param_gone(handler, param, now.copied());
        }
        for (number, param) in added.iter().enumerate() {
            if !pairs.iter().any(|(_, other)| *other == number) {
                self.param_added(handler, param);
            }
        }
        let names = |handler: &Handler| -> Vec<String> {
            handler
                .params
                .iter()
                .map(|param| param.name.clone())
                .collect()
        };
        if is_reordered(&names(old), &names(new)) {
            let what = "arguments change places".to_owned();
            self.tell(Impact::Safe, handler, what, String::new());
        }
    }

    /// An argument that is still taken.
    fn param(&mut self, handler: &str, old: &Param, new: &Param) {
        let name = &new.name;
        if old.name != new.name {
            let what = format!("the argument `{}` is `{name}` now", old.name);
            self.tell(Impact::Safe, handler, what, String::new());
        }
        for was in old.was.iter().filter(|was| !new.takes(was)) {
            let what = format!("`{was}` is no former name of `{name}` any more");
            let then = "work that was stored with it is parked".to_owned();
            self.tell(Impact::Breaking, handler, what, then);
        }
        match (old.has_default, new.has_default) {
            (true, false) if !self.is_optional(new) => {
                let what = format!("the argument `{name}` has no default any more");
                let then =
                    "work that was stored before there was this argument is parked".to_owned();
                self.tell(Impact::Breaking, handler, what, then);
            }
            (false, true) => {
                let what = format!("the argument `{name}` has a default");
                self.tell(Impact::Safe, handler, what, String::new());
            }
            _ => {}
        }
    }

    /// An argument that is not taken any more, unless it is the one that was added.
    fn param_gone(&mut self, handler: &str, param: &Param, now: Option<&Param>) {
        let name = &param.name;
        let Some(now) = now else {
            let what = format!("the argument `{name}` is gone");
            return self.tell(
                Impact::Safe,
                handler,
                what,
                "stored work runs without it".to_owned(),
            );
        };
        let becomes = match self.is_optional(now) {
            true => "loses it",
            false => "is parked",
        };
        let now = &now.name;
        let what = format!("the argument `{name}` is gone, and `{now}` is of the same type");
        let then = format!(
            "if it is the same, write `#[handler(was = {name:?})]` in front of `{now}`: stored work {becomes} otherwise"
        );
        self.tell(Impact::NeedsName, handler, what, then);
    }

    fn param_added(&mut self, handler: &str, param: &Param) {
        let name = &param.name;
        let what = format!("the argument `{name}` is new");
        if self.is_optional(param) {
            return self.tell(Impact::Safe, handler, what, String::new());
        }
        let then = format!(
            "write `#[handler(default)]` in front of `{name}`, or take an `Option`: else stored work is parked"
        );
        self.tell(Impact::Breaking, handler, what, then);
    }

    /// Whether work that was stored without it runs.
    fn is_optional(&self, param: &Param) -> bool {
        param.has_default || matches!(self.new.types.kind(param.part), Kind::Option(_))
    }
}
