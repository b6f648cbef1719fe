//! Postcard's serializer, with two things more. A field that serde skips is an error: postcard
//! ignores it, and what is read back then is another value, sometimes without an error. And the
//! value's _trail_ is taken: a hash of what was serialised, variants and all, without the contents
//! of strings and numbers. Values of one type with one trail are read back by the same code.

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

/// Appends the encoding of `value` to `out` and returns its trail; on an error `out` holds a part
/// of it.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<u64, Failure> {
    let mut writer = Writer {
        postcard: postcard::Serializer {
            output: Appending(out),
        },
        trail: 0xcbf2_9ce4_8422_2325,
    };
    value.serialize(Strict(&mut writer))?;
    Ok(writer.trail)
}

struct Writer<'v> {
    postcard: postcard::Serializer<Appending<'v>>,
    trail: u64,
}

impl Writer<'_> {
    /// FNV-1a (Fowler, Noll, Vo), a word at a time.
    fn mark(&mut self, kind: u8, detail: u32) {
        let word = u64::from(kind) << 32 | u64::from(detail);
        self.trail = (self.trail ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        // A word's high bits would otherwise never reach the low ones.
        self.trail ^= self.trail >> 29;
    }
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

struct Strict<'s, 'v>(&'s mut Writer<'v>);

/// Scalars go straight to postcard.
macro_rules! forward {
    ($($kind:literal $method:ident($($arg:ident: $ty:ty),*);)*) => {$(
        fn $method(self, $($arg: $ty),*) -> Result<(), Failure> {
            self.0.mark($kind, 0);
            Ok(ser::Serializer::$method(&mut self.0.postcard, $($arg),*)?)
        }
    )*};
}

impl Strict<'_, '_> {
    /// A variant is its number, before its contents.
    fn serialize_variant(&mut self, index: u32) -> Result<(), Failure> {
        self.0.mark(44, index);
        Ok(ser::Serializer::serialize_u32(&mut self.0.postcard, index)?)
    }
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
        1 serialize_bool(v: bool);
        2 serialize_i8(v: i8);
        3 serialize_i16(v: i16);
        4 serialize_i32(v: i32);
        5 serialize_i64(v: i64);
        6 serialize_i128(v: i128);
        7 serialize_u8(v: u8);
        8 serialize_u16(v: u16);
        9 serialize_u32(v: u32);
        10 serialize_u64(v: u64);
        11 serialize_u128(v: u128);
        12 serialize_f32(v: f32);
        13 serialize_f64(v: f64);
        14 serialize_char(v: char);
        15 serialize_str(v: &str);
        16 serialize_bytes(v: &[u8]);
        17 serialize_none();
        18 serialize_unit();
        19 serialize_unit_struct(name: &'static str);
    }

    fn serialize_unit_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result<(), Failure> {
        self.serialize_variant(index)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.0.mark(40, 0);
        Ok(ser::Serializer::collect_str(&mut self.0.postcard, value)?)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.0.mark(41, 0);
        self.0.postcard.output.0.push(1);
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
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.serialize_variant(index)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Failure> {
        self.0.mark(42, 0);
        ser::Serializer::serialize_seq(&mut self.0.postcard, len)?;
        Ok(self)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self, Failure> {
        self.serialize_variant(index)?;
        Ok(self)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Failure> {
        self.0.mark(43, 0);
        ser::Serializer::serialize_map(&mut self.0.postcard, len)?;
        Ok(self)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_struct_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self, Failure> {
        self.serialize_variant(index)?;
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
