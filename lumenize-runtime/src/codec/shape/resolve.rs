//! Reads a value by its shape: a [`Deserializer`] that knows the names of the fields and variants of
//! the bytes, and so can give serde's derived code what it asks for by name, as JSON would.
//!
//! A number becomes another type of number if its value is exactly the same there. A unit variant
//! and a string stand for each other. An `Option` and its content, too, unless it is `None`.
//! Everything else that differs is an error that names the part.

use super::{Content, Id, MAX_VALUE_DEPTH, Node, Scalar, Shape};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use std::fmt::{self, Display};

/// How many elements that take no bytes a value may have.
const MAX_EMPTY_ELEMENTS: usize = 1 << 20;

/// Why a value could not be read: the part, from the inside out, and the reason.
#[derive(Debug)]
pub(in crate::codec) struct Unresolved {
    path: Vec<String>,
    reason: String,
}

impl Unresolved {
    fn within(mut self, part: impl Into<String>) -> Self {
        // As deep as anyone reads.
        if self.path.len() < 32 {
            self.path.push(part.into());
        }
        self
    }
}

impl Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            f.write_str("at `")?;
            for (place, part) in self.path.iter().rev().enumerate() {
                if place > 0 {
                    f.write_str(".")?;
                }
                f.write_str(part)?;
            }
            f.write_str("`: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unresolved {}

impl de::Error for Unresolved {
    fn custom<T: Display>(message: T) -> Self {
        Self {
            path: Vec::new(),
            reason: message.to_string(),
        }
    }
}

/// Reads a value, which must take up all of `bytes`.
pub(in crate::codec) fn resolve<T: DeserializeOwned>(
    shape: &Shape,
    bytes: &[u8],
) -> Result<T, Unresolved> {
    let mut input = Input {
        shape,
        rest: bytes,
        depth: 0,
        empty: 0,
    };
    let value = T::deserialize(Value {
        input: &mut input,
        at: 0,
    })?;
    match input.rest {
        [] => Ok(value),
        rest => Err(Unresolved::custom(format!(
            "{} bytes are left over",
            rest.len()
        ))),
    }
}

struct Input<'s, 'de> {
    shape: &'s Shape,
    rest: &'de [u8],
    depth: usize,
    /// How many elements took no bytes so far.
    empty: usize,
}

impl<'s, 'de> Input<'s, 'de> {
    fn take<T: de::Deserialize<'de>>(&mut self) -> Result<T, Unresolved> {
        let (value, rest) = postcard::take_from_bytes(self.rest).map_err(|_| {
            Unresolved::custom("the bytes are damaged: they are none of what was stored")
        })?;
        self.rest = rest;
        Ok(value)
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Unresolved>,
    ) -> Result<T, Unresolved> {
        if self.depth >= MAX_VALUE_DEPTH {
            return Err(Unresolved::custom(format!(
                "it is nested more than {MAX_VALUE_DEPTH} deep"
            )));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn part<S: DeserializeSeed<'de>>(&mut self, at: Id, seed: S) -> Result<S::Value, Unresolved> {
        self.deeper(|input| seed.deserialize(Value { input, at }))
    }

    /// Counts an element that began with so many bytes left.
    fn element(&mut self, before: usize) -> Result<(), Unresolved> {
        if self.rest.len() < before {
            return Ok(());
        }
        self.empty += 1;
        match self.empty {
            0..=MAX_EMPTY_ELEMENTS => Ok(()),
            _ => Err(Unresolved::custom(
                "it has too many elements that take no bytes",
            )),
        }
    }

    fn skip(&mut self, at: Id) -> Result<(), Unresolved> {
        self.part(at, std::marker::PhantomData::<de::IgnoredAny>)
            .map(drop)
    }

    fn variant(
        &mut self,
        variants: &'s [super::Variant],
    ) -> Result<&'s super::Variant, Unresolved> {
        let index: u32 = self.take()?;
        variants
            .iter()
            .find(|variant| variant.index == index)
            .ok_or_else(|| {
                Unresolved::custom("the bytes are damaged: they have an unknown variant")
            })
    }
}

struct Value<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    at: Id,
}

/// A number as it was stored.
enum Number {
    Signed(i128),
    Unsigned(u128),
    F32(f32),
    F64(f64),
}

impl<'s, 'de> Value<'_, 's, 'de> {
    fn node(&self) -> &'s Node {
        self.input.shape.node(self.at)
    }

    /// Through an option that has a value; nothing else was asked for.
    fn inner(self, expected: &dyn de::Expected) -> Result<Self, Unresolved> {
        let Value { input, mut at } = self;
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
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        let mut this = self.inner(&visitor)?;
        match this.number()? {
            Some(Number::Signed(number)) => visit_signed(number, visitor),
            Some(Number::Unsigned(number)) => visit_unsigned(number, visitor),
            Some(Number::F32(number)) => Err(float(number.into(), &visitor)),
            Some(Number::F64(number)) => Err(float(number, &visitor)),
            None => Err(this.unexpected(&visitor)),
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
                super::Variant {
                    name,
                    content: Content::Unit,
                    ..
                } => visitor.visit_str(name),
                other => Err(Unresolved::custom(format!(
                    "the variant `{}` with its content was stored, {} is expected",
                    other.name, &visitor as &dyn de::Expected
                ))),
            },
            _ => Err(this.unexpected(&visitor)),
        }
    }

    fn unexpected(&self, expected: &dyn de::Expected) -> Unresolved {
        let stored = self.input.shape.text(self.at);
        Unresolved::custom(format!("{stored} was stored, {expected} is expected"))
    }

    fn visit_tuple<V: Visitor<'de>>(
        input: &mut Input<'s, 'de>,
        parts: &'s [Id],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let mut elements = Elements {
            input,
            parts,
            place: 0,
        };
        let value = visitor.visit_seq(&mut elements)?;
        match elements.place == parts.len() {
            true => Ok(value),
            false => Err(Unresolved::custom(format!(
                "{} values were stored, {} are taken",
                parts.len(),
                elements.place
            ))),
        }
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

    fn visit_fields<V: Visitor<'de>>(
        input: &mut Input<'s, 'de>,
        fields: &'s [(Box<str>, Id)],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let mut fields = Fields {
            input,
            rest: fields,
            value: None,
        };
        let value = visitor.visit_map(&mut fields)?;
        fields.finish()?;
        Ok(value)
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

