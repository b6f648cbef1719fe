//! How a value becomes bytes and comes back: one interface for arguments, results and state.
//!
//! The bytes are [postcard](https://postcard.jamesmunns.com/wire-format). Postcard writes no names,
//! so it can't read back a field that was left out or a type that asks to be described; such a value
//! is refused when it is written, by `encode`, and not a month later when it is read.

mod json;
mod proven;
mod strict;

pub use json::Json;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a type must be to travel in a continuation or to be kept by an object: serde's two traits,
/// with nothing borrowed. Implemented for every type that qualifies.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored: it must implement serde's `Serialize` and `Deserialize`",
    label = "not storable",
    note = "add `#[derive(Serialize, Deserialize)]` to the type, or wrap what describes itself in `Json<T>`"
)]
pub trait Payload: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Payload for T {}

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

/// Appends the encoding of `value` to `out` and returns how many bytes that took. On an error `out`
/// is as it was.
pub(crate) fn encode_into<T: Payload>(value: &T, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let start = out.len();
    // Most values fit; growing from nothing byte by byte costs more than encoding them.
    out.reserve(64);
    let written = strict::write(value, out).map_err(|error| match error {
        strict::Failure::Skipped(field) => CodecError::ReadBack {
            type_name: core::any::type_name::<T>(),
            reason: format!("the field `{field}` was skipped"),
        },
        strict::Failure::Postcard(reason) => CodecError::Encode {
            type_name: core::any::type_name::<T>(),
            reason,
        },
    });
    let result = written.and_then(|trail| {
        let bytes = out.get(start..).unwrap_or_default();
        if proven::contains::<T>(trail) {
            return Ok(bytes.len());
        }
        decode::<T>(bytes).map_err(|error| match error {
            CodecError::Decode { type_name, reason } => CodecError::ReadBack { type_name, reason },
            other => other,
        })?;
        proven::insert::<T>(trail);
        Ok(bytes.len())
    });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// The encoding of `value` by itself.
pub(crate) fn encode<T: Payload>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes)?;
    Ok(bytes)
}

/// Reads a value, which must take up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let refused = |reason: String| CodecError::Decode {
        type_name: core::any::type_name::<T>(),
        reason,
    };
    match postcard::take_from_bytes::<T>(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(refused(format!("{} bytes are left over", rest.len()))),
        Err(error) => Err(refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

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
