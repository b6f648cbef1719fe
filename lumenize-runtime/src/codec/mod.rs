//! How a value becomes bytes and comes back: one interface for arguments, results and state.
//!
//! The bytes are [postcard](https://postcard.jamesmunns.com/wire-format). Postcard writes no names,
//! so it can't read back a field that was left out or a type that asks to be described; such a value
//! is refused when it is written, by `encode`, and not a month later when it is read.

mod json;
mod known;
mod reference;
mod shape;
mod strict;
mod wire;

pub use json::Json;
#[doc(hidden)]
pub use known::forget;
pub(crate) use known::{Known, own};
pub(crate) use reference::ShapeHash;

#[cfg(not(target_family = "wasm"))]
pub(crate) use shape::{Name, Node, Recording, Scalar, Variant};

use known::ShapeRef;
use reference::{Key, Reference};
use serde::Serialize;
use serde::de::DeserializeOwned;
pub(crate) use shape::{Shape, Unread};
use std::any::{TypeId, type_name};
use std::fmt::Display;
use std::rc::Rc;
use strict::Failure;

/// What a type must be to travel in a continuation or to be kept by an object: serde's two traits,
/// with nothing borrowed. Implemented for every type that qualifies.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored: it, and every type in it, must implement serde's `Serialize` and \
               `Deserialize`",
    label = "not storable",
    note = "add `#[derive(Serialize, Deserialize)]` to the type, or wrap what describes itself in `Json<T>`"
)]
pub trait Payload: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Payload for T {}

