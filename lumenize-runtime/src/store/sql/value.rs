//! One value as serde sees it. Nothing becomes another value without a word: numbers are taken where
//! they are exact, text is no number, and a blob is no text.

use crate::host::SqlValue;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Unexpected, Visitor};
use std::fmt;

/// Up to here every integer is exact as a floating-point number.
const EXACT: f64 = ((1_u64 << 53) - 1) as f64;

/// Why a value can't be read.
#[derive(Debug)]
pub(super) struct ValueError {
    column: Option<String>,
    reason: String,
}

impl ValueError {
    pub(super) fn in_column(mut self, column: Option<&String>) -> Self {
        self.column = self.column.or_else(|| column.cloned());
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "the column `{column}`: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for ValueError {}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self {
            column: None,
            reason: reason.to_string(),
        }
    }
}

pub(super) struct One<'v>(pub(super) &'v SqlValue);

impl One<'_> {
    /// The number as an integer, if it is one exactly. Hosts differ in what they call an integer:
    /// JavaScript has but one kind of number, so workerd tells 1 and 1.0 apart no more.
    fn integer(&self) -> Option<i64> {
        match *self.0 {
            SqlValue::Integer(number) => Some(number),
            SqlValue::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Some(number as i64)
            }
            _ => None,
        }
    }

    fn unexpected<'de, V: Visitor<'de>>(&self, visitor: &V) -> ValueError {
        let found = match self.0 {
            SqlValue::Null => Unexpected::Other("NULL"),
            SqlValue::Integer(number) => Unexpected::Signed(*number),
            SqlValue::Real(number) if number.fract() == 0.0 && number.abs() > EXACT => {
                return de::Error::custom(format!(
                    "{number} may not be exact; read it by CAST(… AS TEXT), or as a floating-point number"
                ));
            }
            SqlValue::Real(number) => Unexpected::Float(*number),
            SqlValue::Text(text) => Unexpected::Str(text),
            SqlValue::Blob(_) => Unexpected::Other("a blob"),
        };
        de::Error::invalid_type(found, visitor)
    }
}

macro_rules! integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            match self.integer() {
                Some(number) => visitor.visit_i64(number),
                None => Err(self.unexpected(&visitor)),
            }
        })*
    };
}

macro_rules! alike {
    ($($method:ident => $as:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.$as(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for One<'_> {
    type Error = ValueError;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    alike! {
        deserialize_f32 => deserialize_f64
        deserialize_char => deserialize_string
        deserialize_str => deserialize_string
        deserialize_identifier => deserialize_string
        deserialize_bytes => deserialize_byte_buf
        deserialize_map => deserialize_compound
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            SqlValue::Null => visitor.visit_unit(),
            SqlValue::Text(text) => visitor.visit_str(text),
            SqlValue::Blob(bytes) => visitor.visit_bytes(bytes),
            SqlValue::Integer(number) => visitor.visit_i64(*number),
            SqlValue::Real(number) => match self.integer() {
                // -0.0 is no integer.
                Some(integer) if integer != 0 || number.is_sign_positive() => {
                    visitor.visit_i64(integer)
                }
                None if number.fract() == 0.0 => Err(self.unexpected(&visitor)),
                _ => visitor.visit_f64(*number),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.integer() {
            Some(0) => visitor.visit_bool(false),
            Some(1) => visitor.visit_bool(true),
            Some(number) => Err(de::Error::invalid_value(
                Unexpected::Signed(number),
                &"0 or 1",
            )),
            None => Err(self.unexpected(&visitor)),
        }
    }

    /// A floating-point number is the nearest there is, also of an integer beyond 2^53.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match *self.0 {
            SqlValue::Integer(number) => visitor.visit_f64(number as f64),
            SqlValue::Real(number) => visitor.visit_f64(number),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            SqlValue::Text(text) => visitor.visit_str(text),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            SqlValue::Blob(bytes) => visitor.visit_bytes(bytes),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            SqlValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            SqlValue::Null => visitor.visit_unit(),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    /// The bytes of a blob, as a `Vec<u8>` or an array takes them.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let SqlValue::Blob(bytes) = self.0 else {
            return self.deserialize_compound(visitor);
        };
        let mut bytes = SeqDeserializer::<_, ValueError>::new(bytes.iter().copied());
        let read = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(read)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_compound(visitor)
    }

    /// A variant without content, by its name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let SqlValue::Text(text) = self.0 else {
            return Err(self.unexpected(&visitor));
        };
        let name: StrDeserializer<'_, ValueError> = text.as_str().into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }
}

impl One<'_> {
    fn deserialize_compound<'de, V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        Err(match self.0 {
            SqlValue::Text(_) => {
                de::Error::custom("SQL has no lists, maps or structs; read JSON text as `Json<T>`")
            }
            _ => self.unexpected(&visitor),
        })
    }
}
