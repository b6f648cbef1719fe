//! A value that is read by its node.

use super::super::{MAX_VALUE_DEPTH, NOTHING, Node, Scalar, Variant};
use super::choice::Choice;
use super::number::Number;
use super::parts::{Parts, Rest};
use super::{Input, Part, Unresolved};
use crate::codec::wire::Source;
use serde::de::{self, Deserializer, Error as _, Unexpected, Visitor};

pub(super) struct Value<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) node: &'s Node,
}

/// A text, or what can stand for one.
enum Text<'s, 'de> {
    Str(&'de str),
    /// Of one character.
    Char(&'de str),
    Bytes(&'de [u8]),
    /// Of a field or a variant.
    Name(&'s str),
}

/// A text as it was stored, or a name in its place.
enum Named<'s, 'de> {
    Stored(&'de str),
    Name(&'s str),
}

impl<'de> Text<'_, 'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        match self {
            Text::Str(text) => visitor.visit_borrowed_str(text),
            Text::Char(text) => match text.chars().next() {
                Some(letter) => visitor.visit_char(letter),
                None => visitor.visit_borrowed_str(text),
            },
            Text::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Text::Name(name) => visitor.visit_str(name),
        }
    }
}

impl<'a, 's, 'de> Value<'a, 's, 'de> {
    /// Through options that have a value; nothing else was asked for.
    #[inline]
    fn through_options(&mut self, expected: &dyn de::Expected) -> Result<(), Unresolved> {
        match self.node {
            Node::Option(_) => self.through(expected),
            _ => Ok(()),
        }
    }

    #[cold]
    #[inline(never)]
    fn through(&mut self, expected: &dyn de::Expected) -> Result<(), Unresolved> {
        for _ in 0..MAX_VALUE_DEPTH {
            let Node::Option(inner) = self.node else {
                return Ok(());
            };
            if !self.input.take(Source::flag)? {
                return Err(Unresolved::invalid_type(Unexpected::Option, expected));
            }
            self.node = self.input.shape.node(*inner);
        }
        Err(Unresolved::told("it is nested too deep"))
    }

    #[inline(always)]
    fn number(&mut self) -> Number {
        match self.node {
            Node::Scalar(scalar) => Number::read(*scalar, &mut self.input.source),
            _ => Number::None,
        }
    }

    fn integer(mut self, expected: &dyn de::Expected) -> Number {
        if let Err(error) = self.through_options(expected) {
            return Number::Failed(error);
        }
        match self.number() {
            number @ (Number::I64(_) | Number::U64(_)) => number,
            other => other.no_integer(self.node, expected),
        }
    }

    fn float(mut self, is_single: bool, expected: &dyn de::Expected) -> Result<f64, Unresolved> {
        self.through_options(expected)?;
        self.number().float(is_single, self.node, expected)
    }

    fn text(mut self, expected: &dyn de::Expected) -> Result<Text<'s, 'de>, Unresolved> {
        self.through_options(expected)?;
        if let Some(name) = self.input.name.take() {
            return Ok(Text::Name(name));
        }
        Ok(match self.node {
            Node::Scalar(Scalar::Str) => Text::Str(self.input.take(Source::text)?),
            Node::Scalar(Scalar::Char) => Text::Char(self.input.take(|source| {
                let mut text = *source;
                source.letter()?;
                text.text()
            })?),
            Node::Scalar(Scalar::Bytes) => Text::Bytes(self.input.take(Source::bytes)?),
            Node::Enum(variants) => match self.input.variant(variants)? {
                Variant {
                    name,
                    content: Node::Scalar(_),
                    ..
                } => Text::Name(name),
                other => {
                    return Err(Unresolved::stored(
                        &format_args!("the variant `{}` with its content", &*other.name),
                        expected,
                    ));
                }
            },
            _ => return Err(self.unexpected(expected)),
        })
    }

    fn counted_text(self, expected: &dyn de::Expected) -> Result<Text<'s, 'de>, Unresolved> {
        let Value { input, node } = self;
        let text = Value {
            input: &mut *input,
            node,
        }
        .text(expected)?;
        if let Text::Name(name) = text {
            input.count_name(name)?;
        }
        Ok(text)
    }

    /// What is asked for as a text, be it stored as a character or as bytes.
    fn string(self, expected: &dyn de::Expected) -> Result<Named<'s, 'de>, Unresolved> {
        if let (Node::Scalar(Scalar::Str), None) = (self.node, self.input.name) {
            // As it mostly is.
            return Ok(Named::Stored(self.input.take(Source::text)?));
        }
        match self.counted_text(expected)? {
            Text::Name(name) => Ok(Named::Name(name)),
            Text::Str(text) | Text::Char(text) => Ok(Named::Stored(text)),
            Text::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Ok(Named::Stored(text)),
                Err(_) => Err(Unresolved::invalid_value(
                    Unexpected::Bytes(bytes),
                    expected,
                )),
            },
        }
    }

    /// A text that can be a name: neither a character nor bytes, so that serde's code for those is not
    /// compiled for each type.
    fn name(self, expected: &dyn de::Expected) -> Result<&'a str, Unresolved>
    where
        's: 'a,
        'de: 'a,
    {
        let node = self.node;
        match self.text(expected)? {
            Text::Name(name) | Text::Str(name) => Ok(name),
            Text::Char(_) | Text::Bytes(_) => Err(unexpected(node, expected)),
        }
    }

    fn unexpected(&self, expected: &dyn de::Expected) -> Unresolved {
        unexpected(self.node, expected)
    }

    /// The parts of a list, a tuple or bytes.
    fn parts_in_order(
        mut self,
        expected: &dyn de::Expected,
    ) -> Result<Parts<'a, 's, 'de>, Unresolved> {
        const BYTE: &Node = &Node::Scalar(Scalar::U8);
        self.through_options(expected)?;
        let rest = match self.node {
            Node::Seq(element) => {
                let element = self.input.shape.node(*element);
                Rest::List(element, self.input.take(Source::len)?)
            }
            Node::Tuple(parts) => Rest::Tuple(parts),
            // In postcard each is as a `u8` by itself is.
            Node::Scalar(Scalar::Bytes) => Rest::List(BYTE, self.input.take(Source::len)?),
            _ => return Err(self.unexpected(expected)),
        };
        Ok(Parts::new(self.input, rest))
    }

    /// The parts of a map or a struct.
    pub(super) fn named_parts(
        mut self,
        expected: &dyn de::Expected,
    ) -> Result<Parts<'a, 's, 'de>, Unresolved> {
        self.through_options(expected)?;
        let rest = match self.node {
            Node::Map(key, value) => Rest::Entries(*key, *value, self.input.take(Source::len)?),
            Node::Struct(fields) => Rest::Fields(fields),
            _ => return Err(self.unexpected(expected)),
        };
        Ok(Parts::new(self.input, rest))
    }