/// Why a value could not be written, or not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// serde refused to write it.
    #[error("{type_name} can't be encoded: {reason}; wrap the value in `Json<T>`")]
    Encode {
        /// The Rust type of the value.
        type_name: &'static str,
        /// What serde said.
        reason: String,
    },
    /// It was written but can't be read back, for example because of `untagged`, `flatten`,
    /// `skip_serializing_if` or a type that describes itself, such as `serde_json::Value`.
    #[error(
        "{type_name} can't be read back from its own bytes: {reason}; wrap the value in `Json<T>`"
    )]
    ReadBack {
        /// The Rust type of the value.
        type_name: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The bytes are not a value of that type.
    #[error("the bytes are not a {type_name}: {reason}")]
    Decode {
        /// The Rust type that was expected.
        type_name: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The value takes more bytes than there is room for.
    #[error(
        "{type_name} takes {bytes} bytes, the limit is {limit}; keep the data in the object's state and \
         pass its key"
    )]
    TooLarge {
        /// The Rust type of the value.
        type_name: &'static str,
        /// How many it takes, its shape included.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

/// A value with its type forgotten, so that what is done with all of them is compiled once.
trait AnyPayload: strict::Written {
    fn id(&self) -> TypeId;
    fn type_name(&self) -> &'static str;
    /// Whether bytes of its type can be read.
    fn reads(&self, bytes: &[u8]) -> Result<(), Failure>;
}

impl<T: Payload> AnyPayload for T {
    fn id(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn reads(&self, bytes: &[u8]) -> Result<(), Failure> {
        match decode::<T>(bytes) {
            Ok(_) => Ok(()),
            Err(error) => Err(not_read_back(error)),
        }
    }
}

#[cold]
#[inline(never)]
fn not_read_back(error: CodecError) -> Failure {
    Failure::unreadable(match error {
        CodecError::Decode { reason, .. } => reason,
        other => format!("{other}"),
    })
}

/// Appends what refers to the shape of `value`, and its encoding, to `out`; returns how many bytes
/// that took. On an error `out` is as it was.
#[doc(hidden)]
pub fn encode_into<T: Payload>(value: &T, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    encode_any(value, out)
}

fn encode_any(value: &dyn AnyPayload, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let start = out.len();
    let known = known::of(value.id());
    // Growing from nothing byte by byte costs more than encoding.
    out.reserve(known.room());
    out.extend_from_slice(known.reference());
    let begin = out.len();
    match write(value, &known, out) {
        Ok(None) => {}
        Ok(Some(grown)) => {
            let bytes = out.get(begin..).unwrap_or_default().to_vec();
            out.truncate(start);
            out.extend_from_slice(grown.reference());
            out.extend_from_slice(&bytes);
        }
        Err(error) => {
            out.truncate(start);
            return Err(error);
        }
    }
    let len = out.len() - start;
    known.took(len);
    Ok(len)
}

/// The encoding of `value` by itself, and the shape that it lies within.
pub(crate) fn encode_apart<T: Payload>(
    value: &T,
) -> Result<(Vec<u8>, Rc<known::Local>), CodecError> {
    let mut bytes = Vec::new();
    let known = known::of(value.id());
    let grown = write(value, &known, &mut bytes)?;
    Ok((bytes, grown.unwrap_or(known)))
}

/// Appends the encoding of `value` and returns the shape that it lies within, if that is not the one
/// that was known; on an error a part of it may be there.
fn write(
    value: &dyn AnyPayload,
    known: &Known,
    out: &mut Vec<u8>,
) -> Result<Option<Rc<known::Local>>, CodecError> {
    let start = out.len();
    write_and_grow(value, known, out, start).map_err(|failure| failure.of(value.type_name()))
}

fn write_and_grow(
    value: &dyn AnyPayload,
    known: &Known,
    out: &mut Vec<u8>,
    start: usize,
) -> Result<Option<Rc<known::Local>>, Failure> {
    let fits = |shape: &Shape, bytes: &[u8]| {
        shape::fits(shape, bytes).map_err(|reason| Failure::refused(&reason))
    };
    let is_within = strict::write(value, known.shape(), out)?;
    let bytes = out.get(start..).unwrap_or_default();
    if is_within {
        // How deep it is, and how many of its parts take no bytes, the shape does not say.
        if !known.is_plain() {
            fits(known.shape(), bytes)?;
        }
        return Ok(None);
    }
    // What is new in it is read back, once for all values that have it.
    let grown = known::grow(
        value.id(),
        &|recorder| strict::record(value, recorder),
        &|shape| {
            fits(shape, bytes)?;
            value.reads(bytes)
        },
    )?;
    Ok(Some(grown))
}

/// The hash of the shape that a value refers to, if it must be kept beside it.
pub(crate) fn beside(value: &[u8]) -> Option<ShapeHash> {
    match Reference::read(value)? {
        (Reference::ByHash(hash), _) => Some(hash),
        _ => None,
    }
}

/// A value that is `None`, as every optional type can be, with its shape in full: an option of nothing known.
pub(crate) const NONE: &[u8] = &[3, 1, 32, 0, 0];

/// A value without what refers to its shape; or the bytes themselves, if they begin with no such thing.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn behind_reference(bytes: &[u8]) -> &[u8] {
    Reference::read(bytes).map_or(bytes, |(_, value)| value)
}

/// Reads what [`encode_into`] wrote. A shape that this process doesn't know must have been learned.
#[doc(hidden)]
pub fn decode_with_reference<T: Payload>(value: &[u8]) -> Result<T, CodecError> {
    match met_before(TypeId::of::<T>(), value) {
        Some(bytes) => by_position(value, bytes),
        None => decode_another_way(value),
    }
}

/// The bytes of a value of a shape that was met before, and is read by position.
fn met_before(id: TypeId, value: &[u8]) -> Option<&[u8]> {
    let (reference, bytes) = Reference::read(value)?;
    known::is_known_within(id, reference.key()).then_some(bytes)
}

#[inline(never)]
fn decode_another_way<T: Payload>(value: &[u8]) -> Result<T, CodecError> {
    let (way, bytes) = way_to_read_value(TypeId::of::<T>(), value);
    read(way, value, bytes)
}

/// The way to read a value, and what of it is behind the reference.
fn way_to_read_value(id: TypeId, value: &[u8]) -> (Way, &[u8]) {
    let Some((reference, bytes)) = Reference::read(value) else {
        return (Way::None(DAMAGED), value);
    };
    let way = known_way(id, reference.key());
    (
        way.unwrap_or_else(|| first_way(id, reference, shape_of(reference))),
        bytes,
    )
}

/// Reads what [`encode_apart`] wrote; `load` finds a shape that this process doesn't know.
pub(crate) fn decode_apart<T: Payload, E>(
    bytes: &[u8],
    reference: &[u8],
    load: &mut dyn FnMut(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<Result<T, CodecError>, E> {
    let id = TypeId::of::<T>();
    let way = match Reference::read(reference) {
        Some((found, [])) => match known_way(id, found.key()) {
            Some(way) => way,
            None => first_way(id, found, loaded(found, load)?),
        },
        _ => Way::None(DAMAGED),
    };
    Ok(read(way, reference, bytes))
}

/// How a value is read.
enum Way {
    /// Its shape is one that this process itself gives the type.
    ByPosition,
    /// By the names of fields and variants; and whether it was not known before that this is the way.
    ByName(Rc<ShapeRef>, bool),
    None(Unread),
}

/// The way, if one of this shape was met before.
#[inline]
fn known_way(id: TypeId, key: Key) -> Option<Way> {
    match known::is_known_within(id, key) {
        true => Some(Way::ByPosition),
        false => known::known_outside(id, key).map(|shape| Way::ByName(shape, false)),
    }
}

#[cold]
#[inline(never)]
fn first_way(id: TypeId, reference: Reference<'_>, shape: Result<ShapeRef, Unread>) -> Way {
    match shape {
        Ok(shape) => match known::outside(id, reference.key(), shape) {
            Some(shape) => Way::ByName(shape, true),
            None => Way::ByPosition,
        },
        Err(reason) => Way::None(reason),
    }
}

/// A shape that a value refers to, or why it can't be read.
fn shape_of(reference: Reference<'_>) -> Result<ShapeRef, Unread> {
    let hash = reference.hash();
    match (known::by_hash(hash), reference) {
        (Some(found), _) => found,
        (None, Reference::InFull(shape)) => known::learn(hash, shape),
        (None, Reference::ByHash(_)) => Err(Unread::Damaged("its shape is missing")),
    }
}

/// As [`shape_of`], where `load` finds one that this process doesn't know.
fn loaded<E>(
    reference: Reference<'_>,
    load: &mut dyn FnMut(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<Result<ShapeRef, Unread>, E> {
    if let Reference::ByHash(hash) = reference
        && known::by_hash(hash).is_none()
        && let Some(shape) = load(hash)?
    {
        return Ok(match ShapeHash::of(&shape) == hash {
            true => known::learn(hash, &shape),
            false => Err(SHAPE_DAMAGED),
        });
    }
    Ok(shape_of(reference))
}

/// `reference` begins with what refers to the shape.
fn read<T: Payload>(way: Way, reference: &[u8], bytes: &[u8]) -> Result<T, CodecError> {
    match way {
        Way::ByPosition => by_position(reference, bytes),
        Way::ByName(shape, is_first) => by_name(&shape, is_first, bytes),
        Way::None(reason) => Err(refused(type_name::<T>(), &reason)),
    }
}

/// Reads a value by position. `reference` begins with what refers to its shape: postcard does not say what is wrong,
/// nor where, and what could not be read by position is read once more, by its names.
fn by_position<T: Payload>(reference: &[u8], bytes: &[u8]) -> Result<T, CodecError> {
    match decode(bytes) {
        Ok(value) => Ok(value),
        Err(error) => by_name(&by_name_instead(reference, error)?, false, bytes),
    }
}

#[inline(never)]
fn by_name<T: Payload>(shape: &ShapeRef, is_first: bool, bytes: &[u8]) -> Result<T, CodecError> {
    match shape::resolve::<T>(shape.shape(), bytes) {
        Ok(value) => {
            if is_first {
                take_note(&value);
            }
            Ok(value)
        }
        Err(reason) => Err(refused(type_name::<T>(), &reason)),
    }
}

/// Why a value can't be read by position.
#[derive(Debug, thiserror::Error)]
enum Misread {
    #[error("{0}")]
    Postcard(postcard::Error),
    #[error("{0} bytes are left over")]
    LeftOver(usize),
}

/// The shape by which a value is read that could not be read by position.
#[cold]
#[inline(never)]
fn by_name_instead(reference: &[u8], error: CodecError) -> Result<ShapeRef, CodecError> {
    let shape = Reference::read(reference).and_then(|(reference, _)| shape_of(reference).ok());
    shape.ok_or(error)
}

/// So that the next one is read by position, if the type is written as it was. One that can't be stored
/// again stays readable by name.
#[cold]
#[inline(never)]
fn take_note(value: &dyn AnyPayload) {
    let _ = encode_any(value, &mut Vec::new());
}

const DAMAGED: Unread = Unread::Damaged("what refers to its shape is damaged");
const SHAPE_DAMAGED: Unread = Unread::Damaged("its shape is damaged");

#[cold]
#[inline(never)]
fn refused(type_name: &'static str, reason: &dyn Display) -> CodecError {
    CodecError::Decode {
        type_name,
        reason: format!("{reason}"),
    }
}

/// Takes note of the shape that a value refers to, if this process doesn't know it and `load` does.
pub(crate) fn learn<E>(
    value: &[u8],
    load: &mut dyn FnMut(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), E> {
    if let Some((reference @ Reference::ByHash(_), _)) = Reference::read(value) {
        // Why it can't be read is told when the value is.
        let _ = loaded(reference, load)?;
    }
    Ok(())
}

/// Whether two values are the same, as far as can be told: their bytes are, and one's shape lies within
/// the other's, as when more was seen of the type between the two.
pub(crate) fn same_value<E>(
    a: &[u8],
    b: &[u8],
    load: impl Fn(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<bool, E> {
    if a == b {
        return Ok(true);
    }
    let (Some((shape_a, a)), Some((shape_b, b))) = (Reference::read(a), Reference::read(b)) else {
        return Ok(false);
    };
    if a != b {
        return Ok(false);
    }
    let shape = |reference: Reference<'_>| -> Result<Option<Shape>, E> {
        let bytes = match (known::by_hash(reference.hash()), reference) {
            (Some(found), _) => return Ok(found.ok().map(|shape| shape.shape().clone())),
            (None, Reference::InFull(shape)) => Some(shape.to_vec()),
            (None, Reference::ByHash(hash)) => load(hash)?,
        };
        Ok(bytes.and_then(|bytes| Shape::from_bytes(&bytes).ok()))
    };
    Ok(match (shape(shape_a)?, shape(shape_b)?) {
        (Some(a), Some(b)) => a.within(&b) || b.within(&a),
        _ => false,
    })
}

/// Whether a value that came from elsewhere has the shape that it says, so that reading it by position
/// goes no deeper than that.
pub(crate) fn check(value: &[u8]) -> Result<(), Unread> {
    let (reference, bytes) = Reference::read(value).ok_or(DAMAGED)?;
    let fits = shape::fits(shape_of(reference)?.shape(), bytes);
    fits.map_err(|_| Unread::Damaged("it is not of the shape that it says"))
}

/// Reads a value with its shape in full that came from elsewhere, after a [`check`] of it.
pub(crate) fn decode_from_elsewhere<T: Payload>(value: &[u8]) -> Result<T, CodecError> {
    match check(value) {
        Ok(()) => decode_with_reference(value),
        Err(reason) => Err(refused(type_name::<T>(), &reason)),
    }
}

/// What is recorded of values, with this one.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn record<T: Payload>(recording: &Recording, value: &T) -> Result<Recording, String> {
    let recorded = recording.with(&|recorder| strict::record(value, recorder));
    recorded.map_err(|failure| failure.to_string())
}

/// The shape of all values of the type that this process wrote or read so far.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn seen<T: Payload>() -> Shape {
    known::of(TypeId::of::<T>()).shape().clone()
}

/// The value with its shape in full, for those who may not know it.
#[doc(hidden)]
pub fn with_shape(value: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    use std::borrow::Cow;
    match Reference::read(value) {
        Some((Reference::ByHash(hash), bytes)) => match known::by_hash(hash) {
            Some(Ok(shape)) => {
                Cow::Owned([reference::in_full(&shape.bytes()).as_slice(), bytes].concat())
            }
            _ => Cow::Borrowed(value),
        },
        _ => Cow::Borrowed(value),
    }
}

/// As [`with_shape`], where `load` finds a shape that this process doesn't know. One that is missing is left to be
/// told by who reads the value.
pub(crate) fn in_full<E>(
    value: &[u8],
    load: impl FnOnce(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<u8>, E> {
    if let Some((Reference::ByHash(hash), bytes)) = Reference::read(value)
        && !matches!(known::by_hash(hash), Some(Ok(_)))
        && let Some(shape) = load(hash)?
        && ShapeHash::of(&shape) == hash
    {
        // Of a newer release as well, for one that can read it.
        return Ok([&reference::in_full(&shape), bytes].concat());
    }
    Ok(with_shape(value).into_owned())
}

/// A value that [`encode_into`] wrote, as people see it; or why it can't be read.
pub(crate) fn show(value: &[u8]) -> Result<shape::Shown, String> {
    let unread = |reason: Unread| reason.to_string();
    let (reference, bytes) = Reference::read(value).ok_or_else(|| unread(DAMAGED))?;
    let shape = shape_of(reference).map_err(unread)?;
    shape::show(shape.shape(), bytes).map_err(|reason| reason.to_string())
}

/// Reads a value by position, which must take up all of `bytes`. It is compiled once for each type, and alone where
/// a type is only written: what is written is read so, too.
#[inline(never)]
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut deserializer = postcard::Deserializer::from_bytes(bytes);
    let problem = match T::deserialize(&mut deserializer) {
        // One place for the value, from the start: moving it costs more than reading it.
        Ok(value) => match deserializer.finalize() {
            Ok([]) => return Ok(value),
            rest => Misread::LeftOver(rest.map_or(0, <[u8]>::len)),
        },
        Err(error) => Misread::Postcard(error),
    };
    Err(refused(type_name::<T>(), &problem))
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests;
