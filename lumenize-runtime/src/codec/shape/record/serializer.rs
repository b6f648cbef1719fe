//! The serializer: each method records one part and says where.

use super::super::{Content, Id, Name, Node, Scalar, Variant};
use super::{Failure, Recorder};
use serde::ser::{self, Serialize};
use std::fmt::Display;

/// Where a value is to be recorded.
pub(super) struct At<'a, 'r>(pub(super) &'a mut Recorder<'r>, pub(super) Id);

macro_rules! scalars {
    ($($method:ident($ty:ty) $scalar:ident;)*) => {$(
        fn $method(self, _: $ty) -> Result<Id, Failure> {
            self.scalar(Scalar::$scalar)
        }
    )*};
}

impl<'a, 'r> At<'a, 'r> {
    fn scalar(self, scalar: Scalar) -> Result<Id, Failure> {
        let At(recorder, at) = self;
        let node = Node::Scalar(scalar);
        recorder.expect(
            at,
            scalar.text(),
            |known| *known == node,
            |_| Ok(Node::Scalar(scalar)),
        )?;
        Ok(at)
    }

    /// The content of a variant, which is added if it is not known.
    fn variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        content: impl FnOnce(&mut Recorder<'r>) -> Result<Content, Failure>,
    ) -> Result<(&'a mut Recorder<'r>, Id), Failure> {
        let At(recorder, at) = self;
        let at = recorder.enter(name, at);
        let is_enum = |node: &Node| matches!(node, Node::Enum(_));
        recorder.expect(at, "an enum", is_enum, |_| Ok(Node::Enum(Vec::new())))?;
        let known = match recorder.node(at) {
            Node::Enum(variants) => variants.iter().find(|known| known.index == index),
            _ => None,
        };
        match known {
            Some(known) if known.name.is(variant) => {}
            Some(_) => return Err(recorder.differs(at, "an enum with its variants renamed")),
            None => {
                let content = content(recorder)?;
                if let Some(Node::Enum(variants)) = recorder.nodes.get_mut(at) {
                    variants.push(Variant {
                        index,
                        name: Name::recorded(variant),
                        content,
                    });
                    variants.sort_by_key(|variant| variant.index);
                }
            }
        }
        Ok((recorder, at))
    }
}

impl Recorder<'_> {
    fn content(&mut self, at: Id, index: u32) -> Option<&mut Content> {
        match self.nodes.get_mut(at) {
            Some(Node::Enum(variants)) => variants
                .iter_mut()
                .find(|variant| variant.index == index)
                .map(|variant| &mut variant.content),
            _ => None,
        }
    }

    fn parts(&mut self, at: Id, variant: Option<u32>) -> Option<&mut Vec<Id>> {
        match variant {
            Some(index) => match self.content(at, index) {
                Some(Content::Tuple(parts)) => Some(parts),
                _ => None,
            },
            None => match self.nodes.get_mut(at) {
                Some(Node::Tuple(parts)) => Some(parts),
                _ => None,
            },
        }
    }

    fn fields(&mut self, at: Id, variant: Option<u32>) -> Option<&mut Vec<(Name, Id)>> {
        match variant {
            Some(index) => match self.content(at, index) {
                Some(Content::Struct(fields)) => Some(fields),
                _ => None,
            },
            None => match self.nodes.get_mut(at) {
                Some(Node::Struct(fields)) => Some(fields),
                _ => None,
            },
        }
    }
}

/// A value with parts, and the number of the next one.
pub(super) struct Parts<'a, 'r> {
    recorder: &'a mut Recorder<'r>,
    at: Id,
    variant: Option<u32>,
    next: usize,
    named: bool,
}

impl Parts<'_, '_> {
    fn other(&self) -> Failure {
        self.recorder.differs(self.at, "of another form")
    }

