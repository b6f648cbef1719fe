//! A serializer of postcard's format, with two things more. A field that serde skips is an error: postcard
//! ignores it, and what is read back then is another value, sometimes without an error. And each
//! part is held against the shape that is known of the type, so that it is known, once the value is
//! written, whether it lies within that. If it does not, it is written once more, and the recorder is
//! told of each part: nothing is known to it, so each is a difference. One serializer does both,
//! because serde's code is compiled for each serializer and each type anew.
//!
//! Most methods have no `#[inline]`, which costs size in wasm and gains nothing elsewhere.

use super::shape::{Cursor, Event, Form, Nodes, Parts as Known, Recorder, Scalar, Shape};
use super::{CodecError, wire};
use serde::ser::{self, Serialize};
use std::fmt::Display;
use std::mem;

/// Why a value was refused. In a box, so that what is mostly returned fits into a register.
#[derive(Debug)]
pub(super) struct Failure(Box<Reason>);

#[derive(Debug)]
struct Reason {
    text: String,
    /// Whether it could be written, but not be read back.
    is_written: bool,
}

impl Failure {
    #[cold]
    #[inline(never)]
    fn new(text: String, is_written: bool) -> Self {
        Failure(Box::new(Reason { text, is_written }))
    }

    /// It could not be written.
    pub(super) fn refused(reason: &dyn Display) -> Self {
        Self::new(format!("{reason}"), false)
    }

    /// What was written can't be read back.
    pub(super) fn unreadable(reason: String) -> Self {
        Self::new(reason, true)
    }

    /// As what is told of a value of this type.
    pub(super) fn of(self, type_name: &'static str) -> CodecError {
        let Reason { text, is_written } = *self.0;
        match is_written {
            true => CodecError::ReadBack {
                type_name,
                reason: text,
            },
            false => CodecError::Encode {
                type_name,
                reason: text,
            },
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Self::refused(&message)
    }
}

/// What is written: a value, with its type forgotten.
pub(super) trait Written {
    /// Gives it to the serializer.
    fn write(&self, place: Strict<'_, '_, '_>) -> Result<(), Failure>;
}

impl<T: Serialize> Written for T {
    fn write(&self, place: Strict<'_, '_, '_>) -> Result<(), Failure> {
        self.serialize(place)
    }
}

/// Appends the encoding of `value` to `out` and says whether it lies within `known`; on an error
/// `out` holds a part of it.
pub(super) fn write(
    value: &dyn Written,
    known: &Shape,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    // The writer has the bytes themselves while it writes: what is behind one reference less costs less to reach.
    let mut writer = Writer::new(mem::take(out), known.nodes(), None);
    let written = value.write(Strict(&mut writer, known.cursor()));
    *out = writer.out;
    written.map(|()| !writer.outside)
}

/// Tells the recorder of all of `value`.
pub(super) fn record(value: &dyn Written, recorder: &mut Recorder) -> Result<(), Failure> {
    let mut writer = Writer::new(Vec::new(), &[], Some(recorder));
    value.write(Strict(&mut writer, Cursor::default()))
}

pub(super) struct Writer<'k, 'v> {
    known: Nodes<'k>,
    out: Vec<u8>,
    /// Whether a part was met that the shape doesn't have.
    outside: bool,
    recorder: Option<&'v mut Recorder>,
}

impl<'k, 'v> Writer<'k, 'v> {
    fn new(out: Vec<u8>, known: Nodes<'k>, recorder: Option<&'v mut Recorder>) -> Self {
        Self {
            known,
            out,
            outside: false,
            recorder,
        }
    }

    /// What is known of the part that was met.
    fn met<T: Default>(&mut self, known: Option<T>, event: Event) -> T {
        known.unwrap_or_else(|| {
            self.differs(event);
            T::default()
        })
    }

    /// What is known of what a variant holds, if that is of the form that was met. The recorder was told of
    /// the form.
    fn content<T: Default>(&mut self, known: Option<T>) -> T {
        self.outside |= known.is_none();
        known.unwrap_or_default()
    }

    #[cold]
    #[inline(never)]
    fn differs(&mut self, event: Event) {
        self.outside = true;
        if let Some(recorder) = &mut self.recorder {
            recorder.meet(event);
        }
    }

    /// What only the recorder needs: in what is known there is nothing of it.
    #[inline]
    fn tell(&mut self, event: Event) {
        if let Some(recorder) = &mut self.recorder {
            recorder.meet(event);
        }
    }

    /// How many elements or entries follow.
    fn len(&mut self, len: Option<usize>) -> Result<(), Failure> {
        let Some(len) = len else {
            return Err(Failure::refused(&"how long it is must be known"));
        };
        wire::put(&mut self.out, len as u64);
        Ok(())
    }
}

pub(super) struct Strict<'s, 'k, 'v>(&'s mut Writer<'k, 'v>, Cursor<'k>);

macro_rules! scalars {
    ($($method:ident($arg:ident: $ty:ty) $scalar:ident => $put:path: $written:expr;)*) => {$(
        fn $method(mut self, $arg: $ty) -> Result<(), Failure> {
            self.scalar(Scalar::$scalar);
            $put(&mut self.0.out, $written);
            Ok(())
        }
    )*};
}

impl<'s, 'k, 'v> Strict<'s, 'k, 'v> {
    fn scalar(&mut self, scalar: Scalar) {
        if !self.1.is(scalar) {
            self.0.differs(Event::Scalar(scalar));
        }
    }

