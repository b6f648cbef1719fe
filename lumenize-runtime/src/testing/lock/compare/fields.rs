//! Fields of structs and variants.

use super::super::types::{Field, Fields, Id, Kind, Types};
use super::{Comparison, Impact, is_reordered, renamed, within};
use crate::codec::Scalar;

fn is_option(types: &Types, id: Id) -> bool {
    matches!(types.kind(id), Kind::Option(_))
}

impl Comparison<'_> {
    pub(super) fn fields(&mut self, old: &Fields, new: &Fields, place: &str) {
        let find = |name: &String| {
            let mut fields = new.fields.iter();
            fields.find(|field| field.reads.contains(name))
        };
        for field in old.stored() {
            if let Some(now) = find(&field.name) {
                self.field(field, now, &within(place, &field.name));
            }
        }
        for field in &new.fields {
            self.read_twice(field, old, place);
        }
        let was = |field: &Field| {
            let mut known = old.stored();
            known.any(|known| field.reads.contains(&known.name))
        };
        let gone: Vec<&Field> = old
            .stored()
            .filter(|field| find(&field.name).is_none())
            .collect();
        let added: Vec<&Field> = new.fields.iter().filter(|field| !was(field)).collect();
        let pairs = renamed(&gone, &added, |gone, added| {
            added.is_stored && self.old.types.same(gone.part, &self.new.types, added.part)
        });
        for (number, field) in gone.iter().enumerate() {
            let pair = pairs.iter().find(|(gone, _)| *gone == number);
            let added = pair.and_then(|(_, other)| added.get(*other));
            self.gone(field, added.copied(), new, place);
        }
        for (number, field) in added.iter().enumerate() {
            let is_paired = pairs.iter().any(|(_, other)| *other == number);
            if field.is_stored && !is_paired {
                self.added(field, place);
            }
        }
        if new.is_strict && !old.is_strict {
            let then = "work that has fields of former releases is parked";
            let what = "takes no fields that it does not know, from now on".to_owned();
            self.tell(Impact::Breaking, place, what, then.to_owned());
        } else if old.is_strict && !new.is_strict {
            let what = "passes over fields that it does not know".to_owned();
            self.tell(Impact::Safe, place, what, String::new());
        }
        let names = |fields: &Fields| -> Vec<String> {
            fields.stored().map(|field| field.name.clone()).collect()
        };
        if is_reordered(&names(old), &names(new)) {
            self.tell(
                Impact::Safe,
                place,
                "fields change places".to_owned(),
                String::new(),
            );
        }
    }

    /// Two fields that were there are one: serde reads none twice.
    fn read_twice(&mut self, field: &Field, old: &Fields, place: &str) {
        let taken = old.stored().filter(|old| field.reads.contains(&old.name));
        let taken: Vec<&str> = taken.map(|old| &*old.name).collect();
        if let [first, second, ..] = taken.as_slice() {
            let name = &field.name;
            let what = format!("`{name}` takes what was `{first}` and what was `{second}`");
            let then = format!(
                "give it a name of its own, with one of these as an alias: work is parked, for `{name}` is there twice"
            );
            self.tell(Impact::Breaking, place, what, then);
        }
    }

    /// A field that is still read.
    fn field(&mut self, field: &Field, now: &Field, place: &str) {
        if now.name != field.name {
            let what = format!("is stored as `{}` from now on", now.name);
            self.tell(Impact::Safe, place, what, String::new());
        }
        for alias in field.aliases() {
            if !now.reads.contains(alias) {
                let what = format!("is not read as `{alias}` any more");
                let then = format!("work that was stored with `{alias}` is parked, or loses it");
                self.tell(Impact::Breaking, place, what, then);
            }
        }
        let mut aliases = now.aliases().filter(|name| **name != field.name);
        if let Some(alias) = aliases.find(|alias| !field.reads.contains(alias)) {
            let what = format!("is read as `{alias}`, too");
            self.tell(Impact::Safe, place, what, String::new());
        }
        let was_option = is_option(&self.old.types, field.part);
        let is_option = is_option(&self.new.types, now.part);
        match (field.is_required, now.is_required) {
            (Some(false), Some(true)) if !was_option || is_option => {
                let then = "work that was stored before there was this field is parked";
                let what = "must be there from now on".to_owned();
                self.tell(Impact::Breaking, place, what, then.to_owned());
            }
            (Some(true), Some(false)) if !is_option || was_option => {
                let what = "need not be there".to_owned();
                self.tell(Impact::Safe, place, what, String::new());
            }
            _ => {}
        }
        self.part(field.part, now.part, place);
    }

    /// A field that is not read any more, unless it is the one that was added.
    fn gone(&mut self, field: &Field, added: Option<&Field>, new: &Fields, place: &str) {
        let name = &field.name;
        match added {
            Some(added) => {
                let now = &added.name;
                let becomes = match added.is_required {
                    Some(false) => "loses it",
                    _ => "is parked",
                };
                let what = match now == name {
                    true => format!(
                        "the field `{name}` is not read under the name that it is stored with"
                    ),
                    false => format!("the field `{name}` is gone, and `{now}` is of the same type"),
                };
                let then = format!(
                    "if it is the same, write `#[serde(alias = {name:?})]` above `{now}`: stored work {becomes} otherwise"
                );
                self.tell(Impact::NeedsName, place, what, then);
            }
            None if new.is_strict => {
                let what = format!("the field `{name}` is gone");
                let then = format!("it is parked: unknown field `{name}`");
                self.tell(Impact::Breaking, place, what, then);
            }
            None => {
                let what = format!("the field `{name}` is gone");
                self.tell(
                    Impact::Safe,
                    place,
                    what,
                    "stored work runs without it".to_owned(),
                );
            }
        }
    }

    fn added(&mut self, field: &Field, place: &str) {
        let name = &field.name;
        let what = format!("the field `{name}` is new");
        match field.is_required {
            Some(false) => self.tell(Impact::Safe, place, what, String::new()),
            None => {
                let then = "stored work runs if it has a default, and that can't be found out";
                self.tell(Impact::Unsure, place, what, then.to_owned());
            }
            Some(true) => {
                let then = format!(
                    "write `#[serde(default)]` above `{name}`, or stored work is parked: missing field `{name}`"
                );
                self.tell(Impact::Breaking, place, what, then);
            }
        }
    }

    /// A map becomes a struct: any of its entries may be missing.
    pub(super) fn map_to_struct(&mut self, key: Id, value: Id, fields: &Fields, place: &str) {
        let is_text = match self.old.types.kind(key) {
            Kind::Scalar(scalar) => *scalar == Scalar::Str,
            Kind::Enum(known) => known.are_texts(),
            _ => false,
        };
        let what = "a map becomes a struct".to_owned();
        if !is_text {
            let then = "it is parked: keys that are no texts are no names".to_owned();
            return self.tell(Impact::Breaking, place, what, then);
        }
        let mut all = fields.fields.iter();
        let required = all.find(|field| field.is_required != Some(false));
        match required {
            Some(field) => {
                let then = format!("a map without `{}` is parked", field.name);
                self.tell(Impact::Breaking, place, what, then);
            }
            None if fields.is_strict => {
                let then = "a map with any other key is parked".to_owned();
                self.tell(Impact::Breaking, place, what, then);
            }
            None => self.tell(Impact::Safe, place, what, String::new()),
        }
        for field in &fields.fields {
            self.part(value, field.part, &within(place, &field.name));
        }
    }
}
