//! A value that is read by its node.

use super::super::{Content, MAX_VALUE_DEPTH, Node, Scalar, Variant};
use super::choice::Choice;
use super::parts::{Parts, Rest};
use super::{Input, Part, Unresolved};
use serde::de::{self, Deserializer, Error as _, Unexpected, Visitor};
use std::fmt::Display;

pub(super) struct Value<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) node: &'s Node,
}

/// A number as it was stored.
enum Number {
    Signed(i128),
    Unsigned(u128),
    F32(f32),
    F64(f64),
}

/// A number that an integer may be asked for of. One that does not fit into 64 bits is rare, and in a
/// box, so that all others fit into registers.
enum Integer {
    I64(i64),
    U64(u64),
    I128(Box<i128>),
    U128(Box<u128>),
}

/// A text, or what can stand for one.
enum Text<'s, 'de> {
    Str(&'de str),
    Char(char),
    Bytes(&'de [u8]),
    /// Of a field or a variant.
    Name(&'s str),
}

impl<'a, 's, 'de> Value<'a, 's, 'de> {
    /// Through options that have a value; nothing else was asked for.
    fn through_options(&mut self, expected: &dyn de::Expected) -> Result<(), Unresolved> {
        for _ in 0..MAX_VALUE_DEPTH {
            let Node::Option(inner) = self.node else {
                return Ok(());
            };
            if !self.input.take::<bool>()? {
                return Err(Unresolved::invalid_type(Unexpected::Option, expected));
            }
            self.node = self.input.shape.node(*inner);
        }
        Err(Unresolved::custom("it is nested too deep"))
    }

    fn number(&mut self) -> Result<Option<Number>, Unresolved> {
        let Node::Scalar(scalar) = self.node else {
            return Ok(None);
        };
        let input = &mut *self.input;
        Ok(Some(match scalar {
            Scalar::I8 => Number::Signed(input.take::<i8>()?.into()),
            Scalar::I16 => Number::Signed(input.take::<i16>()?.into()),
            Scalar::I32 => Number::Signed(input.take::<i32>()?.into()),
            Scalar::I64 => Number::Signed(input.take::<i64>()?.into()),
            Scalar::I128 => Number::Signed(input.take()?),
            Scalar::U8 => Number::Unsigned(input.take::<u8>()?.into()),
            Scalar::U16 => Number::Unsigned(input.take::<u16>()?.into()),
            Scalar::U32 => Number::Unsigned(input.take::<u32>()?.into()),
            Scalar::U64 => Number::Unsigned(input.take::<u64>()?.into()),
            Scalar::U128 => Number::Unsigned(input.take()?),
            Scalar::F32 => Number::F32(input.take()?),
            Scalar::F64 => Number::F64(input.take()?),
            _ => return Ok(None),
        }))
    }

    fn integer(mut self, expected: &dyn de::Expected) -> Result<Integer, Unresolved> {
        self.through_options(expected)?;
        let Node::Scalar(scalar) = self.node else {
            return Err(self.unexpected(expected));
        };
        let input = &mut *self.input;
        Ok(match scalar {
            Scalar::U8 => Integer::U64(input.take::<u8>()?.into()),
            Scalar::U16 => Integer::U64(input.take::<u16>()?.into()),
            Scalar::U32 => Integer::U64(input.take::<u32>()?.into()),
            Scalar::U64 => Integer::U64(input.take()?),
            Scalar::I8 => Integer::I64(input.take::<i8>()?.into()),
            Scalar::I16 => Integer::I64(input.take::<i16>()?.into()),
            Scalar::I32 => Integer::I64(input.take::<i32>()?.into()),
            Scalar::I64 => Integer::I64(input.take()?),
            Scalar::I128 => signed(input.take()?),
            Scalar::U128 => unsigned(input.take()?),
            _ => {
                return Err(match self.number()? {
                    Some(Number::F32(number)) => float(number.into(), expected),
                    Some(Number::F64(number)) => float(number, expected),
                    _ => self.unexpected(expected),
                });
            }
        })
    }

    /// A number of 32 bits if `single`, which it must be exactly.
    fn float(mut self, single: bool, expected: &dyn de::Expected) -> Result<f64, Unresolved> {
        self.through_options(expected)?;
        let exact: u128 = if single { 1 << 24 } else { 1 << 53 };
        match self.number()? {
            Some(Number::F32(number)) => Ok(number.into()),
            Some(Number::F64(number)) => {
                let fits = !single || f64::from(number as f32) == number || number.is_nan();
                fits.then_some(number)
                    .ok_or_else(|| float(number, expected))
            }
            Some(Number::Signed(number)) => match number.unsigned_abs() <= exact {
                true => Ok(number as f64),
                false => Err(inexact(number, expected)),
            },
            Some(Number::Unsigned(number)) => match number <= exact {
                true => Ok(number as f64),
                false => Err(inexact(number, expected)),
            },
            None => Err(self.unexpected(expected)),
        }
    }

    fn text(mut self, expected: &dyn de::Expected) -> Result<Text<'s, 'de>, Unresolved> {
        self.through_options(expected)?;
        if let Some(name) = self.input.name.take() {
            return Ok(Text::Name(name));
        }
        Ok(match self.node {
            Node::Scalar(Scalar::Str) => Text::Str(self.input.take()?),
            Node::Scalar(Scalar::Char) => Text::Char(self.input.take()?),
            Node::Scalar(Scalar::Bytes) => Text::Bytes(self.input.take()?),
            Node::Enum(variants) => match self.input.variant(variants)? {
                Variant {
                    name,
                    content: Content::Unit,
                    ..
                } => Text::Name(name),
                other => {
                    return Err(Unresolved::custom(format!(
                        "the variant `{}` with its content was stored, {expected} is expected",
                        &*other.name
                    )));
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

    fn visit_text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        if let (Node::Scalar(Scalar::Str), None) = (self.node, self.input.name) {
            // As it mostly is.
            return visitor.visit_borrowed_str(self.input.take()?);
        }
        match self.counted_text(&visitor)? {
            Text::Str(text) => visitor.visit_borrowed_str(text),
            Text::Char(text) => visitor.visit_char(text),
            Text::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Text::Name(name) => visitor.visit_str(name),
        }
    }

    /// A text that can be a name: neither a character nor bytes, so that serde's code for those is not
    /// compiled for each type.
    fn name(self, expected: &dyn de::Expected) -> Result<&'a str, Unresolved>
    where
        's: 'a,
        'de: 'a,
    {
        if let Some(name) = self.input.name.take() {
            return Ok(name);
        }
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
                Rest::List(element, self.input.take()?)
            }
            Node::Tuple(parts) => Rest::Tuple(parts),
            // In postcard each is as a `u8` by itself is.
            Node::Scalar(Scalar::Bytes) => Rest::List(BYTE, self.input.take()?),
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
            Node::Map(key, value) => Rest::Entries(*key, *value, self.input.take()?),
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
                Some(name) => (name, &Content::Unit),
                None => (self.input.take::<&str>()?, &Content::Unit),
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

fn unexpected(node: &Node, expected: &dyn de::Expected) -> Unresolved {
    let stored = node.text();
    Unresolved::custom(format!("{stored} was stored, {expected} is expected"))
}

fn signed(number: i128) -> Integer {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => Integer::U64(number),
        (_, Ok(number)) => Integer::I64(number),
        _ => Integer::I128(Box::new(number)),
    }
}

fn unsigned(number: u128) -> Integer {
    match u64::try_from(number) {
        Ok(number) => Integer::U64(number),
        Err(_) => Integer::U128(Box::new(number)),
    }
}

fn visit_integer<'de, V: Visitor<'de>>(
    number: Integer,
    visitor: V,
) -> Result<V::Value, Unresolved> {
    match number {
        Integer::U64(number) => visitor.visit_u64(number),
        Integer::I64(number) => visitor.visit_i64(number),
        Integer::U128(number) => visitor.visit_u128(*number),
        Integer::I128(number) => visitor.visit_i128(*number),
    }
}

fn float(number: f64, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::invalid_value(Unexpected::Float(number), expected)
}

fn inexact(number: impl Display, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::custom(format!("{number} is not exact as {expected}"))
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            visit_integer(self.integer(&visitor)?, visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            self.visit_text(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, '_, 'de> {
    type Error = Unresolved;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    texts! { deserialize_char deserialize_str deserialize_string }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let name = self.name(&visitor)?;
        visitor.visit_str(name)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        if let Some(number) = self.number()? {
            return match number {
                Number::Signed(number) => visit_integer(signed(number), visitor),
                Number::Unsigned(number) => visit_integer(unsigned(number), visitor),
                Number::F32(number) => visitor.visit_f32(number),
                Number::F64(number) => visitor.visit_f64(number),
            };
        }
        match self.node {
            Node::Unknown => Err(Unresolved::custom("nothing is known of what was stored")),
            Node::Scalar(Scalar::Bool) => self.deserialize_bool(visitor),
            Node::Scalar(Scalar::Unit) => visitor.visit_unit(),
            Node::Scalar(_) => self.visit_text(visitor),
            Node::Option(_) => self.deserialize_option(visitor),
            Node::Seq(_) | Node::Tuple(_) => self.deserialize_seq(visitor),
            Node::Map(..) | Node::Struct(_) => self.deserialize_map(visitor),
            Node::Enum(_) => self.deserialize_enum("", &[], visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        self.through_options(&visitor)?;
        match self.node {
            Node::Scalar(Scalar::Bool) => visitor.visit_bool(self.input.take()?),
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
            _ => self.visit_text(visitor),
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
        if !input.take::<bool>()? {
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