    fn choice(mut self, expected: &dyn de::Expected) -> Result<Choice<'a, 's, 'de>, Unresolved> {
        self.through_options(expected)?;
        let (name, content) = match self.node {
            Node::Enum(variants) => {
                let variant = self.input.variant(variants)?;
                (&*variant.name, &variant.content)
            }
            Node::Scalar(Scalar::Str) => match self.input.name.take() {
                Some(name) => (name, &NOTHING),
                None => (self.input.take(Source::text)?, &NOTHING),
            },
            _ => return Err(self.unexpected(expected)),
        };
        Ok(Choice {
            input: self.input,
            name,
            content,
        })
    }
}

#[cold]
#[inline(never)]
pub(super) fn unexpected(node: &Node, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::stored(&node.text(), expected)
}

macro_rules! integers {
    ($visit:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            self.integer(&visitor).$visit(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            match self.string(&visitor)? {
                Named::Stored(text) => visitor.visit_borrowed_str(text),
                Named::Name(name) => visitor.visit_str(name),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, '_, 'de> {
    type Error = Unresolved;

    integers! { visit_integer:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    integers! { visit: deserialize_i128 deserialize_u128 }

    texts! { deserialize_str deserialize_string }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.counted_text(&visitor)?.visit(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let name = match self.input.name.take() {
            Some(name) => name,
            None => self.name(&visitor)?,
        };
        visitor.visit_str(name)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        match self.number() {
            Number::None => {}
            number => return number.visit(visitor),
        }
        match self.node {
            Node::Unknown | Node::Newtype(_) => {
                Err(Unresolved::told("nothing is known of what was stored"))
            }
            Node::Scalar(Scalar::Bool) => self.deserialize_bool(visitor),
            Node::Scalar(Scalar::Unit) => visitor.visit_unit(),
            Node::Scalar(_) => self.counted_text(&visitor)?.visit(visitor),
            Node::Option(_) => self.deserialize_option(visitor),
            Node::Seq(_) | Node::Tuple(_) => self.deserialize_seq(visitor),
            Node::Map(..) | Node::Struct(_) => self.deserialize_map(visitor),
            Node::Enum(_) => self.deserialize_enum("", &[], visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        self.through_options(&visitor)?;
        match self.node {
            Node::Scalar(Scalar::Bool) => visitor.visit_bool(self.input.take(Source::flag)?),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let number = self.float(true, &visitor)?;
        visitor.visit_f32(number as f32)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let number = self.float(false, &visitor)?;
        visitor.visit_f64(number)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        self.through_options(&visitor)?;
        match self.node {
            Node::Seq(_) | Node::Tuple(_) => self.deserialize_seq(visitor),
            _ => self.counted_text(&visitor)?.visit(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let Value { input, node } = self;
        let Node::Option(inner) = node else {
            return visitor.visit_some(Value { input, node });
        };
        if !input.take(Source::flag)? {
            return visitor.visit_none();
        }
        let before = input.enter()?;
        let node = input.shape.node(*inner);
        let value = visitor.visit_some(Value {
            input: &mut *input,
            node,
        })?;
        input.leave(before)?;
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        self.through_options(&visitor)?;
        match self.node {
            Node::Scalar(Scalar::Unit) => visitor.visit_unit(),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        // No part of its own: a newtype is stored as what is in it.
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.parts_in_order(&visitor)?.visit_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.named_parts(&visitor)?.visit_map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let choice = self.choice(&visitor)?;
        let name = choice.name;
        match visitor.visit_enum(choice) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.within(Part::Name(name))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.input.skip_node(self.node)?;
        visitor.visit_unit()
    }
}
