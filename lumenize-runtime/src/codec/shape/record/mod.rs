//! Records the shape of a value into what was seen of its type before.
//!
//! A struct or enum within one of the same name is taken for the same type, so that a recursive
//! type's shape does not grow with its values. Where that does not fit (`Wrapper<Wrapper<u32>>`), the
//! value is recorded again as a tree.

mod serializer;

use super::bytes::MAX_NODES;
use super::{Content, Id, MAX_VALUE_DEPTH, Node, Shape};
use serde::ser::{self, Serialize};
use serializer::At;
use std::fmt::Display;

/// Why a value's shape can't be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::codec) enum Failure {
    /// The same part is of one type in one value and of another in the next.
    Differs {
        before: &'static str,
        now: &'static str,
    },
    /// It is too deep or has too many parts.
    TooLarge,
    /// `skip_serializing_if` left this field out.
    Skipped(&'static str),
    /// The value's own `Serialize` refused.
    Custom(String),
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Differs { before, now } => write!(
                f,
                "a part of it is {before} in one value and {now} in another"
            ),
            Failure::TooLarge => write!(
                f,
                "it is nested more than {MAX_VALUE_DEPTH} deep or has more than {MAX_NODES} kinds of parts"
            ),
            Failure::Skipped(field) => write!(f, "the field `{field}` was skipped"),
            Failure::Custom(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: Display>(message: T) -> Self {
        Failure::Custom(message.to_string())
    }
}

/// What is recorded of a type.
#[derive(Clone, Debug)]
pub(in crate::codec) struct Recording {
    shape: Shape,
    /// Whether a type within itself is told by its name.
    folds: bool,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            shape: Shape {
                nodes: vec![Node::Unknown],
            },
            folds: true,
        }
    }
}

impl Recording {
    pub(in crate::codec) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// With this value merged into it. On an error nothing has changed.
    pub(in crate::codec) fn with<T: Serialize + ?Sized>(&self, value: &T) -> Result<Self, Failure> {
        let attempt = |mut recording: Self| {
            let mut recorder = Recorder {
                nodes: &mut recording.shape.nodes,
                folds: recording.folds,
                open: Vec::new(),
                depth: 0,
            };
            let root = value.serialize(At(&mut recorder, 0))?;
            recorder.settle(0, root)?;
            recording.shape.compact();
            // Its stable form has limits of its own.
            match Shape::from_bytes(&recording.shape.to_bytes()) {
                Ok(again) if again == recording.shape => Ok(recording),
                _ => Err(Failure::TooLarge),
            }
        };
        match attempt(self.clone()) {
            Err(Failure::Differs { .. }) if self.folds => attempt(Self {
                folds: false,
                ..Self::default()
            }),
            recorded => recorded,
        }
    }
}

impl Shape {
    /// Drops the nodes that nothing refers to; parents come before their parts.
    fn compact(&mut self) {
        let mut places = vec![None; self.nodes.len()];
        let mut order = Vec::new();
        let mut open = vec![0];
        while let Some(id) = open.pop() {
            if let Some(place @ None) = places.get_mut(id) {
                *place = Some(order.len());
                order.push(id);
                open.extend(super::children(self.node(id)).into_iter().rev());
            }
        }
        let place = |id: &mut Id| *id = places.get(*id).copied().flatten().unwrap_or(0);
        let mut nodes = Vec::with_capacity(order.len());
        for id in order {
            let mut node = self.node(id).clone();
            match &mut node {
                Node::Unknown | Node::Scalar(_) => {}
                Node::Option(a) | Node::Seq(a) => place(a),
                Node::Map(a, b) => {
                    place(a);
                    place(b);
                }
                Node::Tuple(parts) => parts.iter_mut().for_each(place),
                Node::Struct(fields) => fields.iter_mut().for_each(|(_, id)| place(id)),
                Node::Enum(variants) => {
                    for variant in variants {
                        match &mut variant.content {
                            Content::Unit => {}
                            Content::Newtype(a) => place(a),
                            Content::Tuple(parts) => parts.iter_mut().for_each(place),
                            Content::Struct(fields) => {
                                fields.iter_mut().for_each(|(_, id)| place(id));
                            }
                        }
                    }
                }
            }
            nodes.push(node);
        }
        self.nodes = nodes;
    }
}

struct Recorder<'r> {
    nodes: &'r mut Vec<Node>,
    folds: bool,
    /// The named types around the value that is being recorded, and their nodes.
    open: Vec<(&'static str, Id)>,
    depth: usize,
}

impl Recorder<'_> {
    fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Unknown)
    }

    fn set(&mut self, id: Id, node: Node) {
        if let Some(place) = self.nodes.get_mut(id) {
            *place = node;
        }
    }

    fn fresh(&mut self) -> Result<Id, Failure> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Failure::TooLarge);
        }
        self.nodes.push(Node::Unknown);
        Ok(self.nodes.len() - 1)
    }

    /// The node `at` is to be what `new` makes of it if nothing is known, or is that already.
    fn expect(
        &mut self,
        at: Id,
        now: &'static str,
        fits: impl FnOnce(&Node) -> bool,
        new: impl FnOnce(&mut Self) -> Result<Node, Failure>,
    ) -> Result<(), Failure> {
        match self.node(at) {
            Node::Unknown => {
                let node = new(self)?;
                self.set(at, node);
                Ok(())
            }
            node if fits(node) => Ok(()),
            _ => Err(self.differs(at, now)),
        }
    }

    fn differs(&self, at: Id, now: &'static str) -> Failure {
        let text = |node: &Node| {
            Shape {
                nodes: vec![node.clone()],
            }
            .text(0)
        };
        Failure::Differs {
            before: text(self.node(at)),
            now,
        }
    }

    /// A part was to be recorded at `planned` and was recorded at `actual`: what was known at the
    /// planned place must be nothing, if they differ.
    fn settle(&self, planned: Id, actual: Id) -> Result<(), Failure> {
        match self.node(planned) {
            _ if planned == actual => Ok(()),
            Node::Unknown => Ok(()),
            _ => Err(self.differs(planned, "a value of the type around it")),
        }
    }

    /// Records a part at `planned` and says where it is.
    fn part<T: Serialize + ?Sized>(&mut self, planned: Id, value: &T) -> Result<Id, Failure> {
        if self.depth >= MAX_VALUE_DEPTH {
            return Err(Failure::TooLarge);
        }
        self.depth += 1;
        let actual = value.serialize(At(self, planned))?;
        self.depth -= 1;
        self.settle(planned, actual)?;
        Ok(actual)
    }

    /// Where a value of a named type is recorded: with the one around it, if that is of this name.
    fn enter(&mut self, name: &'static str, at: Id) -> Id {
        let around = self.open.iter().rev().find(|(open, _)| *open == name);
        let id = match (around, self.node(at)) {
            (Some((_, around)), Node::Unknown) if self.folds => *around,
            _ => at,
        };
        self.open.push((name, id));
        id
    }

    fn leave(&mut self) {
        self.open.pop();
    }
}
