//! What stored values of a type become under another, by the rules by which the codec reads by name.
//!
//! - here: types that hold others; `fields` and `variants`: what is told by its name; `scalars`: what has
//!   no parts.

mod fields;
mod scalars;
mod variants;

use super::class::Class;
use super::plan::{Change, Impact};
use super::text;
use super::types::{Id, Kind, Types};
use crate::codec::Scalar;
use std::collections::HashSet;

/// A type that was, and the one that is.
pub(super) struct Comparison<'c> {
    old: &'c Class,
    new: &'c Class,
    met: HashSet<(Id, Id)>,
    changes: Vec<Change>,
}

/// What becomes of values of the type at one place of the old class under that of the new.
pub(super) fn compare(
    old: &Class,
    old_id: Id,
    new: &Class,
    new_id: Id,
    place: &str,
) -> Vec<Change> {
    let mut comparison = Comparison {
        old,
        new,
        met: HashSet::new(),
        changes: Vec::new(),
    };
    comparison.part(old_id, new_id, place);
    comparison.changes
}

/// Which of the things that are gone is which of those that are new, as far as can be seen: pairs of places.
pub(super) fn renamed<O, N>(
    gone: &[O],
    added: &[N],
    is_same: impl Fn(&O, &N) -> bool,
) -> Vec<(usize, usize)> {
    let mut taken = HashSet::new();
    let mut pairs = Vec::new();
    for (place, old) in gone.iter().enumerate() {
        let mut others = added.iter().enumerate();
        let found = others.find(|(other, new)| !taken.contains(other) && is_same(old, new));
        if let Some((other, _)) = found {
            taken.insert(other);
            pairs.push((place, other));
        }
    }
    pairs
}

/// Whether what is in both lists has another order in each.
pub(super) fn is_reordered(old: &[String], new: &[String]) -> bool {
    let places = new
        .iter()
        .filter_map(|name| old.iter().position(|other| other == name));
    !places.is_sorted()
}

