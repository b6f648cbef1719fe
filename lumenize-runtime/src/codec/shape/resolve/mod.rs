//! Reads a value by its shape: a [`Deserializer`] that knows the names of the fields and variants of
//! the bytes, and so can give serde's derived code what it asks for by name, as JSON would.
//!
//! A number becomes another type of number if its value is exactly the same there. A unit variant
//! and a string stand for each other. An `Option` and its content, too, unless it is `None`.
//! Everything else that differs is an error that names the part.

mod choice;
mod number;
mod parts;
mod shown;
mod value;

pub(in crate::codec) use shown::{Shown, show};

use super::{Id, MAX_VALUE_DEPTH, Name, Node, Scalar, Shape, Variant};
use crate::codec::wire::{self, Source};
use serde::de::{self, DeserializeOwned};
use std::cell::Cell;
use std::fmt::{self, Display};
use value::Value;

/// How many parts that take no bytes a value may have, beside one for each of its bytes. Their number is
/// all that is stored of them, or a shape that has a part many times, and each may take space when it
/// is read.
pub(super) const MAX_EMPTY_PARTS: usize = 1 << 11;

/// How many bytes of names may be given out as texts, and how many more for each byte of the value. A
/// name is written once in a shape, and may stand in each element of a list.
const MAX_NAMES: usize = 1 << 20;
const NAMES_PER_BYTE: usize = 16;

/// Why a value could not be read: the part, from the inside out, and the reason. In a box, so that
/// what is mostly returned is small.
#[derive(Debug)]
pub(in crate::codec) struct Unresolved(Box<Reason>);

#[derive(Debug)]
struct Reason {
    path: String,
    text: String,
}

/// How many bytes of the path are kept at most, as much as anyone reads; and how many letters of a name
/// in it.
const MAX_PATH: usize = 512;
const MAX_NAME: usize = 64;

/// A part of a value, for people.
#[derive(Clone, Copy)]
enum Part<'s> {
    Name(&'s str),
    Place(usize),
}

impl Unresolved {
    #[cold]
    #[inline(never)]
    fn new(text: String) -> Self {
        let path = String::new();
        Self(Box::new(Reason { path, text }))
    }

    /// What was stored is not what is expected.
    #[cold]
    #[inline(never)]
    fn stored(stored: &dyn Display, expected: &dyn de::Expected) -> Self {
        Self::new(format!("{stored} was stored, {expected} is expected"))
    }

    #[cold]
    #[inline(never)]
    fn invalid(what: &str, found: &dyn Display, expected: &dyn de::Expected) -> Self {
        Self::new(format!("invalid {what} {found}, expected {expected}"))
    }

    #[cold]
    #[inline(never)]
    fn field(what: &str, name: &str) -> Self {
        Self::new(format!("{what} field `{name}`"))
    }

    #[cold]
    #[inline(never)]
    fn told(text: &str) -> Self {
        Self::new(text.to_owned())
    }

    #[cold]
    #[inline(never)]
    fn within(mut self, part: Part<'_>) -> Self {
        let path = &mut self.0.path;
        if path.len() < MAX_PATH {
            let part: &dyn Display = match &part {
                Part::Name(name) => name,
                Part::Place(place) => place,
            };
            let dot = if path.is_empty() { "" } else { "." };
            *path = format!("{part:.MAX_NAME$}{dot}{path}");
        }
        self
    }
}

impl Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reason { path, text } = &*self.0;
        match path.as_str() {
            "" => f.write_str(text),
            path => write!(f, "at `{path}`: {text}"),
        }
    }
}

impl std::error::Error for Unresolved {}

impl de::Error for Unresolved {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Self::new(format!("{message}"))
    }

    // As serde has them, but compiled once and not wherever they are told.

    #[cold]
    #[inline(never)]
    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid("type:", &found, expected)
    }

    #[cold]
    #[inline(never)]
    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid("value:", &found, expected)
    }

    #[cold]
    #[inline(never)]
    fn invalid_length(found: usize, expected: &dyn de::Expected) -> Self {
        Self::invalid("length", &found, expected)
    }

    #[cold]
    #[inline(never)]
    fn missing_field(name: &'static str) -> Self {
        Self::field("missing", name)
    }

    #[cold]
    #[inline(never)]
    fn duplicate_field(name: &'static str) -> Self {
        Self::field("duplicate", name)
    }
}

