//! Under which names parts are stored: what was asked for, and the shape of the values that were read, are gone
//! through side by side.

use super::super::probe::{self, Form, Probe};
use super::{ProbeId, ShapeId};
use crate::codec::{self, Node, Scalar, Shape};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The names under which parts are stored.
#[derive(Default)]
pub(super) struct Names {
    pub(super) scalar: Option<Scalar>,
    pub(super) fields: Vec<String>,
    /// By their places.
    pub(super) variants: BTreeMap<u32, String>,
    /// The fields of variants, by the variants' names.
    pub(super) variant_fields: HashMap<String, Vec<String>>,
}

#[derive(Default)]
pub(super) struct Stored {
    pub(super) nodes: HashMap<ProbeId, Names>,
}

impl Stored {
    /// Goes through what was asked for and what was stored of the same values.
    pub(super) fn walk(&mut self, probe: &Probe, shape: &Shape) {
        let mut met = HashSet::new();
        let mut open: Vec<(ProbeId, ShapeId)> = vec![(0, 0)];
        while let Some((id, shape_id)) = open.pop() {
            let Some((id, node)) = probe.node(id) else {
                continue;
            };
            if !met.insert((id, shape_id)) {
                continue;
            }
            let names = self.nodes.entry(id).or_default();
            match (&node.form, shape.node(shape_id)) {
                (Form::Scalar(_), Node::Scalar(scalar)) => names.scalar = Some(*scalar),
                (Form::Option(_, part), Node::Option(stored))
                | (Form::Seq(_, part), Node::Seq(stored)) => open.push((*part, *stored)),
                (Form::Map(_, key, value), Node::Map(stored_key, stored_value)) => {
                    open.extend([(*key, *stored_key), (*value, *stored_value)]);
                }
                (Form::Tuple(parts), Node::Tuple(stored)) => {
                    open.extend(parts.iter().copied().zip(stored.iter().copied()));
                }
                (Form::Struct(fields), Node::Struct(stored)) => {
                    names.fields = walk_fields(fields, stored, &mut open);
                }
                (Form::Enum(known), Node::Enum(stored)) => {
                    for variant in stored {
                        let name = variant.name.to_string();
                        let mut read = known.variants.iter();
                        let read = read.find(|read| *read.name == *name);
                        match (read.map(|read| &read.content), &variant.content) {
                            (Some(probe::Content::Newtype(part)), Node::Newtype(stored)) => {
                                open.push((*part, *stored));
                            }
                            (Some(probe::Content::Tuple(parts)), Node::Tuple(stored)) => {
                                open.extend(parts.iter().copied().zip(stored.iter().copied()));
                            }
                            (Some(probe::Content::Struct(fields)), Node::Struct(stored)) => {
                                let fields = walk_fields(fields, stored, &mut open);
                                names.variant_fields.insert(name.clone(), fields);
                            }
                            _ => {}
                        }
                        names.variants.insert(variant.index, name);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The names of fields as they are stored; their parts are to be gone through.
fn walk_fields(
    fields: &probe::Fields,
    stored: &[(codec::Name, ShapeId)],
    open: &mut Vec<(ProbeId, ShapeId)>,
) -> Vec<String> {
    let names: Vec<String> = stored.iter().map(|(name, _)| name.to_string()).collect();
    let pairs = paired(fields, &names);
    for ((_, stored), pair) in stored.iter().zip(pairs) {
        if let Some(part) = pair.and_then(|place| fields.fields.get(place)) {
            open.push((part.part, *stored));
        }
    }
    names
}

/// Which field is read where each of those is stored: that of its name, and where others are left over on both
/// sides, as with `rename(serialize = "…")`, the one at the same place among these.
pub(super) fn paired(fields: &probe::Fields, stored: &[String]) -> Vec<Option<usize>> {
    let place = |name: &String| fields.fields.iter().position(|field| field.name == name);
    let mut pairs: Vec<Option<usize>> = stored.iter().map(place).collect();
    let taken: HashSet<usize> = pairs.iter().flatten().copied().collect();
    let left = (0..fields.fields.len()).filter(|place| !taken.contains(place));
    let left: Vec<usize> = left.collect();
    let missing = pairs.iter_mut().filter(|pair| pair.is_none());
    let missing: Vec<_> = missing.collect();
    if missing.len() == left.len() {
        for (pair, place) in missing.into_iter().zip(left) {
            *pair = Some(place);
        }
    }
    pairs
}
