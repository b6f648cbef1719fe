//! A value that is read by its node.

use super::super::{Content, Id, MAX_VALUE_DEPTH, Node, Scalar, Variant};
use super::parts::{Choice, Entries, List, visit_fields, visit_tuple};
use super::{Input, Unresolved};
use serde::de::{self, Deserializer, Error as _, Unexpected, Visitor};
use std::fmt::Display;

pub(super) struct Value<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) at: Id,
}

/// A number as it was stored.
enum Number {
    Signed(i128),
    Unsigned(u128),
    F32(f32),
    F64(f64),
}

impl<'s, 'de> Value<'_, 's, 'de> {
    #[inline]
    fn node(&self) -> &'s Node {
        self.input.shape.node(self.at)
    }

    /// Through an option that has a value; nothing else was asked for.
    #[inline]
    fn inner(self, expected: &dyn de::Expected) -> Result<Self, Unresolved> {
        let Value { input, mut at } = self;
        if !matches!(input.shape.node(at), Node::Option(_)) {
            return Ok(Value { input, at });
        }
        for _ in 0..MAX_VALUE_DEPTH {
            let Node::Option(inner) = input.shape.node(at) else {
                return Ok(Value { input, at });
            };
            match input.take()? {
                true => at = *inner,
                false => return Err(Unresolved::invalid_type(Unexpected::Option, expected)),
            }
        }
        Err(Unresolved::custom("it is nested too deep"))
    }

    fn number(&mut self) -> Result<Option<Number>, Unresolved> {
        let Node::Scalar(scalar) = self.node() else {
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

    /// For those who ask for an integer: its visitor refuses what its type can't hold.
    #[inline]
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let mut this = self.inner(&visitor)?;
        let input = &mut *this.input;
        let Node::Scalar(scalar) = input.shape.node(this.at) else {
            return Err(this.unexpected(&visitor));
        };
        match scalar {
            Scalar::U8 => visitor.visit_u64(input.take::<u8>()?.into()),
            Scalar::U16 => visitor.visit_u64(input.take::<u16>()?.into()),
            Scalar::U32 => visitor.visit_u64(input.take::<u32>()?.into()),
            Scalar::U64 => visitor.visit_u64(input.take()?),
            Scalar::I8 => visitor.visit_i64(input.take::<i8>()?.into()),
            Scalar::I16 => visitor.visit_i64(input.take::<i16>()?.into()),
            Scalar::I32 => visitor.visit_i64(input.take::<i32>()?.into()),
            Scalar::I64 => visitor.visit_i64(input.take()?),
            Scalar::I128 => visit_signed(input.take()?, visitor),
            Scalar::U128 => visit_unsigned(input.take()?, visitor),
            _ => match this.number()? {
                Some(Number::F32(number)) => Err(float(number.into(), &visitor)),
                Some(Number::F64(number)) => Err(float(number, &visitor)),
                _ => Err(this.unexpected(&visitor)),
            },
        }
    }

    fn float<V: Visitor<'de>>(self, visitor: V, single: bool) -> Result<V::Value, Unresolved> {
        let mut this = self.inner(&visitor)?;
        // Integers up to here are exact.
        let exact: u128 = if single { 1 << 24 } else { 1 << 53 };
        match this.number()? {
            Some(Number::F32(number)) if single => visitor.visit_f32(number),
            Some(Number::F32(number)) => visitor.visit_f64(number.into()),
            Some(Number::F64(number)) if !single => visitor.visit_f64(number),
            Some(Number::F64(number)) => {
                let narrow = number as f32;
                match f64::from(narrow) == number || number.is_nan() {
                    true => visitor.visit_f32(narrow),
                    false => Err(float(number, &visitor)),
                }
            }
            Some(Number::Signed(number)) if number.unsigned_abs() <= exact => {
                visit_signed(number, visitor)
            }
            Some(Number::Unsigned(number)) if number <= exact => visit_unsigned(number, visitor),
            Some(Number::Signed(number)) => Err(inexact(number, &visitor)),
            Some(Number::Unsigned(number)) => Err(inexact(number, &visitor)),
            None => Err(this.unexpected(&visitor)),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Scalar(Scalar::Str) => visitor.visit_borrowed_str(this.input.take()?),
            Node::Scalar(Scalar::Char) => visitor.visit_char(this.input.take()?),
            Node::Scalar(Scalar::Bytes) => visitor.visit_borrowed_bytes(this.input.take()?),
            Node::Enum(variants) => match this.input.variant(variants)? {
                Variant {
                    name,
                    content: Content::Unit,
                    ..
                } => visitor.visit_str(name),
                other => Err(Unresolved::custom(format!(
                    "the variant `{}` with its content was stored, {} is expected",
                    &*other.name, &visitor as &dyn de::Expected
                ))),
            },
            _ => Err(this.unexpected(&visitor)),
        }
    }

    fn unexpected(&self, expected: &dyn de::Expected) -> Unresolved {
        let stored = self.input.shape.text(self.at);
        Unresolved::custom(format!("{stored} was stored, {expected} is expected"))
    }

    fn visit_seq<V: Visitor<'de>>(self, element: Id, visitor: V) -> Result<V::Value, Unresolved> {
        let len: usize = self.input.take()?;
        let mut list = List {
            input: self.input,
            element,
            left: len,
            place: 0,
        };
        let value = visitor.visit_seq(&mut list)?;
        match list.left {
            0 => Ok(value),
            left => Err(Unresolved::custom(format!(
                "{len} elements were stored, {} are taken",
                len - left
            ))),
        }
    }

    fn visit_map<V: Visitor<'de>>(
        self,
        key: Id,
        value: Id,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let len: usize = self.input.take()?;
        let mut entries = Entries {
            input: self.input,
            key,
            value,
            left: len,
        };
        let read = visitor.visit_map(&mut entries)?;
        match entries.left {
            0 => Ok(read),
            left => Err(Unresolved::custom(format!("{left} entries are left over"))),
        }
    }
}