fn visit_signed<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Unresolved> {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => visitor.visit_u64(number),
        (_, Ok(number)) => visitor.visit_i64(number),
        _ => visitor.visit_i128(number),
    }
}

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
            Node::Tuple(parts) => Self::visit_tuple(self.input, parts, visitor),
            Node::Struct(fields) => Self::visit_fields(self.input, fields, visitor),
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
            Node::Tuple(parts) => Self::visit_tuple(this.input, parts, visitor),
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
            Node::Tuple(parts) => Self::visit_tuple(this.input, parts, visitor),
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
            Node::Struct(fields) => Self::visit_fields(this.input, fields, visitor),
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
        self.deserialize_any(visitor)
    }
}

/// The values of a tuple.
struct Elements<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    parts: &'s [Id],
    place: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(part) = self.parts.get(self.place) else {
            return Ok(None);
        };
        let value = self.input.part(*part, seed);
        let value = value.map_err(|error| error.within(self.place.to_string()))?;
        self.place += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        self.parts.len().checked_sub(self.place)
    }
}

/// The elements of a list.
struct List<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    element: Id,
    left: usize,
    place: usize,
}

impl<'de> SeqAccess<'de> for List<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        if self.left == 0 {
            return Ok(None);
        }
        let before = self.input.rest.len();
        let value = self.input.part(self.element, seed);
        let value = value.map_err(|error| error.within(self.place.to_string()))?;
        self.input.element(before)?;
        self.left -= 1;
        self.place += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        // Never more than there can be.
        Some(self.left.min(self.input.rest.len()))
    }
}

/// The fields of a struct, by name.
struct Fields<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    rest: &'s [(Box<str>, Id)],
    value: Option<(&'s str, Id)>,
}

impl Fields<'_, '_, '_> {
    /// What the reader did not ask for is there all the same.
    fn finish(self) -> Result<(), Unresolved> {
        let Fields { input, rest, value } = self;
        let left = value.into_iter().map(|(_, id)| id);
        left.chain(rest.iter().map(|(_, id)| *id))
            .try_for_each(|id| input.skip(id))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(((name, id), rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        self.value = Some((name, *id));
        seed.deserialize(de::value::StrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        let (name, id) = self
            .value
            .take()
            .ok_or_else(|| Unresolved::custom("a value was asked for before its key"))?;
        self.input
            .part(id, seed)
            .map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a map.
struct Entries<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    key: Id,
    value: Id,
    left: usize,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        if self.left == 0 {
            return Ok(None);
        }
        let before = self.input.rest.len();
        let key = self.input.part(self.key, seed);
        let key = key.map_err(|error| error.within("a key"))?;
        self.input.element(before)?;
        self.left -= 1;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        self.input
            .part(self.value, seed)
            .map_err(|error| error.within("a value"))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.input.rest.len()))
    }
}

/// A variant, by name.
struct Choice<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    name: &'a str,
    content: &'s Content,
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
    fn stored(&self) -> &'static str {
        match self.content {
            Content::Unit => "nothing",
            Content::Newtype(_) => "one value",
            Content::Tuple(_) => "a tuple",
            Content::Struct(_) => "named fields",
        }
    }

    fn other<T>(&self, expected: &str) -> Result<T, Unresolved> {
        Err(Unresolved::custom(format!(
            "the variant was stored with {}, {expected} is expected",
            self.stored()
        )))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_, '_, 'de> {
    type Error = Unresolved;

    fn unit_variant(self) -> Result<(), Unresolved> {
        match self.content {
            Content::Unit => Ok(()),
            _ => self.other("nothing"),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        match self.content {
            Content::Newtype(inner) => self.input.part(*inner, seed),
            _ => self.other("one value"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let Content::Tuple(parts) = self.content else {
            return self.other("a tuple");
        };
        let mut elements = Elements {
            input: self.input,
            parts,
            place: 0,
        };
        let value = visitor.visit_seq(&mut elements)?;
        match elements.place == parts.len() {
            true => Ok(value),
            false => Err(Unresolved::custom(format!(
                "{} values were stored, {} are taken",
                parts.len(),
                elements.place
            ))),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let none: &[(Box<str>, Id)] = &[];
        let stored = match self.content {
            Content::Struct(stored) => stored.as_slice(),
            // Serde says which fields are missing and have no default.
            Content::Unit => none,
            Content::Newtype(inner) => {
                let value = Value {
                    input: self.input,
                    at: *inner,
                };
                return value.deserialize_struct("", fields, visitor);
            }
            Content::Tuple(_) => return self.other("named fields"),
        };
        let mut read = Fields {
            input: self.input,
            rest: stored,
            value: None,
        };
        let value = visitor.visit_map(&mut read)?;
        read.finish()?;
        Ok(value)
    }
}