/// Reads a value, which must take up all of `bytes`.
#[inline]
pub(in crate::codec) fn resolve<T: DeserializeOwned>(
    shape: &Shape,
    bytes: &[u8],
) -> Result<T, Unresolved> {
    let mut input = Input::new(shape, bytes);
    let value = T::deserialize(Value {
        input: &mut input,
        node: shape.node(0),
    })?;
    input.end()?;
    Ok(value)
}

/// Whether `bytes` are a value of the shape that every reader takes, whatever its type.
#[inline(never)]
pub(in crate::codec) fn fits(shape: &Shape, bytes: &[u8]) -> Result<(), Unresolved> {
    resolve::<de::IgnoredAny>(shape, bytes).map(drop)
}

struct Input<'s, 'de> {
    shape: &'s Shape,
    source: Source<'de>,
    /// The name of a field that is asked for in place of a stored text.
    name: Option<&'s str>,
    depth: usize,
    /// How many parts that take no bytes there may still be.
    empty_left: usize,
    /// How many bytes of names may still be given out as texts.
    names_left: usize,
    /// For how many elements lists may still make room before these are read. Each takes a byte at
    /// least, so what is honest about its length is given room for all.
    room: Cell<usize>,
}

impl<'s, 'de> Input<'s, 'de> {
    fn new(shape: &'s Shape, bytes: &'de [u8]) -> Self {
        Self {
            shape,
            source: Source { rest: bytes },
            name: None,
            depth: 0,
            empty_left: bytes.len().saturating_add(MAX_EMPTY_PARTS),
            names_left: (bytes.len().saturating_mul(NAMES_PER_BYTE)).saturating_add(MAX_NAMES),
            room: Cell::new(bytes.len()),
        }
    }

    /// Refuses what is left over.
    fn end(&self) -> Result<(), Unresolved> {
        match self.source.rest {
            [] => Ok(()),
            rest => Err(left_over(rest)),
        }
    }

