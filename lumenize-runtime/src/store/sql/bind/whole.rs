//! The values as a whole: by position or by name.

use super::one::One;
use super::{BindError, NUMBERS, value_error};
use crate::host::SqlValue;
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde::ser::{SerializeTuple, SerializeTupleStruct};

/// What was given.
pub(super) enum Given {
    ByPosition(Vec<SqlValue>),
    ByName(Vec<(String, SqlValue)>),
}

/// Takes the values apart.
pub(super) struct Values;

/// Fills in what is refused.
macro_rules! refuse {
    ($error:expr; $($method:ident($($argument:ty),*);)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Self::Ok, Self::Error> { Err($error) })*
    };
}

impl Serializer for Values {
    type Ok = Given;
    type Error = BindError;
    type SerializeSeq = Positions;
    type SerializeTuple = Positions;
    type SerializeTupleStruct = Positions;
    type SerializeTupleVariant = Impossible<Given, BindError>;
    type SerializeMap = Names;
    type SerializeStruct = Names;
    type SerializeStructVariant = Impossible<Given, BindError>;

    refuse! { NUMBERS;
        serialize_bool(bool); serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]);
        serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
        serialize_i128(i128); serialize_u128(u128); serialize_f32(f32); serialize_f64(f64);
        serialize_none();
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_unit(self) -> Result<Given, BindError> {
        Ok(Given::ByPosition(Vec::new()))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Given, BindError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Given, BindError> {
        Err(NUMBERS)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Given, BindError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Given, BindError> {
        Err(NUMBERS)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Positions, BindError> {
        Ok(Positions(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Positions, BindError> {
        Ok(Positions(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Positions, BindError> {
        Ok(Positions(Vec::new()))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, BindError> {
        Err(NUMBERS)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Names, BindError> {
        Ok(Names::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Names, BindError> {
        Ok(Names::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, BindError> {
        Err(NUMBERS)
    }
}

pub(super) struct Positions(Vec<SqlValue>);

macro_rules! positions {
    ($($trait:ident::$method:ident)*) => { $(
        impl $trait for Positions {
            type Ok = Given;
            type Error = BindError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BindError> {
                self.0.push(value.serialize(One)?);
                Ok(())
            }

            fn end(self) -> Result<Given, BindError> {
                Ok(Given::ByPosition(self.0))
            }
        }
    )* };
}

positions! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
}

#[derive(Default)]
pub(super) struct Names {
    key: Option<String>,
    values: Vec<(String, SqlValue)>,
}

impl SerializeMap for Names {
    type Ok = Given;
    type Error = BindError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), BindError> {
        match key.serialize(One)? {
            SqlValue::Text(name) => self.key = Some(name),
            _ => {
                return Err(value_error(
                    "a map's keys are the names of parameters, so strings",
                ));
            }
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BindError> {
        let name = self.key.take().unwrap_or_default();
        self.values.push((name, value.serialize(One)?));
        Ok(())
    }

    fn end(self) -> Result<Given, BindError> {
        Ok(Given::ByName(self.values))
    }
}

impl SerializeStruct for Names {
    type Ok = Given;
    type Error = BindError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), BindError> {
        self.values.push((name.to_owned(), value.serialize(One)?));
        Ok(())
    }

    fn end(self) -> Result<Given, BindError> {
        Ok(Given::ByName(self.values))
    }
}
