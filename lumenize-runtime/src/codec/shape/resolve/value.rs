//! A value that is read by its node.

use super::super::{MAX_VALUE_DEPTH, NOTHING, Node, Scalar, Variant};
use super::choice::Choice;
use super::parts::{Parts, Rest};
use super::{Input, Part, Unresolved};
use crate::codec::wire::{self, Source};
use serde::de::{self, Deserializer, Error as _, Unexpected, Visitor};
use std::fmt::Display;

pub(super) struct Value<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) node: &'s Node,
}

/// A number as it was stored, or none. One that does not fit into 64 bits is rare, and in a box, and the
/// others are bits, so that it is returned in registers.
enum Number {
    I64(i64),
    U64(u64),
    I128(Box<i128>),
    U128(Box<u128>),
    F32(u64),
    F64(u64),
    None,
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
    fn number_inline(&mut self) -> Result<Number, Unresolved> {
        let Node::Scalar(scalar) = self.node else {
            return Ok(Number::None);
        };
        let number = |source: &mut Source<'de>| {
            Some(match scalar {
                Scalar::I8 => Number::I64((source.byte()? as i8).into()),
                Scalar::I16 => Number::I64(source.signed(wire::U16)?),
                Scalar::I32 => Number::I64(source.signed(wire::U32)?),
                Scalar::I64 => Number::I64(source.signed(wire::U64)?),
                Scalar::I128 => signed(source.wide_signed()?),
                Scalar::U8 => Number::U64(source.byte()?.into()),
                Scalar::U16 => Number::U64(source.number(wire::U16)?),
                Scalar::U32 => Number::U64(source.number(wire::U32)?),
                Scalar::U64 => Number::U64(source.number(wire::U64)?),
                Scalar::U128 => unsigned(source.wide()?),
                Scalar::F32 => Number::F32(u32::from_le_bytes(source.array()?).into()),
                Scalar::F64 => Number::F64(u64::from_le_bytes(source.array()?)),
                _ => Number::None,
            })
        };
        self.input.take(number)
    }

    fn number(&mut self) -> Result<Number, Unresolved> {
        self.number_inline()
    }

    fn integer(mut self, expected: &dyn de::Expected) -> Result<Number, Unresolved> {
        self.through_options(expected)?;
        match self.number_inline()? {
            Number::F32(bits) => Err(float(single(bits).into(), expected)),
            Number::F64(bits) => Err(float(f64::from_bits(bits), expected)),
            Number::None => Err(self.unexpected(expected)),
            number => Ok(number),
        }
    }

    /// A number of 32 bits if `is_single`, which it must be exactly.
    fn float(mut self, is_single: bool, expected: &dyn de::Expected) -> Result<f64, Unresolved> {
        self.through_options(expected)?;
        let exact = if is_single { 1 << 24 } else { 1 << 53 };
        match self.number()? {
            Number::F32(bits) => Ok(single(bits).into()),
            Number::F64(bits) => {
                let number = f64::from_bits(bits);
                let fits = !is_single || f64::from(number as f32) == number || number.is_nan();
                fits.then_some(number)
                    .ok_or_else(|| float(number, expected))
            }
            Number::I64(number) if number.unsigned_abs() <= exact => Ok(number as f64),
            Number::U64(number) if number <= exact => Ok(number as f64),
            Number::I64(number) => Err(inexact(&number, expected)),
            Number::U64(number) => Err(inexact(&number, expected)),
            Number::I128(number) => Err(inexact(&number, expected)),
            Number::U128(number) => Err(inexact(&number, expected)),
            Number::None => Err(self.unexpected(expected)),
        }
    }

    fn text(mut self, expected: &dyn de::Expected) -> Result<Text<'s, 'de>, Unresolved> {
        self.through_options(expected)?;
        if let Some(name) = self.input.name.take() {
            return Ok(Text::Name(name));
        }
        Ok(match self.node {
            Node::Scalar(Scalar::Str) => Text::Str(self.input.take(Source::text)?),
            Node::Scalar(Scalar::Char) => Text::Char(self.input.take(Source::letter)?),
            Node::Scalar(Scalar::Bytes) => Text::Bytes(self.input.take(Source::bytes)?),
            Node::Enum(variants) => match self.input.variant(variants)? {
                Variant {
                    name,
                    content: Node::Scalar(_),
                    ..
                } => Text::Name(name),
                other => {
                    return Err(Unresolved::new(format!(
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
            return visitor.visit_borrowed_str(self.input.take(Source::text)?);
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

fn unexpected(node: &Node, expected: &dyn de::Expected) -> Unresolved {
    let stored = node.text();
    Unresolved::new(format!("{stored} was stored, {expected} is expected"))
}

fn signed(number: i128) -> Number {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => Number::U64(number),
        (_, Ok(number)) => Number::I64(number),
        _ => Number::I128(Box::new(number)),
    }
}

fn unsigned(number: u128) -> Number {
    match u64::try_from(number) {
        Ok(number) => Number::U64(number),
        Err(_) => Number::U128(Box::new(number)),
    }
}

fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn visit_number<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Unresolved> {
    match number {
        Number::F32(bits) => visitor.visit_f32(single(bits)),
        Number::F64(bits) => visitor.visit_f64(f64::from_bits(bits)),
        Number::U128(number) => visitor.visit_u128(*number),
        Number::I128(number) => visitor.visit_i128(*number),
        number => visit_integer(number, visitor),
    }
}

/// Of at most 64 bits, as nearly all are asked for; so serde's text of a wider one, which none of them
/// takes, is not compiled for each type.
fn visit_integer<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Unresolved> {
    match number {
        Number::U64(number) => visitor.visit_u64(number),
        Number::I64(number) => visitor.visit_i64(number),
        number => Err(too_wide(number, &visitor)),
    }
}

#[cold]
fn too_wide(number: Number, expected: &dyn de::Expected) -> Unresolved {
    let number: &dyn Display = match &number {
        Number::I128(number) => number,
        Number::U128(number) => number,
        _ => &"a number",
    };
    Unresolved::new(format!("{number} was stored, {expected} is expected"))
}

fn float(number: f64, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::invalid_value(Unexpected::Float(number), expected)
}

#[cold]
fn inexact(number: &dyn Display, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::new(format!("{number} is not exact as {expected}"))
}

macro_rules! integers {
    ($visit:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            $visit(self.integer(&visitor)?, visitor)
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

    integers! { visit_integer:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    integers! { visit_number: deserialize_i128 deserialize_u128 }

    texts! { deserialize_char deserialize_str deserialize_string }

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
        match self.number()? {
            Number::None => {}
            number => return visit_number(number, visitor),
        }
        match self.node {
            Node::Unknown | Node::Newtype(_) => {
                Err(Unresolved::told("nothing is known of what was stored"))
            }
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
