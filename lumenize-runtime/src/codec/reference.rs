//! How a value refers to its shape: by the hash of the shape's stable form, or by the form itself
//! where that takes no more bytes, and where the other side may not have it.
//!
//! A first byte below 255 is the length of the form, which follows; 254 says that the length follows
//! as 32 bits, 255 that the hash does. Integers have their low byte first.

use std::num::NonZeroU8;

/// The hash of a shape's stable form: XXH64 (Collet), seed 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ShapeHash(u64);

impl ShapeHash {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh64::xxh64(bytes, 0))
    }

    pub(crate) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

const LONG: u8 = 254;
const BY_HASH: u8 = 255;

/// What tells a shape from all others, without the cost of hashing a short one: at most eight bytes and
/// how many, or the hash. The form is never zero, so that a table of no keys is all zeros and
/// takes no space in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    bits: u64,
    form: NonZeroU8,
}

impl Key {
    const HASH: NonZeroU8 = NonZeroU8::MAX;

    /// A number that is well spread in its upper bits.
    #[inline]
    pub(super) fn spread(self) -> u64 {
        // 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4).
        self.bits.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// A reference that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'b> {
    InFull(&'b [u8]),
    ByHash(ShapeHash),
}

impl<'b> Reference<'b> {
    /// The reference that `bytes` begin with, and the rest.
    #[inline]
    pub(super) fn read(bytes: &'b [u8]) -> Option<(Self, &'b [u8])> {
        let (&first, rest) = bytes.split_first()?;
        match first {
            BY_HASH => {
                let (hash, rest) = rest.split_first_chunk()?;
                Some((Self::ByHash(ShapeHash(u64::from_le_bytes(*hash))), rest))
            }
            LONG => {
                let (len, rest) = rest.split_first_chunk()?;
                let (shape, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                Some((Self::InFull(shape), rest))
            }
            len => {
                let (shape, rest) = rest.split_at_checked(len.into())?;
                Some((Self::InFull(shape), rest))
            }
        }
    }

    #[inline]
    pub(super) fn key(self) -> Key {
        if let Reference::InFull(shape) = self
            && let len @ 0..=8 = shape.len()
        {
            let mut short = [0; 8];
            for (place, byte) in short.iter_mut().zip(shape) {
                *place = *byte;
            }
            return Key {
                bits: u64::from_le_bytes(short),
                form: NonZeroU8::MIN.saturating_add(len as u8),
            };
        }
        Key {
            bits: self.hash().0,
            form: Key::HASH,
        }
    }

    pub(super) fn hash(self) -> ShapeHash {
        match self {
            Reference::InFull(shape) => ShapeHash::of(shape),
            Reference::ByHash(hash) => hash,
        }
    }
}

/// The shorter reference to a shape, and whether it is the hash.
pub(super) fn shortest(shape: &[u8]) -> (Vec<u8>, bool) {
    match shape.len() {
        0..=8 => (in_full(shape), false),
        _ => {
            let mut reference = vec![BY_HASH];
            reference.extend_from_slice(&ShapeHash::of(shape).to_bytes());
            (reference, true)
        }
    }
}

/// The reference that needs nothing else.
pub(super) fn in_full(shape: &[u8]) -> Vec<u8> {
    let mut reference = Vec::new();
    match u8::try_from(shape.len()) {
        Ok(len) if len < LONG => reference.push(len),
        _ => {
            reference.push(LONG);
            reference.extend_from_slice(&(shape.len() as u32).to_le_bytes());
        }
    }
    reference.extend_from_slice(shape);
    reference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_back_and_never_longer_than_the_hash() {
        for len in [1, 2, 8, 9, 253, 254, 255, 256, 70_000] {
            let shape = vec![7; len];
            let full = [in_full(&shape), vec![1, 2]].concat();
            assert_eq!(
                Reference::read(&full),
                Some((Reference::InFull(&shape), &[1, 2][..]))
            );
            let (short, by_hash) = shortest(&shape);
            assert!(short.len() <= 9);
            let (reference, rest) = Reference::read(&short).unwrap();
            assert_eq!((reference.hash(), rest), (ShapeHash::of(&shape), &[][..]));
            assert_eq!(by_hash, matches!(reference, Reference::ByHash(_)));
            for end in 0..full.len() - 2 {
                assert_eq!(Reference::read(&full[..end]), None);
            }
        }
    }

    /// These bytes are in people's databases.
    #[test]
    fn golden_hash() {
        assert_eq!(
            shortest(b"a shape of some length").0,
            [255, 88, 245, 136, 102, 165, 121, 148, 80]
        );
    }
}