    /// What `take` finds next.
    #[inline]
    fn take<T>(
        &mut self,
        take: impl FnOnce(&mut Source<'de>) -> Option<T>,
    ) -> Result<T, Unresolved> {
        take(&mut self.source).ok_or_else(damaged)
    }

    /// Begins a part, and says how many bytes are left.
    fn enter(&mut self) -> Result<usize, Unresolved> {
        self.depth += 1;
        self.begin()
    }

    /// Ends a part that began with so many bytes left. After an error there is nothing to end: it ends
    /// the whole reading.
    fn leave(&mut self, begun: usize) -> Result<(), Unresolved> {
        self.depth -= 1;
        self.ended(begun)
    }

    /// As `enter`, of one of several parts, which are all as deep: that is counted once.
    #[inline]
    fn begin(&mut self) -> Result<usize, Unresolved> {
        match self.depth > MAX_VALUE_DEPTH {
            true => Err(too_deep()),
            false => Ok(self.source.rest.len()),
        }
    }

    /// As `leave`.
    #[inline]
    fn ended(&mut self, begun: usize) -> Result<(), Unresolved> {
        match self.source.rest.len() == begun {
            true => self.empty_part(),
            false => Ok(()),
        }
    }

    fn empty_part(&mut self) -> Result<(), Unresolved> {
        let left = self.empty_left.checked_sub(1);
        self.empty_left = left.ok_or_else(too_many_empty_parts)?;
        Ok(())
    }

    /// For how many of so many elements that are to come there is to be room.
    fn room(&self, elements: usize) -> usize {
        let room = self.room.get().min(elements);
        self.room.set(self.room.get() - room);
        room
    }

    /// Counts a name that is given out as a text.
    fn count_name(&mut self, name: &str) -> Result<(), Unresolved> {
        let left = self.names_left.checked_sub(name.len());
        self.names_left =
            left.ok_or_else(|| Unresolved::told("it has too many names in place of texts"))?;
        Ok(())
    }

    /// Passes over a value that nobody asks for.
    fn skip(&mut self, node: &'s Node) -> Result<(), Unresolved> {
        let before = self.enter()?;
        self.skip_node(node)?;
        self.leave(before)
    }

    fn skip_part(&mut self, part: Id) -> Result<(), Unresolved> {
        self.skip(self.shape.node(part))
    }

    /// As `skip`, of a part that has begun.
    fn skip_node(&mut self, node: &'s Node) -> Result<(), Unresolved> {
        if self.name.take().is_some() {
            return Ok(());
        }
        match node {
            Node::Unknown => return Err(damaged()),
            Node::Scalar(scalar) => self.skip_scalar(*scalar)?,
            Node::Option(inner) => {
                if self.take(Source::flag)? {
                    self.skip_part(*inner)?;
                }
            }
            Node::Seq(element) => self.skip_each(&[*element])?,
            Node::Map(key, value) => self.skip_each(&[*key, *value])?,
            Node::Tuple(parts) => self.skip_tuple(parts)?,
            Node::Struct(fields) => self.skip_fields(fields)?,
            Node::Enum(variants) => {
                let variant = self.variant(variants)?;
                self.skip_node(&variant.content)?;
            }
            Node::Newtype(inner) => self.skip_part(*inner)?,
        }
        Ok(())
    }

    fn skip_tuple(&mut self, parts: &[Id]) -> Result<(), Unresolved> {
        parts.iter().try_for_each(|part| self.skip_part(*part))
    }

    fn skip_fields(&mut self, fields: &[(Name, Id)]) -> Result<(), Unresolved> {
        fields
            .iter()
            .try_for_each(|(_, part)| self.skip_part(*part))
    }

    /// Each element of a list or a map, which has these parts.
    fn skip_each(&mut self, parts: &[Id]) -> Result<(), Unresolved> {
        for _ in 0..self.take(Source::len)? {
            self.skip_tuple(parts)?;
        }
        Ok(())
    }

    fn skip_scalar(&mut self, scalar: Scalar) -> Result<(), Unresolved> {
        self.take(|source| match scalar {
            Scalar::Bool => source.flag().map(drop),
            Scalar::I8 | Scalar::U8 => source.byte().map(drop),
            Scalar::I128 | Scalar::U128 => source.wide().map(drop),
            Scalar::F32 => source.array::<4>().map(drop),
            Scalar::F64 => source.array::<8>().map(drop),
            Scalar::Char => source.letter().map(drop),
            Scalar::Str => source.text().map(drop),
            Scalar::Bytes => source.bytes().map(drop),
            Scalar::Unit => Some(()),
            number => source.number(number::width(number)).map(drop),
        })
    }

    fn variant(&mut self, variants: &'s [Variant]) -> Result<&'s Variant, Unresolved> {
        let index = self.take(|source| source.number(wire::U32))? as u32;
        variants
            .binary_search_by_key(&index, |variant| variant.index)
            .ok()
            .and_then(|place| variants.get(place))
            .ok_or_else(|| Unresolved::told("the bytes are damaged: they have an unknown variant"))
    }
}

#[cold]
#[inline(never)]
fn too_deep() -> Unresolved {
    Unresolved::new(format!("it is nested more than {MAX_VALUE_DEPTH} deep"))
}

#[cold]
#[inline(never)]
fn too_many_empty_parts() -> Unresolved {
    Unresolved::told("it has too many parts that take no bytes")
}

#[cold]
#[inline(never)]
fn left_over(rest: &[u8]) -> Unresolved {
    Unresolved::new(format!("{} bytes are left over", rest.len()))
}

#[cold]
#[inline(never)]
fn damaged() -> Unresolved {
    Unresolved::told("the bytes are damaged: they are none of what was stored")
}
