//! A place in a shape, for a value that is held against it part by part. Where nothing is known, it is
//! a place at which no value lies.

use super::{Id, Name, Node, Scalar, Shape};

/// The nodes of the shape that a value is held against.
pub(in crate::codec) type Nodes<'k> = &'k [Node];

/// What is known of a part, in the shape that its value is held against.
#[derive(Clone, Copy)]
pub(in crate::codec) struct Cursor<'k>(&'k Node);

/// What is known of the parts that are still to come.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) enum Parts<'k> {
    #[default]
    Unknown,
    Tuple(&'k [Id]),
    Fields(&'k [(Name, Id)]),
}

impl Default for Cursor<'_> {
    #[inline]
    fn default() -> Self {
        Self(&Node::Unknown)
    }
}

impl Shape {
    #[inline]
    pub(in crate::codec) fn nodes(&self) -> Nodes<'_> {
        &self.nodes
    }

    #[inline]
    pub(in crate::codec) fn cursor(&self) -> Cursor<'_> {
        at(&self.nodes, 0)
    }
}

#[inline]
fn at(nodes: Nodes<'_>, id: Id) -> Cursor<'_> {
    nodes.get(id).map_or_else(Cursor::default, Cursor)
}

impl<'k> Cursor<'k> {
    #[inline]
    pub(in crate::codec) fn is(self, scalar: Scalar) -> bool {
        matches!(self.0, Node::Scalar(known) if *known == scalar)
    }

    #[inline]
    pub(in crate::codec) fn option(self, nodes: Nodes<'k>) -> Option<Self> {
        match self.0 {
            Node::Option(inner) => Some(at(nodes, *inner)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn seq(self, nodes: Nodes<'k>) -> Option<Self> {
        match self.0 {
            Node::Seq(element) => Some(at(nodes, *element)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn is_map(self) -> bool {
        matches!(self.0, Node::Map(..))
    }

    #[inline]
    pub(in crate::codec) fn key(self, nodes: Nodes<'k>) -> Self {
        match self.0 {
            Node::Map(key, _) => at(nodes, *key),
            _ => Self::default(),
        }
    }

    #[inline]
    pub(in crate::codec) fn value(self, nodes: Nodes<'k>) -> Self {
        match self.0 {
            Node::Map(_, value) => at(nodes, *value),
            _ => Self::default(),
        }
    }

    #[inline]
    pub(in crate::codec) fn tuple(self, len: usize) -> Option<Parts<'k>> {
        match self.0 {
            Node::Tuple(parts) if parts.len() == len => Some(Parts::Tuple(parts)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn fields(self, len: usize) -> Option<Parts<'k>> {
        match self.0 {
            Node::Struct(fields) if fields.len() == len => Some(Parts::Fields(fields)),
            _ => None,
        }
    }

    /// What is known of the content of a variant.
    #[inline]
    pub(in crate::codec) fn variant(self, index: u32, name: &'static str) -> Option<Self> {
        let Node::Enum(variants) = self.0 else {
            return None;
        };
        // Mostly all variants are known, and each is at its index.
        let at_index = variants.get(index as usize);
        let known = match at_index {
            Some(known) if known.index == index => known,
            _ => variants.iter().find(|known| known.index == index)?,
        };
        known.name.is(name).then_some(Cursor(&known.content))
    }

    #[inline]
    pub(in crate::codec) fn newtype(self, nodes: Nodes<'k>) -> Option<Self> {
        match self.0 {
            Node::Newtype(inner) => Some(at(nodes, *inner)),
            _ => None,
        }
    }
}

impl<'k> Parts<'k> {
    /// The next part of a tuple.
    #[inline]
    pub(in crate::codec) fn part(&mut self, nodes: Nodes<'k>) -> Option<Cursor<'k>> {
        let Parts::Tuple(parts) = self else {
            return None;
        };
        let (part, rest) = parts.split_first()?;
        *parts = rest;
        Some(at(nodes, *part))
    }

    /// The next field, if it has this name.
    #[inline]
    pub(in crate::codec) fn field(
        &mut self,
        name: &'static str,
        nodes: Nodes<'k>,
    ) -> Option<Cursor<'k>> {
        let Parts::Fields(fields) = self else {
            return None;
        };
        let ((known, part), rest) = fields.split_first()?;
        *fields = rest;
        known.is(name).then(|| at(nodes, *part))
    }

    #[inline]
    pub(in crate::codec) fn is_done(self) -> bool {
        match self {
            Parts::Tuple(rest) => rest.is_empty(),
            Parts::Fields(rest) => rest.is_empty(),
            Parts::Unknown => false,
        }
    }
}
