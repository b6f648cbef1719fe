//! A place in a shape, for a value that is held against it part by part.

use super::{Content, Id, Node, Scalar, Shape};

/// What is known of a part; the default is nothing, which nothing lies within.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct Cursor<'k>(Option<(&'k Shape, Id)>);

/// What is known of a variant's content.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct VariantCursor<'k>(Option<(&'k Shape, &'k Content)>);

/// What is known of the parts that are still to come.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct Parts<'k>(Option<(&'k Shape, Rest<'k>)>);

#[derive(Clone, Copy)]
enum Rest<'k> {
    Tuple(&'k [Id]),
    Fields(&'k [(Box<str>, Id)]),
}

impl Shape {
    pub(in crate::codec) fn cursor(&self) -> Cursor<'_> {
        Cursor(Some((self, 0)))
    }
}

impl<'k> Cursor<'k> {
    fn node(self) -> Option<(&'k Shape, &'k Node)> {
        self.0.map(|(shape, id)| (shape, shape.node(id)))
    }

    pub(in crate::codec) fn is(self, scalar: Scalar) -> bool {
        matches!(self.node(), Some((_, Node::Scalar(known))) if *known == scalar)
    }

    pub(in crate::codec) fn option(self) -> Option<Self> {
        match self.node()? {
            (shape, Node::Option(inner)) => Some(Self(Some((shape, *inner)))),
            _ => None,
        }
    }

    pub(in crate::codec) fn seq(self) -> Option<Self> {
        match self.node()? {
            (shape, Node::Seq(element)) => Some(Self(Some((shape, *element)))),
            _ => None,
        }
    }

    pub(in crate::codec) fn is_map(self) -> bool {
        matches!(self.node(), Some((_, Node::Map(..))))
    }

    pub(in crate::codec) fn key(self) -> Self {
        match self.node() {
            Some((shape, Node::Map(key, _))) => Self(Some((shape, *key))),
            _ => Self(None),
        }
    }

    pub(in crate::codec) fn value(self) -> Self {
        match self.node() {
            Some((shape, Node::Map(_, value))) => Self(Some((shape, *value))),
            _ => Self(None),
        }
    }

    pub(in crate::codec) fn tuple(self, len: usize) -> Option<Parts<'k>> {
        match self.node()? {
            (shape, Node::Tuple(parts)) if parts.len() == len => {
                Some(Parts(Some((shape, Rest::Tuple(parts)))))
            }
            _ => None,
        }
    }

    pub(in crate::codec) fn fields(self, len: usize) -> Option<Parts<'k>> {
        match self.node()? {
            (shape, Node::Struct(fields)) if fields.len() == len => {
                Some(Parts(Some((shape, Rest::Fields(fields)))))
            }
            _ => None,
        }
    }

    pub(in crate::codec) fn variant(self, index: u32, name: &str) -> Option<VariantCursor<'k>> {
        let (shape, Node::Enum(variants)) = self.node()? else {
            return None;
        };
        // Mostly all variants are known, and each is at its index.
        let at_index = variants.get(index as usize);
        let known = match at_index {
            Some(known) if known.index == index => known,
            _ => variants.iter().find(|known| known.index == index)?,
        };
        let content = (*known.name == *name).then_some(&known.content)?;
        Some(VariantCursor(Some((shape, content))))
    }
}

impl<'k> VariantCursor<'k> {
    pub(in crate::codec) fn is_unit(self) -> bool {
        matches!(self.0, Some((_, Content::Unit)))
    }

    pub(in crate::codec) fn newtype(self) -> Option<Cursor<'k>> {
        match self.0? {
            (shape, Content::Newtype(inner)) => Some(Cursor(Some((shape, *inner)))),
            _ => None,
        }
    }

    pub(in crate::codec) fn tuple(self, len: usize) -> Option<Parts<'k>> {
        match self.0? {
            (shape, Content::Tuple(parts)) if parts.len() == len => {
                Some(Parts(Some((shape, Rest::Tuple(parts)))))
            }
            _ => None,
        }
    }

    pub(in crate::codec) fn fields(self, len: usize) -> Option<Parts<'k>> {
        match self.0? {
            (shape, Content::Struct(fields)) if fields.len() == len => {
                Some(Parts(Some((shape, Rest::Fields(fields)))))
            }
            _ => None,
        }
    }
}

impl<'k> Parts<'k> {
    /// The next part of a tuple.
    pub(in crate::codec) fn part(&mut self) -> Option<Cursor<'k>> {
        let (shape, Rest::Tuple(parts)) = self.0? else {
            return None;
        };
        let (part, rest) = parts.split_first()?;
        self.0 = Some((shape, Rest::Tuple(rest)));
        Some(Cursor(Some((shape, *part))))
    }

    /// The next field, if it has this name.
    pub(in crate::codec) fn field(&mut self, name: &str) -> Option<Cursor<'k>> {
        let (shape, Rest::Fields(fields)) = self.0? else {
            return None;
        };
        let ((known, part), rest) = fields.split_first()?;
        self.0 = Some((shape, Rest::Fields(rest)));
        (**known == *name).then_some(Cursor(Some((shape, *part))))
    }

    pub(in crate::codec) fn is_done(self) -> bool {
        match self.0 {
            Some((_, Rest::Tuple(rest))) => rest.is_empty(),
            Some((_, Rest::Fields(rest))) => rest.is_empty(),
            None => false,
        }
    }
}
