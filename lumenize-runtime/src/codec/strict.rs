//! Postcard's serializer, with one thing more: a field that serde skips is an error. Postcard
//! ignores it, and what is read back then is another value, sometimes without an error.

use postcard::ser_flavors::Flavor;
use serde::ser::{self, Serialize};
use std::fmt::Display;

/// Why a value was refused.
#[derive(Debug)]
pub(super) enum Failure {
    /// `skip_serializing_if` left this field out.
    Skipped(&'static str),
    /// Postcard, or the value's own `Serialize`, refused it.
    Postcard(String),
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Skipped(field) => write!(f, "the field `{field}` was skipped"),
            Failure::Postcard(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: Display>(message: T) -> Self {
        Failure::Postcard(message.to_string())
    }
}

impl From<postcard::Error> for Failure {
    fn from(error: postcard::Error) -> Self {
        Failure::Postcard(error.to_string())
    }
}

/// Appends the encoding of `value` to `out`; on an error `out` holds a part of it.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut serializer = postcard::Serializer {
        output: Appending(out),
    };
    value.serialize(Strict(&mut serializer))
}

struct Appending<'v>(&'v mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

type Inner<'v> = postcard::Serializer<Appending<'v>>;

struct Strict<'s, 'v>(&'s mut Inner<'v>);

/// Scalars go straight to postcard.
macro_rules! forward {
    ($($method:ident($($arg:ident: $ty:ty),*);)*) => {$(
        fn $method(self, $($arg: $ty),*) -> Result<(), Failure> {
            Ok(ser::Serializer::$method(self.0, $($arg),*)?)
        }
    )*};
}

impl<'s, 'v> ser::Serializer for Strict<'s, 'v> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    forward! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_f32(v: f32);
        serialize_f64(v: f64);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failure> {
        Ok(ser::Serializer::collect_str(self.0, value)?)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.0.output.0.push(1);
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        ser::Serializer::serialize_unit_variant(&mut *self.0, name, index, variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Failure> {
        ser::Serializer::serialize_seq(&mut *self.0, len)?;
        Ok(self)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self, Failure> {
        ser::Serializer::serialize_unit_variant(&mut *self.0, name, index, variant)?;
        Ok(self)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Failure> {
        ser::Serializer::serialize_map(&mut *self.0, len)?;
        Ok(self)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self, Failure> {
        ser::Serializer::serialize_unit_variant(&mut *self.0, name, index, variant)?;
        Ok(self)
    }
}

/// Elements follow each other without anything between them.
macro_rules! elements {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Strict<'_, '_> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                value.serialize(Strict(&mut *self.0))
            }

            fn end(self) -> Result<(), Failure> {
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

impl ser::SerializeMap for Strict<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        key.serialize(Strict(&mut *self.0))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Strict(&mut *self.0))
    }

    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}

macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Strict<'_, '_> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _key: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                value.serialize(Strict(&mut *self.0))
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), Failure> {
                Err(Failure::Skipped(key))
            }

            fn end(self) -> Result<(), Failure> {
                Ok(())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);
