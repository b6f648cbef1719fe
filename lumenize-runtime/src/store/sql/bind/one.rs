//! One value.

use super::byte::Byte;
use super::{BindError, value_error};
use crate::host::SqlValue;
use serde::ser::{Impossible, Serialize, SerializeSeq, SerializeTuple, Serializer};

/// Makes the SQL value of a scalar. It writes what people read (ids and dates as text).
pub(super) struct One;

pub(super) const COMPOUND: &str =
    "SQL has no lists, maps or structs; bind `Json(value)`, which is text";

macro_rules! integers {
    ($($method:ident($type:ty))*) => { $(
        fn $method(self, value: $type) -> Result<SqlValue, BindError> {
            i64::try_from(value).map(SqlValue::Integer).map_err(|_| {
                value_error(format!("{value} is beyond the integers of SQL, 64 bits with a sign; bind it as text"))
            })
        }
    )* };
}

impl Serializer for One {
    type Ok = SqlValue;
    type Error = BindError;
    type SerializeSeq = Bytes;
    type SerializeTuple = Bytes;
    type SerializeTupleStruct = Impossible<SqlValue, BindError>;
    type SerializeTupleVariant = Impossible<SqlValue, BindError>;
    type SerializeMap = Impossible<SqlValue, BindError>;
    type SerializeStruct = Impossible<SqlValue, BindError>;
    type SerializeStructVariant = Impossible<SqlValue, BindError>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_bool(self, value: bool) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Integer(value.into()))
    }

    fn serialize_f32(self, value: f32) -> Result<SqlValue, BindError> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<SqlValue, BindError> {
        match value.is_nan() {
            // SQLite would bind NULL in its place without a word.
            true => Err(value_error("SQL has no NaN; bind `None` for NULL")),
            false => Ok(SqlValue::Real(value)),
        }
    }

    fn serialize_char(self, value: char) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Blob(value.to_owned()))
    }

    fn serialize_none(self) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<SqlValue, BindError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<SqlValue, BindError> {
        Ok(SqlValue::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<SqlValue, BindError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<SqlValue, BindError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<SqlValue, BindError> {
        Err(value_error(COMPOUND))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Bytes, BindError> {
        Ok(Bytes(Vec::with_capacity(length.unwrap_or(0).min(1 << 16))))
    }

    fn serialize_tuple(self, length: usize) -> Result<Bytes, BindError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, BindError> {
        Err(value_error(COMPOUND))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, BindError> {
        Err(value_error(COMPOUND))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, BindError> {
        Err(value_error(COMPOUND))
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, BindError> {
        Err(value_error(COMPOUND))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, BindError> {
        Err(value_error(COMPOUND))
    }
}

/// A list of `u8`, which is how serde sees a `Vec<u8>` or an array: a blob.
pub(super) struct Bytes(Vec<u8>);

macro_rules! bytes {
    ($($trait:ident)*) => { $(
        impl $trait for Bytes {
            type Ok = SqlValue;
            type Error = BindError;

            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BindError> {
                self.0.push(value.serialize(Byte)?);
                Ok(())
            }

            fn end(self) -> Result<SqlValue, BindError> {
                Ok(SqlValue::Blob(self.0))
            }
        }
    )* };
}

bytes! { SerializeSeq SerializeTuple }
