//! What a type is: what it asks for when it is read, and what is stored of the values that it was read as.
//!
//! Reading tells what a type takes, storing under which names. Where it can't be read from nothing, as
//! when it refuses all that it is given, what this process has stored of its values so far stands in.

mod display;
mod stored;

use super::probe::{self, Form, Probe};
use super::types::{Content, Enum, Field, Fields, Id, Kind, Types, Variant};
use crate::codec::{self, Node, Payload, Recording, Scalar, Shape};
use display::display;
use std::collections::HashMap;
use stored::{Names, Stored, paired};

/// The place of a node of the probe's.
type ProbeId = probe::Id;
/// The place of a node of a shape.
type ShapeId = usize;

/// Adds the type to those that are known.
pub(super) fn learn<T: Payload>(types: &mut Types) -> Id {
    let mut recording = Ok(Recording::default());
    let probe = Probe::of::<T>(&mut |value| {
        if let Ok(known) = &recording {
            recording = codec::record(known, value);
        }
    });
    // What the codec refuses is refused where it is stored; then names are those by which it is read.
    let recording = recording.unwrap_or_default();
    let seen = codec::seen::<T>();
    let mut stored = Stored::default();
    stored.walk(&probe, recording.shape());
    let mut learner = Learner {
        probe: &probe,
        stored: &stored.nodes,
        seen: &seen,
        types,
        learned: HashMap::new(),
        shown: HashMap::new(),
    };
    learner.node(0, Some(0))
}

struct Learner<'l> {
    probe: &'l Probe,
    stored: &'l HashMap<ProbeId, Names>,
    seen: &'l Shape,
    types: &'l mut Types,
    learned: HashMap<ProbeId, Id>,
    shown: HashMap<ShapeId, Id>,
}

