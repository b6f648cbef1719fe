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

pub use json::Json;
#[doc(hidden)]
pub use known::forget;
pub(crate) use known::{Known, own};
pub(crate) use reference::ShapeHash;

use known::ShapeRef;
use reference::Reference;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shape::Shape;
use std::any::{TypeId, type_name};
use std::fmt::Display;
use std::rc::Rc;

/// What a type must be to travel in a continuation or to be kept by an object: serde's two traits,
/// with nothing borrowed. Implemented for every type that qualifies.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored: it must implement serde's `Serialize` and `Deserialize`",
    label = "not storable",
    note = "add `#[derive(Serialize, Deserialize)]` to the type, or wrap what describes itself in `Json<T>`"
)]
pub trait Payload: Serialize + DeserializeOwned + 'static {}

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
}

/// A value with its type forgotten, so that what is done with all of them is compiled once.
trait AnyPayload: strict::Written {
    fn id(&self) -> TypeId;
    fn type_name(&self) -> &'static str;
    /// Whether bytes of its type can be read.
    fn reads(&self, bytes: &[u8]) -> Result<(), CodecError>;
}

impl<T: Payload> AnyPayload for T {
    fn id(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn reads(&self, bytes: &[u8]) -> Result<(), CodecError> {
        decode::<T>(bytes).map(drop)
    }
}

/// Appends what refers to the shape of `value`, and its encoding, to `out`; returns how many bytes
/// that took. On an error `out` is as it was.
#[doc(hidden)]
pub fn encode_into<T: Payload>(value: &T, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    encode_any(value, out)
}

fn encode_any(value: &dyn AnyPayload, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let start = out.len();
    // Most values fit; growing from nothing byte by byte costs more than encoding them.
    out.reserve(64);
    let known = known::of(value.id());
    out.extend_from_slice(known.reference());
    let begin = out.len();
    match write(value, &known, out) {
        Ok(None) => {}
        Ok(Some(grown)) => {
            out.splice(start..begin, grown.reference().iter().copied());
        }
        Err(error) => {
            out.truncate(start);
            return Err(error);
        }
    }
    Ok(out.len() - start)
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
    let result = match strict::write(value, known.shape(), out) {
        // How deep it is, and how many of its parts take no bytes, the shape does not say.
        Ok(true) if !known.is_plain() => {
            let bytes = out.get(start..).unwrap_or_default();
            let fits = shape::fits(known.shape(), bytes).map_err(NotKept::Unreadable);
            fits.map(|()| None)
        }
        Ok(true) => return Ok(None),
        Ok(false) => {
            // What is new in it is read back, once for all values that have it.
            let bytes = out.get(start..).unwrap_or_default();
            let grown = known::grow(
                value.id(),
                &|recorder| Ok(strict::record(value, recorder)?),
                &|shape| {
                    shape::fits(shape, bytes).map_err(NotKept::Unreadable)?;
                    value.reads(bytes).map_err(NotKept::ReadBack)
                },
            );
            grown.map(Some)
        }
        Err(failure) => Err(NotKept::Written(failure.reason())),
    };
    result.map_err(|error| error.of(value.type_name()))
}

/// The hash of the shape that a value refers to, if it must be kept beside it.
pub(crate) fn beside(value: &[u8]) -> Option<ShapeHash> {
    match Reference::read(value)? {
        (Reference::ByHash(hash), _) => Some(hash),
        _ => None,
    }
}

enum NotKept {
    Written(strict::Reason),
    Recorded(shape::Failure),
    Unreadable(shape::Unresolved),
    ReadBack(CodecError),
}

impl From<strict::Failure> for NotKept {
    fn from(failure: strict::Failure) -> Self {
        NotKept::Written(failure.reason())
    }
}

impl From<shape::Failure> for NotKept {
    fn from(failure: shape::Failure) -> Self {
        NotKept::Recorded(failure)
    }
}

impl NotKept {
    fn of(self, type_name: &'static str) -> CodecError {
        match self {
            NotKept::Written(strict::Reason::Skipped(field)) => CodecError::ReadBack {
                type_name,
                reason: format!("the field `{field}` was skipped"),
            },
            NotKept::Written(strict::Reason::Postcard(reason)) => {
                CodecError::Encode { type_name, reason }
            }
            NotKept::Recorded(failure) => CodecError::Encode {
                type_name,
                reason: failure.to_string(),
            },
            NotKept::Unreadable(failure) => CodecError::Encode {
                type_name,
                reason: failure.to_string(),
            },
            NotKept::ReadBack(CodecError::Decode { reason, .. }) => {
                CodecError::ReadBack { type_name, reason }
            }
            NotKept::ReadBack(other) => other,
        }
    }
}

/// Reads what [`encode_into`] wrote. A shape that this process doesn't know must have been learned.
#[doc(hidden)]
pub fn decode_with_reference<T: Payload>(value: &[u8]) -> Result<T, CodecError> {
    let (way, bytes) = way_to_read_value(TypeId::of::<T>(), value);
    read(way, bytes)
}

fn way_to_read_value(id: TypeId, value: &[u8]) -> (Way, &[u8]) {
    let Some((reference, bytes)) = Reference::read(value) else {
        return (Way::None(DAMAGED), value);
    };
    let way = way_to_read(id, reference, &mut |_| {
        Ok::<_, std::convert::Infallible>(None)
    });
    match way {
        Ok(way) => (way, bytes),
        Err(never) => match never {},
    }
}

/// Reads what [`encode_apart`] wrote; `load` finds a shape that this process doesn't know.
pub(crate) fn decode_apart<T: Payload, E>(
    bytes: &[u8],
    reference: &[u8],
    load: &mut dyn FnMut(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<Result<T, CodecError>, E> {
    let way = match Reference::read(reference) {
        Some((reference, [])) => way_to_read(TypeId::of::<T>(), reference, load)?,
        _ => Way::None(DAMAGED),
    };
    Ok(read(way, bytes))
}

enum Way {
    ByPosition,
    ByName(Rc<ShapeRef>),
    /// That was not known before.
    FirstByName(Rc<ShapeRef>),
    None(&'static str),
}

/// Bytes of a shape that this process itself gives the type are read by position, all others by the
/// names of fields and variants.
fn way_to_read<E>(
    id: TypeId,
    reference: Reference<'_>,
    load: &mut dyn FnMut(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<Way, E> {
    let key = reference.key();
    if known::is_known_within(id, key) {
        return Ok(Way::ByPosition);
    }
    if let Some(shape) = known::known_outside(id, key) {
        return Ok(Way::ByName(shape));
    }
    let shape = match (known::by_hash(reference.hash()), reference) {
        (Some(shape), _) => Ok(shape),
        (None, Reference::InFull(shape)) => known::learn(shape).map(ShapeRef::Learned),
        (None, Reference::ByHash(hash)) => match load(hash)? {
            Some(shape) => known::learn(&shape).map(ShapeRef::Learned),
            None => Err("its shape is missing"),
        },
    };
    Ok(match shape {
        Ok(shape) => match known::outside(id, key, shape) {
            Some(shape) => Way::FirstByName(shape),
            None => Way::ByPosition,
        },
        Err(reason) => Way::None(reason),
    })
}

fn read<T: Payload>(way: Way, bytes: &[u8]) -> Result<T, CodecError> {
    let (shape, is_first) = match way {
        Way::ByPosition => return decode(bytes),
        Way::ByName(shape) => (shape, false),
        Way::FirstByName(shape) => (shape, true),
        Way::None(reason) => return Err(refused(type_name::<T>(), &reason)),
    };
    let value = shape::resolve::<T>(shape.shape(), bytes)
        .map_err(|reason| refused(type_name::<T>(), &reason))?;
    if is_first {
        // So that the next one is read by position, if the type is written as it was. One that
        // can't be stored again stays readable by name.
        let _ = encode_any(&value, &mut Vec::new());
    }
    Ok(value)
}

const DAMAGED: &str = "what refers to its shape is damaged";

#[cold]
#[inline(never)]
fn refused(type_name: &'static str, reason: &dyn Display) -> CodecError {
    CodecError::Decode {
        type_name,
        reason: reason.to_string(),
    }
}

#[cold]
#[inline(never)]
fn left_over(type_name: &'static str, rest: &[u8]) -> CodecError {
    refused(
        type_name,
        &format_args!("{} bytes are left over", rest.len()),
    )
}

/// Takes note of the shape that a value refers to, if this process doesn't know it and `load` does.
pub(crate) fn learn<E>(
    value: &[u8],
    load: impl FnOnce(ShapeHash) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), E> {
    if let Some(hash) = beside(value)
        && known::by_hash(hash).is_none()
        && let Some(shape) = load(hash)?
    {
        // One that is damaged is missed when the value is read.
        let _ = known::learn(&shape);
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
            (Some(shape), _) => return Ok(Some(shape.shape().clone())),
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
pub(crate) fn check(value: &[u8]) -> Result<(), &'static str> {
    let Some((reference, bytes)) = Reference::read(value) else {
        return Err("what refers to a value's shape is damaged");
    };
    let shape = match (known::by_hash(reference.hash()), reference) {
        (Some(shape), _) => shape,
        (None, Reference::InFull(shape)) => ShapeRef::Learned(known::learn(shape)?),
        (None, Reference::ByHash(_)) => return Err("a value's shape is missing"),
    };
    shape::fits(shape.shape(), bytes).map_err(|_| "a value is not of the shape that it says")
}

/// The value with its shape in full, for those who may not know it.
#[doc(hidden)]
pub fn with_shape(value: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    use std::borrow::Cow;
    match Reference::read(value) {
        Some((Reference::ByHash(hash), bytes)) => match known::by_hash(hash) {
            Some(shape) => {
                Cow::Owned([reference::in_full(&shape.bytes()).as_slice(), bytes].concat())
            }
            None => Cow::Borrowed(value),
        },
        _ => Cow::Borrowed(value),
    }
}

/// Reads a value, which must take up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match postcard::take_from_bytes::<T>(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(left_over(type_name::<T>(), rest)),
        Err(error) => Err(refused(type_name::<T>(), &error)),
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    fn encode<T: Payload>(value: &T) -> Result<Vec<u8>, CodecError> {
        encode_apart(value).map(|(bytes, _)| bytes)
    }

    fn refused<T: Payload>(value: &T) -> String {
        let mut out = vec![7];
        let error = encode_into(value, &mut out).unwrap_err();
        assert_eq!(out, [7], "nothing is left behind");
        error.to_string()
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Skips {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<()>,
        second: Option<u8>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u32),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        Number { value: u32 },
    }

    #[derive(Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }

    #[test]
    fn round_trip() {
        let value = (
            1_u8,
            "two".to_owned(),
            Some(3.0_f64),
            vec![(); 4],
            u128::MAX,
        );
        let bytes = encode(&value).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(&value).unwrap());
        assert_eq!(
            decode::<(u8, String, Option<f64>, Vec<()>, u128)>(&bytes).unwrap(),
            value
        );
    }

    #[test]
    fn what_cannot_be_read_back_is_refused_and_the_remedy_named() {
        // The bytes of this one would read back, as another value.
        let skips = Skips {
            first: None,
            second: Some(0),
        };
        let skipped = postcard::to_stdvec(&skips).unwrap();
        assert_ne!(postcard::from_bytes::<Skips>(&skipped).unwrap(), skips);
        let text = refused(&skips);
        assert!(text.contains("the field `first` was skipped"), "{text}");

        for text in [
            text,
            refused(&vec![Skips {
                first: None,
                second: None,
            }]),
            refused(&BTreeMap::from([(
                1,
                Some(Skips {
                    first: None,
                    second: None,
                }),
            )])),
            refused(&Untagged::Number(1)),
            refused(&Internal::Number { value: 1 }),
            refused(&Flat {
                rest: BTreeMap::new(),
            }),
            refused(&serde_json::json!({"a": 1})),
        ] {
            assert!(text.contains("Json<T>"), "{text}");
        }
    }

    /// That one value of a type was read back proves nothing for one that takes another path.
    #[test]
    fn what_is_proven_is_the_path_and_not_the_type() {
        #[derive(Serialize, Deserialize)]
        enum Sometimes {
            Good(u32),
            Unit,
            Bad(serde_json::Value),
            Inner { maybe: Option<Untagged> },
        }
        for _ in 0..3 {
            for good in [
                vec![],
                vec![Sometimes::Good(1)],
                vec![Sometimes::Unit, Sometimes::Good(2)],
                vec![Sometimes::Inner { maybe: None }],
            ] {
                encode(&good).unwrap();
            }
            refused(&vec![Sometimes::Bad(serde_json::json!(1))]);
            refused(&vec![Sometimes::Unit, Sometimes::Bad(serde_json::json!(1))]);
            let maybe = Some(Untagged::Number(1));
            refused(&vec![Sometimes::Inner { maybe }]);
        }
    }

    /// Where one value ends a list or a variant is seen for the first time, the shape grows; then it
    /// stays as it is.
    #[test]
    fn a_shape_grows_with_what_is_new_and_no_more() {
        #[derive(Serialize, Deserialize, Clone, Copy)]
        enum Kind {
            None,
            Some(u8),
            Named { field: i64 },
        }
        #[derive(Serialize, Deserialize)]
        struct Options {
            a: Option<u8>,
            b: Option<String>,
            c: Option<Vec<u8>>,
            d: Option<(u8, u8)>,
            e: Option<bool>,
            f: Option<Option<char>>,
            kind: Kind,
        }
        let mut rows = std::collections::BTreeSet::new();
        let mut random = crate::engine::ids::Random::seeded(7);
        for _ in 0..10_000 {
            let mut some = || random.below(2) == 1;
            let value = Options {
                a: some().then_some(1),
                b: some().then(String::new),
                c: some().then(|| vec![1; usize::from(some())]),
                d: some().then_some((1, 2)),
                e: some().then_some(true),
                f: some().then(|| some().then_some('x')),
                kind: [Kind::None, Kind::Some(1), Kind::Named { field: 1 }]
                    [usize::from(some()) + usize::from(some())],
            };
            let (_, known) = encode_apart(&value).unwrap();
            rows.extend(known.beside());
        }
        assert!((2..=10).contains(&rows.len()), "{} rows", rows.len());
    }

    #[test]
    fn a_value_travels_with_its_shape() {
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct Here {
            first: String,
            second: Option<u32>,
        }
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct There {
            second: u64,
            first: String,
        }
        let here = Here {
            first: "x".to_owned(),
            second: Some(7),
        };
        let mut value = Vec::new();
        let len = encode_into(&here, &mut value).unwrap();
        assert_eq!(len, value.len());
        let travelling = with_shape(&value);
        assert!(travelling.len() > value.len());
        let there = There {
            second: 7,
            first: "x".to_owned(),
        };
        assert_eq!(decode_with_reference::<There>(&travelling).unwrap(), there);
        assert_eq!(decode_with_reference::<Here>(&travelling).unwrap(), here);
        for end in 0..travelling.len() {
            assert!(decode_with_reference::<There>(&travelling[..end]).is_err());
        }
        // By its hash alone, it is missed where nobody knows the shape.
        value[1] ^= 1;
        let error = decode_with_reference::<There>(&value).unwrap_err();
        assert!(
            error.to_string().contains("its shape is missing"),
            "{error}"
        );
    }

    /// A list in a type, and a type within itself, of any depth that is allowed.
    #[test]
    fn recursive_values_are_stored_by_one_shape() {
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct Link {
            next: Option<Box<Link>>,
        }
        let chain = |depth: usize| {
            (0..depth).fold(Link { next: None }, |next, _| Link {
                next: Some(Box::new(next)),
            })
        };
        let mut first = Vec::new();
        encode_into(&chain(2), &mut first).unwrap();
        let (_, known) = encode_apart(&chain(2)).unwrap();
        // What is written is read, or else refused when it is written.
        for depth in [249, 250, 251, 300, 499, 600] {
            let mut value = Vec::new();
            let written = encode_into(&chain(depth), &mut value);
            assert_eq!(written.is_ok(), depth <= 249, "{depth}");
            if written.is_ok() {
                assert_eq!(decode_with_reference::<Link>(&value).unwrap(), chain(depth));
                assert_eq!(check(&with_shape(&value)), Ok(()));
            }
        }
        for depth in [3, 50, 200] {
            let mut value = Vec::new();
            encode_into(&chain(depth), &mut value).unwrap();
            assert!(value.starts_with(known.reference()), "{depth}");
            assert_eq!(decode_with_reference::<Link>(&value).unwrap(), chain(depth));
        }
        // Deeper than a reader's stack may be.
        let mut deep = known.reference().to_vec();
        deep.extend(vec![1; 100_000]);
        let error = decode_with_reference::<Link>(&deep).unwrap_err();
        assert!(error.to_string().contains("500 deep"), "{error}");
    }

    /// A type within itself whose values were all flat: bytes that go deeper are not of its shape.
    #[test]
    fn what_comes_from_elsewhere_is_held_against_its_shape() {
        #[derive(Serialize, Deserialize)]
        enum Nested {
            Flat(u8),
            Deeper(Box<Nested>),
        }
        let mut value = Vec::new();
        encode_into(&Nested::Flat(1), &mut value).unwrap();
        let honest = with_shape(&value).into_owned();
        assert_eq!(check(&honest), Ok(()));
        let mut hostile = honest[..honest.len() - 2].to_vec();
        hostile.extend(vec![1; 100_000]);
        assert_eq!(
            check(&hostile),
            Err("a value is not of the shape that it says")
        );
        assert!(check(&honest[..honest.len() - 1]).is_err());
        assert!(check(&[&honest[..], &[0]].concat()).is_err());
        // Read by position, it is the type that says how deep.
        encode_into(&Nested::Deeper(Box::new(Nested::Flat(1))), &mut value).unwrap();
    }

    #[test]
    fn elements_that_take_no_bytes_are_bounded() {
        let mut value = Vec::new();
        encode_into(&vec![(); 3], &mut value).unwrap();
        assert_eq!(decode_with_reference::<Vec<()>>(&value).unwrap(), [(); 3]);
        value.pop();
        value.extend(postcard::to_stdvec(&(1_u64 << 60)).unwrap());
        let error = decode_with_reference::<Vec<()>>(&value).unwrap_err();
        assert!(error.to_string().contains("too many parts"), "{error}");

        type Nothings = BTreeMap<(), ()>;
        let mut value = Vec::new();
        encode_into(&Nothings::from([((), ())]), &mut value).unwrap();
        assert_eq!(decode_with_reference::<Nothings>(&value).unwrap().len(), 1);
        value.pop();
        value.extend(postcard::to_stdvec(&(1_u64 << 60)).unwrap());
        let error = decode_with_reference::<Nothings>(&value).unwrap_err();
        assert!(error.to_string().contains("too many parts"), "{error}");
    }

    /// No value has the shape of which nothing is known, so none is read by it, neither by name nor by
    /// position.
    #[test]
    fn bytes_of_no_shape_are_refused() {
        type Unmet = Vec<(((),), ())>;
        let huge = postcard::to_stdvec(&(1_u64 << 60)).unwrap();
        let value = [&reference::in_full(&[1, 0]), huge.as_slice()].concat();
        assert!(decode_with_reference::<Unmet>(&value).is_err());
        let error = decode_with_reference::<u64>(&value).unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
    }

    #[test]
    fn json_is_the_remedy() {
        let value = Json(serde_json::json!({"a": [1, null]}));
        assert_eq!(
            decode::<Json<serde_json::Value>>(&encode(&value).unwrap()).unwrap(),
            value
        );
        let skips = Json(Skips {
            first: None,
            second: Some(0),
        });
        assert_eq!(
            decode::<Json<Skips>>(&encode(&skips).unwrap()).unwrap(),
            skips
        );
    }

    #[test]
    fn every_byte_is_consumed() {
        let mut bytes = encode(&5_u32).unwrap();
        bytes.push(0);
        assert!(decode::<u32>(&bytes).is_err());
        assert!(decode::<u32>(&[]).is_err());
        assert!(decode::<String>(&[200, 1, b'x']).is_err());
    }
}
