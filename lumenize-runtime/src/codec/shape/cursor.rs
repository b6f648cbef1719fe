//! A place in a shape, for a value that is held against it part by part.

use super::{Content, Id, Name, Node, Scalar, Shape};

/// What is known of a part; the default is nothing, which nothing lies within.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct Cursor<'k>(Option<(&'k Shape, &'k Node)>);

/// What is known of a variant's content.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct VariantCursor<'k>(Option<(&'k Shape, &'k Content)>);

/// What is known of the parts that are still to come.
#[derive(Clone, Copy, Default)]
pub(in crate::codec) struct Parts<'k>(Option<(&'k Shape, Rest<'k>)>);

#[derive(Clone, Copy)]
enum Rest<'k> {
    Tuple(&'k [Id]),
    Fields(&'k [(Name, Id)]),
}

impl Shape {
    #[inline]
    pub(in crate::codec) fn cursor(&self) -> Cursor<'_> {
        self.at(0)
    }

    #[inline]
    fn at(&self, id: Id) -> Cursor<'_> {
        Cursor(Some((self, self.node(id))))
    }
}

impl<'k> Cursor<'k> {
    #[inline]
    pub(in crate::codec) fn is(self, scalar: Scalar) -> bool {
        matches!(self.0, Some((_, Node::Scalar(known))) if *known == scalar)
    }

    #[inline]
    pub(in crate::codec) fn option(self) -> Option<Self> {
        match self.0? {
            (shape, Node::Option(inner)) => Some(shape.at(*inner)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn seq(self) -> Option<Self> {
        match self.0? {
            (shape, Node::Seq(element)) => Some(shape.at(*element)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn is_map(self) -> bool {
        matches!(self.0, Some((_, Node::Map(..))))
    }

    #[inline]
    pub(in crate::codec) fn key(self) -> Self {
        match self.0 {
            Some((shape, Node::Map(key, _))) => shape.at(*key),
            _ => Self(None),
        }
    }

    #[inline]
    pub(in crate::codec) fn value(self) -> Self {
        match self.0 {
            Some((shape, Node::Map(_, value))) => shape.at(*value),
            _ => Self(None),
        }
    }

    #[inline]
    pub(in crate::codec) fn tuple(self, len: usize) -> Option<Parts<'k>> {
        match self.0? {
            (shape, Node::Tuple(parts)) if parts.len() == len => {
                Some(Parts(Some((shape, Rest::Tuple(parts)))))
            }
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn fields(self, len: usize) -> Option<Parts<'k>> {
        match self.0? {
            (shape, Node::Struct(fields)) if fields.len() == len => {
                Some(Parts(Some((shape, Rest::Fields(fields)))))
            }
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn variant(
        self,
        index: u32,
        name: &'static str,
    ) -> Option<VariantCursor<'k>> {
        let (shape, Node::Enum(variants)) = self.0? else {
            return None;
        };
        // Mostly all variants are known, and each is at its index.
        let at_index = variants.get(index as usize);
        let known = match at_index {
            Some(known) if known.index == index => known,
            _ => variants.iter().find(|known| known.index == index)?,
        };
        let content = known.name.is(name).then_some(&known.content)?;
        Some(VariantCursor(Some((shape, content))))
    }
}

impl<'k> VariantCursor<'k> {
    #[inline]
    pub(in crate::codec) fn is_unit(self) -> bool {
        matches!(self.0, Some((_, Content::Unit)))
    }

    #[inline]
    pub(in crate::codec) fn newtype(self) -> Option<Cursor<'k>> {
        match self.0? {
            (shape, Content::Newtype(inner)) => Some(shape.at(*inner)),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::codec) fn tuple(self, len: usize) -> Option<Parts<'k>> {
        match self.0? {
            (shape, Content::Tuple(parts)) if parts.len() == len => {
                Some(Parts(Some((shape, Rest::Tuple(parts)))))
            }
            _ => None,
        }
    }

    #[inline]
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
    #[inline]
    pub(in crate::codec) fn part(&mut self) -> Option<Cursor<'k>> {
        let (shape, Rest::Tuple(parts)) = self.0? else {
            return None;
        };
        let (part, rest) = parts.split_first()?;
        self.0 = Some((shape, Rest::Tuple(rest)));
        Some(shape.at(*part))
    }

    /// The next field, if it has this name.
    #[inline]
    pub(in crate::codec) fn field(&mut self, name: &'static str) -> Option<Cursor<'k>> {
        let (shape, Rest::Fields(fields)) = self.0? else {
            return None;
        };
        let ((known, part), rest) = fields.split_first()?;
        self.0 = Some((shape, Rest::Fields(rest)));
        known.is(name).then(|| shape.at(*part))
    }

    #[inline]
    pub(in crate::codec) fn is_done(self) -> bool {
        match self.0 {
            Some((_, Rest::Tuple(rest))) => rest.is_empty(),
            Some((_, Rest::Fields(rest))) => rest.is_empty(),
            None => false,
        }
    }
}