impl Learner<'_> {
    /// The type at a place; `seen` is the same in what this process has stored.
    fn node(&mut self, id: ProbeId, seen: Option<ShapeId>) -> Id {
        let Some((id, node)) = self.probe.node(id) else {
            return self.types.add();
        };
        if let Form::New | Form::Any = &node.form {
            return self.seen(seen);
        }
        if let Some(known) = self.learned.get(&id) {
            return *known;
        }
        let place = self.types.add();
        self.learned.insert(id, place);
        let nothing = Names::default();
        let names = self.stored.get(&id).unwrap_or(&nothing);
        let seen = seen.map(|seen| self.seen.node(seen));
        let kind = match (&node.form, seen) {
            (Form::New | Form::Any | Form::Same(_), _) => Kind::Unknown,
            (Form::Scalar(given), _) => match (names.scalar, given.reads_list) {
                (None | Some(Scalar::Bytes), Some(true)) => Kind::BytesOrList,
                (scalar, _) => Kind::Scalar(scalar.unwrap_or(given.scalar)),
            },
            (Form::Option(_, part), seen) => Kind::Option(self.node(
                *part,
                match seen {
                    Some(Node::Option(seen)) => Some(*seen),
                    _ => None,
                },
            )),
            (Form::Seq(_, part), seen) => Kind::List(self.node(
                *part,
                match seen {
                    Some(Node::Seq(seen)) => Some(*seen),
                    _ => None,
                },
            )),
            (Form::Map(_, key, value), seen) => {
                let (seen_key, seen_value) = match seen {
                    Some(Node::Map(key, value)) => (Some(*key), Some(*value)),
                    _ => (None, None),
                };
                Kind::Map(self.node(*key, seen_key), self.node(*value, seen_value))
            }
            (Form::Tuple(parts), seen) => Kind::Tuple(self.tuple(parts, seen)),
            (Form::Struct(fields), seen) => Kind::Struct(self.fields(fields, &names.fields, seen)),
            (Form::Enum(known), seen) => Kind::Enum(self.variants(known, names, seen)),
        };
        self.types.set(place, node.name.map(display), kind);
        place
    }

    fn tuple(&mut self, parts: &[ProbeId], seen: Option<&Node>) -> Vec<Id> {
        let seen: &[ShapeId] = match seen {
            Some(Node::Tuple(seen)) => seen,
            _ => &[],
        };
        let part = |(place, part): (usize, &ProbeId)| self.node(*part, seen.get(place).copied());
        parts.iter().enumerate().map(part).collect()
    }

    fn fields(&mut self, fields: &probe::Fields, stored: &[String], seen: Option<&Node>) -> Fields {
        let own: Vec<String>;
        let stored = match stored {
            [] => {
                own = fields
                    .fields
                    .iter()
                    .map(|field| field.name.to_owned())
                    .collect();
                &own
            }
            stored => stored,
        };
        let pairs = paired(fields, stored);
        let read_only = (0..fields.fields.len()).filter(|place| !pairs.contains(&Some(*place)));
        let named = stored.iter().zip(&pairs);
        let all = named
            .filter_map(|(name, place)| Some((Some(name), (*place)?)))
            .chain(read_only.map(|place| (None, place)));
        let mut known = Vec::new();
        for (name, place) in all {
            let Some(field) = fields.fields.get(place) else {
                continue;
            };
            let stored = name.map_or(field.name, |name| name);
            let seen = match seen {
                Some(Node::Struct(seen)) => {
                    let mut seen = seen.iter();
                    seen.find(|(name, _)| **name == *stored)
                        .map(|(_, part)| *part)
                }
                _ => None,
            };
            let mut reads = vec![field.name.to_owned()];
            reads.extend(field.aliases.iter().map(|alias| (*alias).to_owned()));
            known.push(Field {
                name: stored.to_owned(),
                reads,
                is_stored: name.is_some(),
                is_required: self.is_required(field),
                part: self.node(field.part, seen),
            });
        }
        Fields {
            fields: known,
            is_strict: fields.denies_unknown,
        }
    }

    /// Serde gives an option no value where it has none, unless it is told otherwise.
    fn is_required(&self, field: &probe::Field) -> Option<bool> {
        let part = self.probe.node(field.part);
        let is_option = part.is_some_and(|(_, part)| matches!(part.form, Form::Option(..)));
        field.is_required.or(is_option.then_some(false))
    }

    fn variants(&mut self, known: &probe::Enum, names: &Names, seen: Option<&Node>) -> Enum {
        let seen: &[codec::Variant] = match seen {
            Some(Node::Enum(seen)) => seen,
            _ => &[],
        };
        let mut variants = Vec::new();
        let nothing = Vec::new();
        for variant in &known.variants {
            let name = variant.name;
            let is_name = |stored: &String| stored == name;
            let seen = seen.iter().find(|seen| *seen.name == *name);
            let seen = seen.map(|seen| &seen.content);
            let fields = names.variant_fields.get(name).unwrap_or(&nothing);
            let content = match (&variant.content, seen) {
                (probe::Content::New, _) => Content::Unknown,
                (probe::Content::Unit, _) => Content::Unit,
                (probe::Content::Newtype(part), seen) => Content::Newtype(self.node(
                    *part,
                    match seen {
                        Some(Node::Newtype(seen)) => Some(*seen),
                        _ => None,
                    },
                )),
                (probe::Content::Tuple(parts), seen) => Content::Tuple(self.tuple(parts, seen)),
                (probe::Content::Struct(known), seen) => {
                    Content::Struct(self.fields(known, fields, seen))
                }
            };
            variants.push(Variant {
                name: name.to_owned(),
                // What was read under a name and stored under another has two.
                is_stored: names.variants.values().any(is_name) || !variant.is_read,
                is_read: true,
                content,
            });
        }
        self.renamed(&mut variants, known, names);
        Enum {
            variants,
            takes_others: known.takes_others == Some(true),
        }
    }

    /// Adds variants that are stored under one name and read under another, as with `rename(serialize = "…")`.
    fn renamed(&self, variants: &mut Vec<Variant>, known: &probe::Enum, names: &Names) {
        let is_read = |name: &&String| known.variants.iter().any(|variant| variant.name == **name);
        let stored = names.variants.values().filter(|name| !is_read(name));
        let stored: Vec<&String> = stored.collect();
        let read = variants.iter().filter(|variant| !variant.is_stored);
        let contents: Vec<Content> = read.map(|variant| variant.content.clone()).collect();
        let is_sure = contents.len() == stored.len();
        for (name, content) in stored.into_iter().zip(contents) {
            variants.push(Variant {
                name: name.clone(),
                is_stored: true,
                is_read: false,
                content: if is_sure { content } else { Content::Unknown },
            });
        }
    }

    /// What was seen of a type that can't be read from nothing.
    fn seen(&mut self, seen: Option<ShapeId>) -> Id {
        match seen.map(|seen| (seen, self.seen.node(seen))) {
            None | Some((_, Node::Unknown)) => self.types.add(),
            Some((seen, _)) => {
                let part = self.seen_node(seen);
                let place = self.types.add();
                self.types.set(place, None, Kind::Seen(part));
                place
            }
        }
    }

    fn seen_node(&mut self, id: ShapeId) -> Id {
        if let Some(known) = self.shown.get(&id) {
            return *known;
        }
        let place = self.types.add();
        self.shown.insert(id, place);
        let shape = self.seen;
        let kind = match shape.node(id) {
            Node::Unknown => Kind::Unknown,
            Node::Scalar(scalar) => Kind::Scalar(*scalar),
            Node::Option(part) => Kind::Option(self.seen_node(*part)),
            Node::Seq(part) => Kind::List(self.seen_node(*part)),
            Node::Map(key, value) => Kind::Map(self.seen_node(*key), self.seen_node(*value)),
            Node::Tuple(parts) => Kind::Tuple(self.seen_parts(parts)),
            Node::Struct(fields) => Kind::Struct(self.seen_fields(fields)),
            Node::Newtype(part) => Kind::Seen(self.seen_node(*part)),
            Node::Enum(variants) => {
                let variant = |variant: &codec::Variant| Variant {
                    name: variant.name.to_string(),
                    is_stored: true,
                    is_read: true,
                    content: self.seen_content(&variant.content),
                };
                Kind::Enum(Enum {
                    variants: variants.iter().map(variant).collect(),
                    takes_others: false,
                })
            }
        };
        self.types.set(place, None, kind);
        place
    }

    fn seen_parts(&mut self, parts: &[ShapeId]) -> Vec<Id> {
        parts.iter().map(|part| self.seen_node(*part)).collect()
    }

    fn seen_fields(&mut self, fields: &[(codec::Name, ShapeId)]) -> Fields {
        let field = |(name, part): &(codec::Name, ShapeId)| Field {
            name: name.to_string(),
            reads: vec![name.to_string()],
            is_stored: true,
            is_required: None,
            part: self.seen_node(*part),
        };
        Fields {
            fields: fields.iter().map(field).collect(),
            is_strict: false,
        }
    }

    fn seen_content(&mut self, content: &Node) -> Content {
        match content {
            Node::Newtype(part) => Content::Newtype(self.seen_node(*part)),
            Node::Tuple(parts) => Content::Tuple(self.seen_parts(parts)),
            Node::Struct(fields) => Content::Struct(self.seen_fields(fields)),
            _ => Content::Unit,
        }
    }
}
