//! Records the shape of a value into what was seen of its type before.
//!
//! A struct, newtype or enum within one of the same name is taken for the same type, so that a recursive
//! type's shape does not grow with its values. Where that does not fit (`Wrapper<Wrapper<u32>>`), the
//! value is recorded again as a tree.

mod recorder;

pub(in crate::codec) use recorder::{Event, Form, Recorder};

use super::bytes::MAX_NODES;
use super::{Id, MAX_VALUE_DEPTH, Node, Shape};
use crate::codec::strict;
use std::fmt::Display;
use std::mem;

/// Why a value's shape can't be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The same part is of one type in one value and of another in the next.
    Differs {
        before: &'static str,
        now: &'static str,
    },
    /// It is too deep or has too many parts.
    TooLarge,
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
        }
    }
}

impl std::error::Error for Failure {}

/// Tells the recorder of a value.
type Tell<'t> = dyn Fn(&mut Recorder) -> Result<(), strict::Failure> + 't;

/// What is recorded of a type.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
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
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// With the value merged into it that `tell` tells of. On an error nothing has changed.
    pub(in crate::codec) fn with(&self, tell: &Tell<'_>) -> Result<Self, strict::Failure> {
        let mut recorded = Self::recorded(self.shape.nodes.clone(), self.folds, tell)?;
        if let (Err(Failure::Differs { .. }), true) = (&recorded, self.folds) {
            recorded = Self::recorded(Self::default().shape.nodes, false, tell)?;
        }
        recorded.map_err(|failure| strict::Failure::refused(&failure))
    }

    fn recorded(
        nodes: Vec<Node>,
        folds: bool,
        tell: &Tell<'_>,
    ) -> Result<Result<Self, Failure>, strict::Failure> {
        let mut recorder = Recorder::new(nodes, folds);
        tell(&mut recorder)?;
        if let Some(failure) = recorder.failure {
            return Ok(Err(failure));
        }
        let mut shape = Shape {
            nodes: recorder.nodes,
        };
        shape.compact();
        // Its stable form has limits of its own.
        Ok(match Shape::from_bytes(&shape.to_bytes()) {
            Ok(_) => Ok(Self { shape, folds }),
            Err(_) => Err(Failure::TooLarge),
        })
    }
}

impl Shape {
    /// Drops the nodes that nothing refers to; parents come before their parts.
    fn compact(&mut self) {
        let mut places = vec![None; self.nodes.len()];
        let mut order: Vec<Id> = Vec::new();
        let mut open = vec![0];
        while let Some(id) = open.pop() {
            if let Some(place @ None) = places.get_mut(id) {
                *place = Some(order.len());
                order.push(id);
                // The first part is to be the next.
                let before = open.len();
                self.node(id).parts(&mut |part| open.push(part));
                open.get_mut(before..).unwrap_or_default().reverse();
            }
        }
        let mut nodes = Vec::with_capacity(order.len());
        for id in order {
            let node = self.nodes.get_mut(id);
            let mut node = node.map_or(Node::Unknown, |node| mem::replace(node, Node::Unknown));
            node.parts_mut(&mut |part| {
                *part = places.get(*part).copied().flatten().unwrap_or(0);
            });
            nodes.push(node);
        }
        self.nodes = nodes;
    }
}
