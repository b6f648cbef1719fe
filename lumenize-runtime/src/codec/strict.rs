//! Postcard's serializer, with two things more. A field that serde skips is an error: postcard
//! ignores it, and what is read back then is another value, sometimes without an error. And each
//! part is held against the shape that is known of the type, so that it is known, once the value is
//! written, whether it lies within that.

use super::shape::{Cursor, Parts as Known, Scalar, Shape};
use postcard::ser_flavors::Flavor;
use serde::ser::{self, Serialize};
use std::fmt::Display;

/// Why a value was refused. In a box, so that what is mostly returned fits into a register.
#[derive(Debug)]
pub(super) struct Failure(Box<Reason>);

#[derive(Debug)]
pub(super) enum Reason {
    /// `skip_serializing_if` left this field out.
    Skipped(&'static str),
    /// Postcard, or the value's own `Serialize`, refused it.
    Postcard(String),
}

impl Failure {
    pub(super) fn reason(self) -> Reason {
        *self.0
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Reason::Skipped(field) => write!(f, "the field `{field}` was skipped"),
            Reason::Postcard(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Failure(Box::new(Reason::Postcard(message.to_string())))
    }
}

impl From<postcard::Error> for Failure {
    #[cold]
    fn from(error: postcard::Error) -> Self {
        Failure(Box::new(Reason::Postcard(error.to_string())))
    }
}

/// Appends the encoding of `value` to `out` and says whether it lies within `known`; on an error
/// `out` holds a part of it.
pub(super) fn write<T: Serialize + ?Sized>(
    value: &T,
    known: &Shape,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    let mut writer = Writer {
        postcard: postcard::Serializer {
            output: Appending(out),
        },
        outside: false,
    };
    value.serialize(Strict(&mut writer, known.cursor()))?;
    Ok(!writer.outside)
}

struct Writer<'v> {
    postcard: postcard::Serializer<Appending<'v>>,
    /// Whether a part was met that the shape doesn't have.
    outside: bool,
}

impl Writer<'_> {
    /// What is known of the part that comes next.
    #[inline]
    fn met<T: Default>(&mut self, known: Option<T>) -> T {
        known.unwrap_or_else(|| {
            self.outside = true;
            T::default()
        })
    }
}

struct Appending<'v>(&'v mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

struct Strict<'s, 'k, 'v>(&'s mut Writer<'v>, Cursor<'k>);

/// Scalars go straight to postcard.
macro_rules! forward {
    ($($method:ident($($arg:ident: $ty:ty),*) $scalar:ident;)*) => {$(
        #[inline]
        fn $method(self, $($arg: $ty),*) -> Result<(), Failure> {
            self.0.outside |= !self.1.is(Scalar::$scalar);
            Ok(ser::Serializer::$method(&mut self.0.postcard, $($arg),*)?)
        }
    )*};
}

impl<'s, 'k, 'v> ser::Serializer for Strict<'s, 'k, 'v> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Self;
    type SerializeTuple = Parts<'s, 'k, 'v>;
    type SerializeTupleStruct = Parts<'s, 'k, 'v>;
    type SerializeTupleVariant = Parts<'s, 'k, 'v>;
    type SerializeMap = Self;
    type SerializeStruct = Parts<'s, 'k, 'v>;
    type SerializeStructVariant = Parts<'s, 'k, 'v>;

    forward! {
        serialize_bool(v: bool) Bool;
        serialize_i8(v: i8) I8;
        serialize_i16(v: i16) I16;
        serialize_i32(v: i32) I32;
        serialize_i64(v: i64) I64;
        serialize_i128(v: i128) I128;
        serialize_u8(v: u8) U8;
        serialize_u16(v: u16) U16;
        serialize_u32(v: u32) U32;
        serialize_u64(v: u64) U64;
        serialize_u128(v: u128) U128;
        serialize_f32(v: f32) F32;
        serialize_f64(v: f64) F64;
        serialize_char(v: char) Char;
        serialize_str(v: &str) Str;
        serialize_bytes(v: &[u8]) Bytes;
        serialize_unit() Unit;
        serialize_unit_struct(name: &'static str) Unit;
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.0.outside |= !self.1.is(Scalar::Str);
        Ok(ser::Serializer::collect_str(&mut self.0.postcard, value)?)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Failure> {
        self.0.met(self.1.option());
        self.0.postcard.output.0.push(0);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        let inner = self.0.met(self.1.option());
        self.0.postcard.output.0.push(1);
        value.serialize(Strict(self.0, inner))
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Failure> {
        let content = self.0.met(self.1.variant(index, variant));
        self.0.outside |= !content.is_unit();
        Ok(ser::Serializer::serialize_u32(&mut self.0.postcard, index)?)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let content = self.0.met(self.1.variant(index, variant));
        let inner = self.0.met(content.newtype());
        ser::Serializer::serialize_u32(&mut self.0.postcard, index)?;
        value.serialize(Strict(self.0, inner))
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Failure> {
        let element = self.0.met(self.1.seq());
        ser::Serializer::serialize_seq(&mut self.0.postcard, len)?;
        Ok(Strict(self.0, element))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let known = self.0.met(self.1.tuple(len));
        Ok(Parts(self.0, known))
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        self.serialize_tuple(len)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let content = self.0.met(self.1.variant(index, variant));
        let known = self.0.met(content.tuple(len));
        ser::Serializer::serialize_u32(&mut self.0.postcard, index)?;
        Ok(Parts(self.0, known))
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self, Failure> {
        self.0.outside |= !self.1.is_map();
        ser::Serializer::serialize_map(&mut self.0.postcard, len)?;
        Ok(self)
    }

    #[inline]
    fn serialize_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let known = self.0.met(self.1.fields(len));
        Ok(Parts(self.0, known))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let content = self.0.met(self.1.variant(index, variant));
        let known = self.0.met(content.fields(len));
        ser::Serializer::serialize_u32(&mut self.0.postcard, index)?;
        Ok(Parts(self.0, known))
    }
}

impl ser::SerializeSeq for Strict<'_, '_, '_> {
    type Ok = ();
    type Error = Failure;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Strict(&mut *self.0, self.1))
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl ser::SerializeMap for Strict<'_, '_, '_> {
    type Ok = ();
    type Error = Failure;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        key.serialize(Strict(&mut *self.0, self.1.key()))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Strict(&mut *self.0, self.1.value()))
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}

/// A value with a fixed number of parts, which follow each other without anything between them.
struct Parts<'s, 'k, 'v>(&'s mut Writer<'v>, Known<'k>);

macro_rules! tuples {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_, '_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                let known = self.0.met(self.1.part());
                value.serialize(Strict(&mut *self.0, known))
            }

            #[inline]
            fn end(self) -> Result<(), Failure> {
                self.0.outside |= !self.1.is_done();
                Ok(())
            }
        }
    )*};
}

tuples! {
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_, '_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                let known = self.0.met(self.1.field(key));
                value.serialize(Strict(&mut *self.0, known))
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), Failure> {
                Err(Failure(Box::new(Reason::Skipped(key))))
            }

            #[inline]
            fn end(self) -> Result<(), Failure> {
                self.0.outside |= !self.1.is_done();
                Ok(())
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);
