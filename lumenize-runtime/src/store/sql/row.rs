//! A row as serde sees it: a struct or a map by the names of the columns, a tuple or a list by their
//! order, anything else in a row of one column.

use super::value::{One, ValueError};
use crate::host::SqlValue;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

/// Why a row can't be read as the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} can't be read: {reason}")]
#[non_exhaustive]
pub struct RowError {
    /// Which, from 0.
    pub row: usize,
    /// Why, with the column.
    pub reason: String,
}

impl ValueError {
    pub(super) fn in_row(self, row: usize) -> RowError {
        RowError {
            row,
            reason: self.to_string(),
        }
    }
}

pub(super) fn read<R: de::DeserializeOwned>(
    columns: &[String],
    values: &[SqlValue],
) -> Result<R, ValueError> {
    R::deserialize(Row { columns, values })
}

#[derive(Clone, Copy)]
struct Row<'r> {
    columns: &'r [String],
    values: &'r [SqlValue],
}

impl<'r> Row<'r> {
    /// The value of a row of one column.
    fn only(self) -> Result<One<'r>, ValueError> {
        match self.values {
            [value] => Ok(One(value)),
            values => Err(de::Error::custom(format!(
                "columns: {}, expected: 1",
                values.len()
            ))),
        }
    }
}

macro_rules! of_one_column {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.only()?.$method(visitor).map_err(|error| error.in_column(self.columns.first()))
        })*
    };
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = ValueError;

    of_one_column! {
        deserialize_bool deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_identifier
    }

    /// What describes itself is told a map.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(Named {
            row: self,
            place: 0,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_tuple(self.values.len(), visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match self.values.len() {
            columns if columns == length => visitor.visit_seq(Positions {
                row: self,
                place: 0,
            }),
            columns => Err(de::Error::custom(format!(
                "columns: {columns}, expected: {length}"
            ))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_tuple(length, visitor)
    }

    /// A row of one NULL is `None`.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.values {
            [SqlValue::Null] => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let read = self.only()?.deserialize_enum(name, variants, visitor);
        read.map_err(|error| error.in_column(self.columns.first()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }
}

struct Positions<'r> {
    row: Row<'r>,
    place: usize,
}

impl<'de> SeqAccess<'de> for Positions<'_> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        let Some(value) = self.row.values.get(self.place) else {
            return Ok(None);
        };
        let column = self.row.columns.get(self.place);
        self.place += 1;
        let read = seed.deserialize(One(value));
        read.map(Some).map_err(|error| error.in_column(column))
    }

    fn size_hint(&self) -> Option<usize> {
        self.row.values.len().checked_sub(self.place)
    }
}

struct Named<'r> {
    row: Row<'r>,
    place: usize,
}

impl<'de> MapAccess<'de> for Named<'_> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ValueError> {
        let Some(column) = self.row.columns.get(self.place) else {
            return Ok(None);
        };
        let name: StrDeserializer<'_, ValueError> = column.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, ValueError> {
        let value = self.row.values.get(self.place).unwrap_or(&SqlValue::Null);
        let column = self.row.columns.get(self.place);
        self.place += 1;
        let read = seed.deserialize(One(value));
        read.map_err(|error| error.in_column(column))
    }
}