    fn tuple_part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let Some(parts) = self.recorder.parts(self.at, self.variant) else {
            return Err(self.other());
        };
        let planned = match parts.get(self.next).copied() {
            Some(planned) => planned,
            None => {
                let planned = self.recorder.fresh()?;
                if let Some(parts) = self.recorder.parts(self.at, self.variant) {
                    parts.push(planned);
                }
                planned
            }
        };
        let actual = self.recorder.part(planned, value)?;
        let parts = self.recorder.parts(self.at, self.variant);
        if let Some(place) = parts.and_then(|parts| parts.get_mut(self.next)) {
            *place = actual;
        }
        self.next += 1;
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let Some(fields) = self.recorder.fields(self.at, self.variant) else {
            return Err(self.other());
        };
        let planned = match fields.get(self.next) {
            Some((name, planned)) if name.is(key) => *planned,
            Some(_) => return Err(self.other()),
            None => {
                let planned = self.recorder.fresh()?;
                if let Some(fields) = self.recorder.fields(self.at, self.variant) {
                    fields.push((Name::recorded(key), planned));
                }
                planned
            }
        };
        let actual = self.recorder.part(planned, value)?;
        let fields = self.recorder.fields(self.at, self.variant);
        if let Some((_, place)) = fields.and_then(|fields| fields.get_mut(self.next)) {
            *place = actual;
        }
        self.next += 1;
        Ok(())
    }

    fn done(self) -> Result<Id, Failure> {
        if self.named {
            self.recorder.leave();
        }
        Ok(self.at)
    }

    /// Ends what has a fixed number of parts.
    fn all(self) -> Result<Id, Failure> {
        let (at, variant) = (self.at, self.variant);
        let fields = self.recorder.fields(at, variant).map(|fields| fields.len());
        let known = fields.or_else(|| self.recorder.parts(at, variant).map(|parts| parts.len()));
        match known {
            Some(count) if count == self.next => self.done(),
            _ => Err(self.other()),
        }
    }
}

impl<'a, 'r> ser::Serializer for At<'a, 'r> {
    type Ok = Id;
    type Error = Failure;
    type SerializeSeq = Parts<'a, 'r>;
    type SerializeTuple = Parts<'a, 'r>;
    type SerializeTupleStruct = Parts<'a, 'r>;
    type SerializeTupleVariant = Parts<'a, 'r>;
    type SerializeMap = Parts<'a, 'r>;
    type SerializeStruct = Parts<'a, 'r>;
    type SerializeStructVariant = Parts<'a, 'r>;