impl Comparison<'_> {
    fn tell(&mut self, impact: Impact, place: &str, what: String, then: String) {
        self.changes.push(Change {
            impact,
            place: place.to_owned(),
            what,
            then,
        });
    }

    /// The type in a word or two.
    fn texts(&self, old: Id, new: Id) -> (String, String) {
        (
            text::type_text(self.old, old),
            text::type_text(self.new, new),
        )
    }

    fn part(&mut self, old: Id, new: Id, place: &str) {
        if !self.met.insert((old, new)) {
            return;
        }
        let (old_types, new_types) = (&self.old.types, &self.new.types);
        let old_kind = old_types.kind(old).clone();
        let new_kind = new_types.kind(new).clone();
        match (old_kind, new_kind) {
            (Kind::Unknown, Kind::Unknown) => {}
            (Kind::Seen(old), Kind::Seen(new)) if old_types.same(old, new_types, new) => {}
            (Kind::Seen(old), new_kind) if !matches!(new_kind, Kind::Unknown | Kind::Seen(_)) => {
                self.part(old, new, place);
            }
            (Kind::Unknown | Kind::Seen(_), _) | (_, Kind::Unknown | Kind::Seen(_)) => {
                let (old, new) = self.texts(old, new);
                self.tell(
                    Impact::Unsure,
                    place,
                    format!("`{old}` becomes `{new}`"),
                    String::new(),
                );
            }
            (Kind::Option(old), Kind::Option(new)) => self.part(old, new, place),
            (_, Kind::Option(new)) => {
                self.tell(
                    Impact::Safe,
                    place,
                    "may be left out".to_owned(),
                    String::new(),
                );
                self.part(old, new, place);
            }
            (Kind::Option(old), _) => {
                let then = "work without it is parked; work with it runs";
                let what = "may not be left out any more".to_owned();
                self.tell(Impact::Breaking, place, what, then.to_owned());
                self.part(old, new, place);
            }
            (Kind::Scalar(old_scalar), Kind::Scalar(new_scalar)) => {
                self.scalars(old_scalar, new_scalar, place);
            }
            (
                Kind::BytesOrList | Kind::Scalar(Scalar::Bytes),
                Kind::BytesOrList | Kind::Scalar(Scalar::Bytes),
            ) => {}
            (Kind::List(old), Kind::List(new)) => self.part(old, new, &inside(place)),
            (Kind::Map(key, value), Kind::Map(new_key, new_value)) => {
                self.part(key, new_key, &format!("{place}, a key"));
                self.part(value, new_value, &inside(place));
            }
            (Kind::Tuple(parts), Kind::Tuple(new_parts)) if parts.len() == new_parts.len() => {
                self.tuple(&parts, &new_parts, place);
            }
            (Kind::Tuple(parts), Kind::List(element)) => {
                self.becomes(old, new, place);
                for (number, part) in parts.into_iter().enumerate() {
                    self.part(part, element, &format!("{place}.{number}"));
                }
            }
            (Kind::BytesOrList | Kind::Scalar(Scalar::Bytes), Kind::List(element)) => {
                self.becomes(old, new, place);
                match self.new.types.kind(element).clone() {
                    Kind::Scalar(scalar) => self.scalars(Scalar::U8, scalar, &inside(place)),
                    _ => self.breaks(old, new, place),
                }
            }
            (Kind::List(element), Kind::BytesOrList) => {
                self.becomes(old, new, place);
                match self.old.types.kind(element).clone() {
                    Kind::Scalar(scalar) => self.scalars(scalar, Scalar::U8, &inside(place)),
                    _ => self.breaks(old, new, place),
                }
            }
            (Kind::Struct(fields), Kind::Struct(new_fields)) => {
                self.fields(&fields, &new_fields, place);
            }
            (Kind::Struct(fields), Kind::Map(key, value)) => {
                self.becomes(old, new, place);
                if !matches!(self.new.types.kind(key), Kind::Scalar(Scalar::Str)) {
                    self.breaks(old, new, place);
                }
                for field in fields.stored() {
                    self.part(field.part, value, &within(place, &field.name));
                }
            }
            (Kind::Map(key, value), Kind::Struct(fields)) => {
                self.map_to_struct(key, value, &fields, place);
            }
            (Kind::Enum(known), Kind::Enum(new_known)) => {
                self.variants(&known, &new_known, place);
            }
            (Kind::Enum(known), Kind::Scalar(Scalar::Str)) => match known.are_texts() {
                true => self.becomes(old, new, place),
                false => self.breaks(old, new, place),
            },
            _ => self.breaks(old, new, place),
        }
    }

    /// A type becomes one that reads it.
    fn becomes(&mut self, old: Id, new: Id, place: &str) {
        let (old, new) = self.texts(old, new);
        self.tell(
            Impact::Safe,
            place,
            format!("`{old}` becomes `{new}`"),
            String::new(),
        );
    }

    fn breaks(&mut self, old: Id, new: Id, place: &str) {
        let (old, new) = self.texts(old, new);
        let then = format!("it is parked: what was stored as `{old}` is not read as `{new}`");
        self.tell(
            Impact::Breaking,
            place,
            format!("`{old}` becomes `{new}`"),
            then,
        );
    }

    fn tuple(&mut self, old: &[Id], new: &[Id], place: &str) {
        // Of an array one element is enough.
        let is_array = |types: &Types, parts: &[Id]| {
            let mut pairs = parts.windows(2);
            pairs.all(|pair| matches!(pair, [a, b] if types.same(*a, types, *b)))
        };
        if let ([first, _, ..], [now, ..]) = (old, new)
            && is_array(&self.old.types, old)
            && is_array(&self.new.types, new)
        {
            return self.part(*first, *now, &inside(place));
        }
        for (number, (old, new)) in old.iter().zip(new).enumerate() {
            self.part(*old, *new, &format!("{place}.{number}"));
        }
    }
}

/// The place of what a list or a map has in it.
fn inside(place: &str) -> String {
    format!("{place}[]")
}

/// The place of a part with a name.
fn within(place: &str, name: &str) -> String {
    format!("{place}.{name}")
}
