//! Numbers, as they were stored and as they are asked for.

use super::super::{Node, Scalar};
use super::{Unresolved, damaged};
use crate::codec::wire::{self, Source, Width};
use serde::de::{self, Error as _, Unexpected, Visitor};
use std::fmt::Display;

/// A number as it was stored, or none, or why it can't be read. All of them are a tag and 64 bits, so that
/// they are returned in registers: one that is wider is rare, and in a box.
pub(super) enum Number {
    I64(i64),
    U64(u64),
    I128(Wide),
    U128(Wide),
    F32(u64),
    F64(u64),
    None,
    Failed(Unresolved),
}

/// The bytes of a number of 128 bits: a box of the number itself would bring in an allocator's code for what
/// is aligned to 16 bytes.
pub(super) type Wide = Box<[u8; 16]>;

/// Of a number that is written in seven bits a byte.
pub(super) fn width(scalar: Scalar) -> Width {
    match scalar {
        Scalar::I16 | Scalar::U16 => wire::U16,
        Scalar::I32 | Scalar::U32 => wire::U32,
        _ => wire::U64,
    }
}

impl Number {
    #[inline(always)]
    pub(super) fn read(scalar: Scalar, source: &mut Source<'_>) -> Self {
        Self::find(scalar, source).unwrap_or_else(|| Number::Failed(damaged()))
    }

    #[inline(always)]
    fn find(scalar: Scalar, source: &mut Source<'_>) -> Option<Self> {
        Some(match scalar {
            Scalar::I8 => Number::I64((source.byte()? as i8).into()),
            Scalar::U8 => Number::U64(source.byte()?.into()),
            Scalar::I16 | Scalar::I32 | Scalar::I64 => Number::I64(source.signed(width(scalar))?),
            Scalar::U16 | Scalar::U32 | Scalar::U64 => Number::U64(source.number(width(scalar))?),
            Scalar::I128 => signed(source.wide_signed()?),
            Scalar::U128 => unsigned(source.wide()?),
            Scalar::F32 => Number::F32(u32::from_le_bytes(source.array()?).into()),
            Scalar::F64 => Number::F64(u64::from_le_bytes(source.array()?)),
            _ => Number::None,
        })
    }

    /// As an integer. `node` is what was stored.
    #[cold]
    #[inline(never)]
    pub(super) fn no_integer(self, node: &Node, expected: &dyn de::Expected) -> Self {
        Number::Failed(match self {
            Number::F32(bits) => float(single(bits).into(), expected),
            Number::F64(bits) => float(f64::from_bits(bits), expected),
            Number::None => super::value::unexpected(node, expected),
            number => return number,
        })
    }

    /// As a float, of 32 bits if `is_single`, which it must be exactly.
    pub(super) fn float(
        self,
        is_single: bool,
        node: &Node,
        expected: &dyn de::Expected,
    ) -> Result<f64, Unresolved> {
        let exact = if is_single { 1 << 24 } else { 1 << 53 };
        match self {
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
            Number::I128(number) => Err(inexact(&i128::from_le_bytes(*number), expected)),
            Number::U128(number) => Err(inexact(&u128::from_le_bytes(*number), expected)),
            Number::None => Err(super::value::unexpected(node, expected)),
            Number::Failed(error) => Err(error),
        }
    }

    pub(super) fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unresolved> {
        match self {
            Number::F32(bits) => visitor.visit_f32(single(bits)),
            Number::F64(bits) => visitor.visit_f64(f64::from_bits(bits)),
            Number::U128(number) => visitor.visit_u128(u128::from_le_bytes(*number)),
            Number::I128(number) => visitor.visit_i128(i128::from_le_bytes(*number)),
            number => number.visit_integer(visitor),
        }
    }

    /// Of at most 64 bits, as nearly all are asked for; so serde's text of a wider one, which none of them
    /// takes, is not compiled for each type.
    #[inline]
    pub(super) fn visit_integer<'de, V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        match self {
            Number::U64(number) => visitor.visit_u64(number),
            Number::I64(number) => visitor.visit_i64(number),
            number => Err(number.refused(&visitor)),
        }
    }

    /// Why it is none that is asked for.
    #[cold]
    #[inline(never)]
    fn refused(self, expected: &dyn de::Expected) -> Unresolved {
        match self {
            Number::Failed(error) => error,
            Number::I128(number) => Unresolved::stored(&i128::from_le_bytes(*number), expected),
            Number::U128(number) => Unresolved::stored(&u128::from_le_bytes(*number), expected),
            _ => Unresolved::stored(&"a number", expected),
        }
    }
}

fn signed(number: i128) -> Number {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => Number::U64(number),
        (_, Ok(number)) => Number::I64(number),
        _ => Number::I128(Box::new(number.to_le_bytes())),
    }
}

fn unsigned(number: u128) -> Number {
    match u64::try_from(number) {
        Ok(number) => Number::U64(number),
        Err(_) => Number::U128(Box::new(number.to_le_bytes())),
    }
}

fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

#[cold]
#[inline(never)]
fn float(number: f64, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::invalid_value(Unexpected::Float(number), expected)
}

#[cold]
#[inline(never)]
fn inexact(number: &dyn Display, expected: &dyn de::Expected) -> Unresolved {
    Unresolved::new(format!("{number} is not exact as {expected}"))
}
