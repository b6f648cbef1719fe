//! Records the shape of a value into what was seen of its type before.
//!
//! A struct, newtype or enum within one of the same name is taken for the same type, so that a recursive
//! type's shape does not grow with its values. Where that does not fit (`Wrapper<Wrapper<u32>>`), the
//! value is recorded again as a tree.

mod recorder;

pub(in crate::codec) use recorder::{Event, Form, Recorder};

use super::bytes::MAX_NODES;
use super::{MAX_VALUE_DEPTH, Node, Shape};
use crate::codec::strict;
use std::fmt::Display;

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
        let mut recorder = Self::recorded(&self.shape, self.folds, tell)?;
        if let (Some(Failure::Differs { .. }), true) = (&recorder.failure, self.folds) {
            recorder = Self::recorded(&Self::default().shape, false, tell)?;
        }
        if let Some(failure) = recorder.failure {
            return Err(strict::Failure::refused(&failure));
        }
        let nodes = recorder.nodes;
        Ok(Self {
            shape: Shape { nodes }.compact()?,
            folds: recorder.folds,
        })
    }

    fn recorded(known: &Shape, folds: bool, tell: &Tell<'_>) -> Result<Recorder, strict::Failure> {
        let mut recorder = Recorder::new(known.compact()?.nodes, folds);
        tell(&mut recorder)?;
        Ok(recorder)
    }
}

impl Shape {
    /// A copy, without the nodes that nothing refers to. The stable form has limits of its own.
    fn compact(&self) -> Result<Self, strict::Failure> {
        Self::from_bytes(&self.to_bytes()).map_err(|_| strict::Failure::refused(&Failure::TooLarge))
    }
}