    scalars! {
        serialize_bool(bool) Bool;
        serialize_i8(i8) I8;
        serialize_i16(i16) I16;
        serialize_i32(i32) I32;
        serialize_i64(i64) I64;
        serialize_i128(i128) I128;
        serialize_u8(u8) U8;
        serialize_u16(u16) U16;
        serialize_u32(u32) U32;
        serialize_u64(u64) U64;
        serialize_u128(u128) U128;
        serialize_f32(f32) F32;
        serialize_f64(f64) F64;
        serialize_char(char) Char;
        serialize_str(&str) Str;
        serialize_bytes(&[u8]) Bytes;
        serialize_unit_struct(&'static str) Unit;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<Id, Failure> {
        self.scalar(Scalar::Str)
    }

    fn serialize_unit(self) -> Result<Id, Failure> {
        self.scalar(Scalar::Unit)
    }

    fn serialize_none(self) -> Result<Id, Failure> {
        let At(recorder, at) = self;
        let is_option = |node: &Node| matches!(node, Node::Option(_));
        recorder.expect(at, "an option", is_option, |recorder| {
            recorder.fresh().map(Node::Option)
        })?;
        Ok(at)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Id, Failure> {
        let At(recorder, at) = self;
        At(recorder, at).serialize_none()?;
        if let Node::Option(inner) = recorder.node(at) {
            let actual = recorder.part(*inner, value)?;
            recorder.set(at, Node::Option(actual));
        }
        Ok(at)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<Id, Failure> {
        let (recorder, at) = self.variant(name, index, variant, |_| Ok(Content::Unit))?;
        recorder.leave();
        match recorder.content(at, index) {
            Some(Content::Unit) => Ok(at),
            _ => Err(recorder.differs(at, "of another form")),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Id, Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Id, Failure> {
        let newtype = |recorder: &mut Recorder<'r>| recorder.fresh().map(Content::Newtype);
        let (recorder, at) = self.variant(name, index, variant, newtype)?;
        let Some(Content::Newtype(planned)) = recorder.content(at, index).cloned() else {
            return Err(recorder.differs(at, "of another form"));
        };
        let actual = recorder.part(planned, value)?;
        if let Some(content) = recorder.content(at, index) {
            *content = Content::Newtype(actual);
        }
        recorder.leave();
        Ok(at)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Parts<'a, 'r>, Failure> {
        let At(recorder, at) = self;
        let is_seq = |node: &Node| matches!(node, Node::Seq(_));
        recorder.expect(at, "a list", is_seq, |recorder| {
            recorder.fresh().map(Node::Seq)
        })?;
        Ok(unnamed(recorder, at))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a, 'r>, Failure> {
        let At(recorder, at) = self;
        let is_tuple = |node: &Node| matches!(node, Node::Tuple(_));
        recorder.expect(at, "a tuple", is_tuple, |_| Ok(Node::Tuple(Vec::new())))?;
        Ok(unnamed(recorder, at))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Parts<'a, 'r>, Failure> {
        let At(recorder, at) = self;
        let at = recorder.enter(name, at);
        let parts = At(recorder, at).serialize_tuple(len)?;
        Ok(Parts {
            named: true,
            ..parts
        })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, 'r>, Failure> {
        let tuple = |_: &mut Recorder<'r>| Ok(Content::Tuple(Vec::new()));
        let (recorder, at) = self.variant(name, index, variant, tuple)?;
        Ok(Parts {
            variant: Some(index),
            named: true,
            ..unnamed(recorder, at)
        })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Parts<'a, 'r>, Failure> {
        let At(recorder, at) = self;
        let is_map = |node: &Node| matches!(node, Node::Map(..));
        recorder.expect(at, "a map", is_map, |recorder| {
            Ok(Node::Map(recorder.fresh()?, recorder.fresh()?))
        })?;
        Ok(unnamed(recorder, at))
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Parts<'a, 'r>, Failure> {
        let At(recorder, at) = self;
        let at = recorder.enter(name, at);
        let is_struct = |node: &Node| matches!(node, Node::Struct(_));
        recorder.expect(at, "a struct", is_struct, |_| Ok(Node::Struct(Vec::new())))?;
        Ok(Parts {
            named: true,
            ..unnamed(recorder, at)
        })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, 'r>, Failure> {
        let fields = |_: &mut Recorder<'r>| Ok(Content::Struct(Vec::new()));
        let (recorder, at) = self.variant(name, index, variant, fields)?;
        Ok(Parts {
            variant: Some(index),
            named: true,
            ..unnamed(recorder, at)
        })
    }
}

fn unnamed<'a, 'r>(recorder: &'a mut Recorder<'r>, at: Id) -> Parts<'a, 'r> {
    Parts {
        recorder,
        at,
        variant: None,
        next: 0,
        named: false,
    }
}

impl ser::SerializeSeq for Parts<'_, '_> {
    type Ok = Id;
    type Error = Failure;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        if let Node::Seq(element) = self.recorder.node(self.at) {
            let actual = self.recorder.part(*element, value)?;
            self.recorder.set(self.at, Node::Seq(actual));
        }
        Ok(())
    }

    fn end(self) -> Result<Id, Failure> {
        self.done()
    }
}

macro_rules! tuples {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = Id;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.tuple_part(value)
            }

            fn end(self) -> Result<Id, Failure> {
                self.all()
            }
        }
    )*};
}

tuples! {
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

impl ser::SerializeMap for Parts<'_, '_> {
    type Ok = Id;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        if let Node::Map(before, value) = *self.recorder.node(self.at) {
            let actual = self.recorder.part(before, key)?;
            self.recorder.set(self.at, Node::Map(actual, value));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        if let Node::Map(key, before) = *self.recorder.node(self.at) {
            let actual = self.recorder.part(before, value)?;
            self.recorder.set(self.at, Node::Map(key, actual));
        }
        Ok(())
    }

    fn end(self) -> Result<Id, Failure> {
        self.done()
    }
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = Id;
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.field(key, value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), Failure> {
                Err(Failure::Skipped(key))
            }

            fn end(self) -> Result<Id, Failure> {
                self.all()
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);
