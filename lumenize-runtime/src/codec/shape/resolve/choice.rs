//! A variant, as serde asks for it.

use super::super::{Node, Scalar};
use super::parts::{Parts, Rest};
use super::value::Value;
use super::{Input, Unresolved};
use serde::de::{self, DeserializeSeed, EnumAccess, VariantAccess, Visitor};

/// A variant, by name.
pub(super) struct Choice<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) name: &'a str,
    pub(super) content: &'s Node,
}

impl<'de> EnumAccess<'de> for Choice<'_, '_, 'de> {
    type Error = Unresolved;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), Unresolved> {
        let name = de::value::StrDeserializer::<Unresolved>::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl Choice<'_, '_, '_> {
    fn other(&self, expected: &str) -> Unresolved {
        let stored = match self.content {
            Node::Scalar(_) => "nothing",
            Node::Struct(_) => "named fields",
            content => content.text(),
        };
        Unresolved::new(format!(
            "the variant was stored with {stored}, {expected} is expected"
        ))
    }
}

impl<'a, 's, 'de> Choice<'a, 's, 'de> {
    fn named_parts(self, expected: &dyn de::Expected) -> Result<Parts<'a, 's, 'de>, Unresolved> {
        let rest = match self.content {
            Node::Struct(stored) => Rest::Fields(stored),
            // Serde says which fields are missing and have no default.
            Node::Scalar(Scalar::Unit) => Rest::Fields(&[]),
            Node::Newtype(inner) => {
                let node = self.input.shape.node(*inner);
                let input = self.input;
                return Value { input, node }.named_parts(expected);
            }
            _ => return Err(self.other("named fields")),
        };
        Ok(Parts::new(self.input, rest))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_, '_, 'de> {
    type Error = Unresolved;

    fn unit_variant(self) -> Result<(), Unresolved> {
        match self.content {
            Node::Scalar(Scalar::Unit) => Ok(()),
            _ => Err(self.other("nothing")),
        }
    }

    #[inline(never)]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        let Node::Newtype(inner) = self.content else {
            return Err(self.other("one value"));
        };
        let Choice { input, .. } = self;
        let before = input.enter()?;
        let node = input.shape.node(*inner);
        let value = seed.deserialize(Value {
            input: &mut *input,
            node,
        })?;
        input.leave(before)?;
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let Node::Tuple(parts) = self.content else {
            return Err(self.other("a tuple"));
        };
        Parts::new(self.input, Rest::Tuple(parts)).visit_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        self.named_parts(&visitor)?.visit_map(visitor)
    }
}