    /// Writes which variant it is, and says what is known of its content.
    fn variant(
        &mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        form: Form,
    ) -> Cursor<'k> {
        let known = self.1.variant(index, variant).unwrap_or_else(|| {
            self.0.differs(Event::Variant {
                name,
                index,
                variant,
                form,
            });
            Cursor::default()
        });
        wire::put(&mut self.0.out, index.into());
        known
    }
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

    scalars! {
        serialize_bool(v: bool) Bool => Vec::push: v.into();
        serialize_i8(v: i8) I8 => Vec::push: v as u8;
        serialize_i16(v: i16) I16 => wire::put_signed: v.into();
        serialize_i32(v: i32) I32 => wire::put_signed: v.into();
        serialize_i64(v: i64) I64 => wire::put_signed: v;
        serialize_i128(v: i128) I128 => wire::put_wide_signed: v;
        serialize_u8(v: u8) U8 => Vec::push: v;
        serialize_u16(v: u16) U16 => wire::put: v.into();
        serialize_u32(v: u32) U32 => wire::put: v.into();
        serialize_u64(v: u64) U64 => wire::put: v;
        serialize_u128(v: u128) U128 => wire::put_wide: v;
        serialize_f32(v: f32) F32 => Vec::extend: v.to_le_bytes();
        serialize_f64(v: f64) F64 => Vec::extend: v.to_le_bytes();
        serialize_char(v: char) Char => wire::put_bytes: v.encode_utf8(&mut [0; 4]).as_bytes();
        serialize_str(v: &str) Str => wire::put_bytes: v.as_bytes();
        serialize_bytes(v: &[u8]) Bytes => wire::put_bytes: v;
    }

    fn serialize_unit(mut self) -> Result<(), Failure> {
        self.scalar(Scalar::Unit);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failure> {
        self.serialize_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Result<(), Failure> {
        self.0.met(self.1.option(self.0.known), Event::None);
        self.0.out.push(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        let inner = self.0.met(self.1.option(self.0.known), Event::Some);
        self.0.out.push(1);
        value.serialize(Strict(self.0, inner))
    }

    fn serialize_unit_variant(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Failure> {
        let content = self.variant(name, index, variant, Form::Unit);
        self.0.outside |= !content.is(Scalar::Unit);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.0.tell(Event::Newtype(name));
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let content = self.variant(name, index, variant, Form::Newtype);
        let inner = self.0.content(content.newtype(self.0.known));
        value.serialize(Strict(self.0, inner))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Failure> {
        let element = self.0.met(self.1.seq(self.0.known), Event::Seq);
        self.0.len(len)?;
        Ok(Strict(self.0, element))
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'s, 'k, 'v>, Failure> {
        self.serialize_tuple_struct("", len)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let known = self.0.met(self.1.tuple(len), Event::Tuple(name));
        Ok(Parts(self.0, known))
    }

    fn serialize_tuple_variant(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        // If there are other parts than are known, that is met at their end.
        let content = self.variant(name, index, variant, Form::Tuple);
        Ok(Parts(self.0, content.tuple(len).unwrap_or_default()))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Failure> {
        if !self.1.is_map() {
            self.0.differs(Event::Map);
        }
        self.0.len(len)?;
        Ok(self)
    }

    // What it returns does not fit into registers.
    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let known = self.0.met(self.1.fields(len), Event::Struct(name));
        Ok(Parts(self.0, known))
    }

    fn serialize_struct_variant(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'s, 'k, 'v>, Failure> {
        let content = self.variant(name, index, variant, Form::Struct);
        Ok(Parts(self.0, content.fields(len).unwrap_or_default()))
    }
}

impl ser::SerializeSeq for Strict<'_, '_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Strict(&mut *self.0, self.1))
    }

    fn end(self) -> Result<(), Failure> {
        self.0.tell(Event::End);
        Ok(())
    }
}

impl ser::SerializeMap for Strict<'_, '_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        let known = self.1.key(self.0.known);
        key.serialize(Strict(&mut *self.0, known))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let known = self.1.value(self.0.known);
        value.serialize(Strict(&mut *self.0, known))
    }

    fn end(self) -> Result<(), Failure> {
        self.0.tell(Event::End);
        Ok(())
    }
}

/// A value with a fixed number of parts, which follow each other without anything between them.
pub(super) struct Parts<'s, 'k, 'v>(&'s mut Writer<'k, 'v>, Known<'k>);

impl<'k, 'v> Parts<'_, 'k, 'v> {
    /// The place of the part of a tuple that comes next.
    #[inline]
    fn part(&mut self) -> Strict<'_, 'k, 'v> {
        let known = self.1.part(self.0.known).unwrap_or_default();
        Strict(&mut *self.0, known)
    }

    /// The place of the field that comes next. In wasm it is compiled once: there size counts more.
    #[cfg_attr(not(target_family = "wasm"), inline)]
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn field(&mut self, name: &'static str) -> Strict<'_, 'k, 'v> {
        let known = self.1.field(name, self.0.known);
        let known = self.0.met(known, Event::Field(name));
        Strict(&mut *self.0, known)
    }

    #[inline]
    fn done(self) {
        if !self.1.is_done() {
            self.0.differs(Event::End);
        }
    }
}

macro_rules! tuples {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_, '_> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                value.serialize(self.part())
            }

            #[inline]
            fn end(self) -> Result<(), Failure> {
                self.done();
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

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                value.serialize(self.field(key))
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), Failure> {
                Err(Failure::unreadable(format!("the field `{key}` was skipped")))
            }

            #[inline]
            fn end(self) -> Result<(), Failure> {
                self.done();
                Ok(())
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);