#[inline]
fn visit_signed<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Unresolved> {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => visitor.visit_u64(number),
        (_, Ok(number)) => visitor.visit_i64(number),
        _ => visitor.visit_i128(number),
    }
}

#[inline]
fn visit_unsigned<'de, V: Visitor<'de>>(number: u128, visitor: V) -> Result<V::Value, Unresolved> {
    match u64::try_from(number) {
        Ok(number) => visitor.visit_u64(number),
        Err(_) => visitor.visit_u128(number),
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
            self.integer(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
            self.text(visitor)
        }
    )*};
}

impl<'s, 'de> Deserializer<'de> for Value<'_, 's, 'de> {
    type Error = Unresolved;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        if let Some(number) = self.number()? {
            return match number {
                Number::Signed(number) => visit_signed(number, visitor),
                Number::Unsigned(number) => visit_unsigned(number, visitor),
                Number::F32(number) => visitor.visit_f32(number),
                Number::F64(number) => visitor.visit_f64(number),
            };
        }
        match self.node() {
            Node::Unknown => Err(Unresolved::custom("nothing is known of what was stored")),
            Node::Scalar(Scalar::Bool) => self.deserialize_bool(visitor),
            Node::Scalar(Scalar::Unit) => visitor.visit_unit(),
            Node::Scalar(_) => self.text(visitor),
            Node::Option(_) => self.deserialize_option(visitor),
            Node::Seq(element) => self.visit_seq(*element, visitor),
            Node::Map(key, value) => self.visit_map(*key, *value, visitor),
            Node::Tuple(parts) => visit_tuple(self.input, parts, visitor),
            Node::Struct(fields) => visit_fields(self.input, fields, visitor),
            Node::Enum(_) => self.deserialize_enum("", &[], visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Scalar(Scalar::Bool) => visitor.visit_bool(this.input.take()?),
            _ => Err(this.unexpected(&visitor)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.float(visitor, true)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.float(visitor, false)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Seq(element) => this.visit_seq(*element, visitor),
            Node::Tuple(parts) => visit_tuple(this.input, parts, visitor),
            _ => this.text(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let Value { input, at } = self;
        match input.shape.node(at) {
            Node::Option(inner) => match input.take()? {
                true => input.deeper(|input| visitor.visit_some(Value { input, at: *inner })),
                false => visitor.visit_none(),
            },
            _ => visitor.visit_some(Value { input, at }),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Scalar(Scalar::Unit) => visitor.visit_unit(),
            _ => Err(this.unexpected(&visitor)),
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
        let Value { input, at } = self;
        input.deeper(|input| visitor.visit_newtype_struct(Value { input, at }))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Seq(element) => this.visit_seq(*element, visitor),
            Node::Tuple(parts) => visit_tuple(this.input, parts, visitor),
            Node::Scalar(Scalar::Bytes) => {
                let bytes: &[u8] = this.input.take()?;
                let numbers = bytes.iter().copied();
                let mut access = de::value::SeqDeserializer::new(numbers);
                let value = visitor.visit_seq(&mut access)?;
                access.end()?;
                Ok(value)
            }
            _ => Err(this.unexpected(&visitor)),
        }
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
        let this = self.inner(&visitor)?;
        match this.node() {
            Node::Map(key, value) => this.visit_map(*key, *value, visitor),
            Node::Struct(fields) => visit_fields(this.input, fields, visitor),
            _ => Err(this.unexpected(&visitor)),
        }
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
        let this = self.inner(&visitor)?;
        let (name, content) = match this.node() {
            Node::Enum(variants) => {
                let variant = this.input.variant(variants)?;
                (&*variant.name, &variant.content)
            }
            Node::Scalar(Scalar::Str) => (this.input.take::<&str>()?, &Content::Unit),
            _ => return Err(this.unexpected(&visitor)),
        };
        let choice = Choice {
            input: this.input,
            name,
            content,
        };
        visitor
            .visit_enum(choice)
            .map_err(|error| error.within(name))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        self.input.skip(self.at)?;
        visitor.visit_unit()
    }
}
