//! What a run can't find out of a type, it takes from the lock: what was stored by the tests that ran before is
//! not the same each time, and must not fail a test.

use super::class::Class;
use super::types::{Id, Kind, Types};
use std::collections::{HashMap, HashSet};

/// Completes what is not known of the class by what the lock has. With `is_written`, what is known only by
/// what was seen is news, too.
pub(super) fn complete(new: &mut Class, old: &Class, is_written: bool) {
    let mut open: Vec<(Id, Id)> = Vec::new();
    for handler in &new.handlers {
        let known = old.handlers.iter().find(|known| known.name == handler.name);
        for param in &handler.params {
            let known = known.and_then(|known| {
                let mut params = known.params.iter();
                params.find(|known| known.name == param.name)
            });
            if let Some(known) = known {
                open.push((param.part, known.part));
            }
        }
    }
    let mut copied = HashMap::new();
    let mut met = HashSet::new();
    while let Some((id, known)) = open.pop() {
        if !met.insert((id, known)) {
            continue;
        }
        let (kind, known_kind) = (new.types.kind(id).clone(), old.types.kind(known));
        let is_news = match (&kind, known_kind) {
            (Kind::Unknown, Kind::Seen(_)) => false,
            (Kind::Seen(_), Kind::Unknown) => is_written,
            (Kind::Seen(seen), Kind::Seen(known)) => {
                is_written && !within(&new.types, *seen, &old.types, *known)
            }
            _ => true,
        };
        if !is_news {
            let copy = copy(&old.types, known, &mut new.types, &mut copied);
            let copy = new.types.get(copy).clone();
            new.types.set(id, copy.name, copy.kind);
            continue;
        }
        pairs(&kind, known_kind, &mut open);
    }
}

/// Whether what was seen of a type is no more than what was seen of another.
fn within(types: &Types, id: Id, others: &Types, other: Id) -> bool {
    let mut met = HashSet::new();
    let mut open = vec![(id, other)];
    while let Some((id, other)) = open.pop() {
        if !met.insert((id, other)) {
            continue;
        }
        let (kind, other) = (types.kind(id), others.kind(other));
        let fits = match (kind, other) {
            (Kind::Unknown, _) => true,
            (Kind::Scalar(scalar), Kind::Scalar(other)) => scalar == other,
            (Kind::Enum(known), Kind::Enum(other)) => known.variants.iter().all(|variant| {
                let mut others = other.variants.iter();
                others.any(|other| other.name == variant.name)
            }),
            (Kind::Struct(fields), Kind::Struct(others)) => {
                let names = fields.fields.iter().map(|field| &field.name);
                names.eq(others.fields.iter().map(|field| &field.name))
            }
            (Kind::Tuple(parts), Kind::Tuple(others)) => parts.len() == others.len(),
            (kind, other) => std::mem::discriminant(kind) == std::mem::discriminant(other),
        };
        if !fits {
            return false;
        }
        pairs(kind, other, &mut open);
    }
    true
}

/// The parts of two types that are the same part.
fn pairs(kind: &Kind, known: &Kind, open: &mut Vec<(Id, Id)>) {
    match (kind, known) {
        (Kind::Seen(part), Kind::Seen(known))
        | (Kind::Option(part), Kind::Option(known))
        | (Kind::List(part), Kind::List(known)) => open.push((*part, *known)),
        (Kind::Map(key, value), Kind::Map(known_key, known_value)) => {
            open.extend([(*key, *known_key), (*value, *known_value)]);
        }
        (Kind::Tuple(parts), Kind::Tuple(known)) => {
            open.extend(parts.iter().copied().zip(known.iter().copied()));
        }
        (Kind::Struct(fields), Kind::Struct(known)) => {
            for field in &fields.fields {
                let mut others = known.fields.iter();
                let other = others.find(|other| other.name == field.name);
                open.extend(other.map(|other| (field.part, other.part)));
            }
        }
        (Kind::Enum(variants), Kind::Enum(known)) => {
            for variant in &variants.variants {
                let mut others = known.variants.iter();
                let other = others.find(|other| other.name == variant.name);
                let mut parts = Vec::new();
                variant.content.parts(&mut |part| parts.push(part));
                let mut known = Vec::new();
                if let Some(other) = other {
                    other.content.parts(&mut |part| known.push(part));
                }
                if parts.len() == known.len() {
                    open.extend(parts.into_iter().zip(known));
                }
            }
        }
        _ => {}
    }
}

/// Takes a type over, with those in it.
fn copy(from: &Types, id: Id, to: &mut Types, copied: &mut HashMap<Id, Id>) -> Id {
    if let Some(copy) = copied.get(&id) {
        return *copy;
    }
    let place = to.add();
    copied.insert(id, place);
    let known = from.get(id);
    let mut kind = known.kind.clone();
    kind.parts_mut(&mut |part| *part = copy(from, *part, to, copied));
    to.set(place, known.name.clone(), kind);
    place
}
