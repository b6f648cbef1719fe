//! What the row of a call holds: first what is to be sent, then the outcome and what it is for. A
//! version byte, then postcard.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) const VERSION: u8 = 1;

/// Bytes, written as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob<'b>(pub &'b [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Blob<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Self)
    }
}

/// A call that waits for its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outgoing<'b> {
    /// The callee's class, and the binding that a Worker finds it by.
    pub class: &'b str,
    pub binding: &'b str,
    /// Its name, or its id.
    pub instance: &'b str,
    pub by_id: bool,
    /// When the caller gives up, in Unix milliseconds.
    pub deadline: i64,
    /// The program for the callee, each value with its shape.
    #[serde(borrow)]
    pub request: Blob<'b>,
    /// What to run with the outcome.
    #[serde(borrow)]
    pub on_success: Option<Blob<'b>>,
    #[serde(borrow)]
    pub on_error: Option<Blob<'b>>,
    /// The key that the call holds while it is in flight.
    pub key: Option<&'b str>,
}

/// An outcome that waits for its handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrived<'b> {
    /// The program of this object that is given the outcome.
    #[serde(borrow)]
    pub program: Blob<'b>,
    /// The outcome, with its shape.
    #[serde(borrow)]
    pub outcome: Blob<'b>,
}

impl<'b> Outgoing<'b> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    pub(crate) fn decode(bytes: &'b [u8]) -> Option<Self> {
        decode(bytes)
    }
}

impl<'b> Arrived<'b> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    pub(crate) fn decode(bytes: &'b [u8]) -> Option<Self> {
        decode(bytes)
    }
}

pub(super) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    // Encoding plain data into memory does not fail.
    postcard::to_extend(row, vec![VERSION]).unwrap_or_default()
}

pub(super) fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    match bytes.split_first()? {
        (&VERSION, rest) => match postcard::take_from_bytes(rest).ok()? {
            (row, []) => Some(row),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are in people's databases.
    #[test]
    fn golden_bytes() {
        let outgoing = Outgoing {
            class: "Directory",
            binding: "DIRECTORY",
            instance: "main",
            by_id: false,
            deadline: 1_767_225_660_000,
            request: Blob(&[2, 1]),
            on_success: Some(Blob(&[7])),
            on_error: None,
            key: Some("k"),
        };
        let golden = [
            b"\x01\x09Directory\x09DIRECTORY\x04main\x00".as_slice(),
            &[
                0xc0, 0xc9, 0xdc, 0xed, 0xee, 0x66, 2, 2, 1, 1, 1, 7, 0, 1, 1, b'k',
            ],
        ]
        .concat();
        assert_eq!(outgoing.encode(), golden);
        assert_eq!(Outgoing::decode(&golden), Some(outgoing));
        assert_eq!(Outgoing::decode(&golden[..golden.len() - 1]), None);
        assert_eq!(Outgoing::decode(&[&golden[..], &[0]].concat()), None);
        assert_eq!(Outgoing::decode(&[2]), None);

        let arrived = Arrived {
            program: Blob(&[2, 1, 0]),
            outcome: Blob(&[1, 5, 9]),
        };
        let golden = [1, 3, 2, 1, 0, 3, 1, 5, 9];
        assert_eq!(arrived.encode(), golden);
        assert_eq!(Arrived::decode(&golden), Some(arrived));
        assert_eq!(Arrived::decode(&golden[..8]), None);
    }
}
