//! The deserializer.

use super::candidates::{BYTES, LETTERS, NUMBERS, TEXTS};
use super::fields::{self, Place};
use super::node::Given;
use super::parts::{Entries, Parts};
use super::told::Told;
use super::variants;
use super::{Alternative, Form, Id, Name, Probe};
use crate::codec::Scalar;
use serde::de::{Deserializer, Visitor};
use std::any::type_name;

/// A value of the type at a place.
pub(super) struct Value<'p> {
    pub(super) probe: &'p mut Probe,
    pub(super) at: Id,
}

/// No type has a field or a variant of this name.
pub(super) const UNKNOWN_NAME: &str = "lumenize: a name that is not known";

/// How many values there are to give.
pub(super) fn candidates(scalar: Scalar) -> usize {
    match scalar {
        Scalar::Unit => 1,
        Scalar::Bool => 2,
        Scalar::Char => LETTERS.len(),
        Scalar::Str => TEXTS.len(),
        Scalar::Bytes => BYTES.len(),
        _ => NUMBERS.len(),
    }
}

impl Value<'_> {
    /// Which value is given: the number of a candidate.
    fn candidate(&mut self, scalar: Scalar) -> Result<usize, Told> {
        self.probe
            .meet(self.at, |_| Form::Scalar(Given::new(scalar)));
        let Some(given) = self.probe.given(self.at) else {
            return Err(Told::Other);
        };
        let candidate = given.candidate;
        self.probe.round.given.push(self.at);
        Ok(candidate)
    }

    /// What became of it.
    fn taken<T>(self, read: Result<T, Told>) -> Result<T, Told> {
        if read.is_err() {
            if !self.probe.round.is_explained {
                self.probe.round.is_explained = true;
                self.probe.blame(&[self.at]);
            }
        } else if let Some(
            given @ Given {
                is_taken: false, ..
            },
        ) = self.probe.given(self.at)
        {
            given.is_taken = true;
            self.probe.round.learned = true;
        }
        read
    }

    /// Whether something is inside of what may have nothing inside.
    fn has_content(
        &mut self,
        form: impl FnOnce(&mut Probe) -> Form,
    ) -> Result<(bool, Vec<Id>), Told> {
        self.probe.meet(self.at, form);
        let (tried, parts) = match self.probe.form(self.at) {
            Some(Form::Option(tried, part) | Form::Seq(tried, part)) => (*tried, vec![*part]),
            Some(Form::Map(tried, key, value)) => (*tried, vec![*key, *value]),
            _ => return Err(Told::Other),
        };
        let leads_on = parts.iter().any(|part| self.probe.leads_on(*part));
        let alternatives = [false, true].map(|is_inside| Alternative {
            is_tried: *tried.get(usize::from(is_inside)).unwrap_or(&true),
            fails: false,
            leads_on: is_inside && leads_on,
        });
        let chosen = self.probe.choose(self.at, &alternatives).unwrap_or(0);
        if let Some(Form::Option(tried, _) | Form::Seq(tried, _) | Form::Map(tried, ..)) =
            self.probe.form(self.at)
            && let Some(tried @ false) = tried.get_mut(chosen)
        {
            *tried = true;
            self.probe.round.learned = true;
        }
        Ok((chosen == 1, parts))
    }

    fn named<T>(&mut self, serde: &'static str, names: &'static [&'static str]) {
        let name = Name {
            rust: type_name::<T>(),
            serde,
            names,
        };
        self.at = self.probe.enter(self.at, name);
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $scalar:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
            let candidate = self.candidate(Scalar::$scalar)?;
            let mut numbers = NUMBERS.iter().filter_map(|number| <$ty>::try_from(*number).ok());
            let read = match numbers.nth(candidate) {
                Some(number) => visitor.$visit(number),
                None => Err(Told::Other),
            };
            self.taken(read)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident $visit:ident $scalar:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
            let candidate = self.candidate(Scalar::$scalar)?;
            let read = match NUMBERS.get(candidate) {
                Some(number) => visitor.$visit(<$ty>::from(*number)),
                None => Err(Told::Other),
            };
            self.taken(read)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Told;

    numbers! {
        deserialize_i8 visit_i8 I8 i8;
        deserialize_i16 visit_i16 I16 i16;
        deserialize_i32 visit_i32 I32 i32;
        deserialize_i64 visit_i64 I64 i64;
        deserialize_i128 visit_i128 I128 i128;
        deserialize_u8 visit_u8 U8 u8;
        deserialize_u16 visit_u16 U16 u16;
        deserialize_u32 visit_u32 U32 u32;
        deserialize_u64 visit_u64 U64 u64;
        deserialize_u128 visit_u128 U128 u128;
    }

    floats! {
        deserialize_f32 visit_f32 F32 f32;
        deserialize_f64 visit_f64 F64 f64;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Told> {
        self.probe.meet(self.at, |_| Form::Any);
        Err(Told::Other)
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let candidate = self.candidate(Scalar::Bool)?;
        let read = visitor.visit_bool(candidate == 1);
        self.taken(read)
    }

    fn deserialize_char<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let candidate = self.candidate(Scalar::Char)?;
        let read = match LETTERS.get(candidate) {
            Some(letter) => visitor.visit_char(*letter),
            None => Err(Told::Other),
        };
        self.taken(read)
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let candidate = self.candidate(Scalar::Str)?;
        let read = match TEXTS.get(candidate) {
            Some(text) => visitor.visit_borrowed_str(text),
            None => Err(Told::Other),
        };
        self.taken(read)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Told> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let candidate = self.candidate(Scalar::Bytes)?;
        let bytes = BYTES.get(candidate).copied().unwrap_or_default();
        let asks = self.probe.asks;
        if let Some(given) = self.probe.given(self.at)
            && given.is_taken
            && asks
            && given.reads_list.is_none()
        {
            let list = serde::de::value::SeqDeserializer::<_, Told>::new(bytes.iter().copied());
            let read = visitor.visit_seq(list);
            given.reads_list = Some(read.is_ok());
            self.probe.round.learned = true;
            self.probe.round.is_explained = true;
            return read;
        }
        let read = visitor.visit_borrowed_bytes(bytes);
        self.taken(read)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Told> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Told> {
        self.deserialize_str(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        self.candidate(Scalar::Unit)?;
        let read = visitor.visit_unit();
        self.taken(read)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Told> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Told> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let (is_some, parts) = self.has_content(|probe| Form::Option([false; 2], probe.fresh()))?;
        let begun = self.probe.begin()?;
        let read = match parts.first() {
            Some(part) if is_some => visitor.visit_some(Value {
                probe: self.probe,
                at: *part,
            }),
            _ => visitor.visit_none(),
        };
        self.probe.round.open.pop();
        self.probe.ended(begun, read)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Told> {
        self.named::<V::Value>(name, &[]);
        let begun = self.probe.begin()?;
        let read = visitor.visit_newtype_struct(Value {
            probe: self.probe,
            at: self.at,
        });
        self.probe.ended(begun, read)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let (has_one, parts) = self.has_content(|probe| Form::Seq([false; 2], probe.fresh()))?;
        let parts = if has_one { parts } else { Vec::new() };
        let read = visitor.visit_seq(Parts::new(self.probe, &parts));
        self.probe.round.open.pop();
        read
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Told> {
        self.probe.meet(self.at, |probe| {
            Form::Tuple((0..len).map(|_| probe.fresh()).collect())
        });
        let Some(Form::Tuple(parts)) = self.probe.form(self.at) else {
            return Err(Told::Other);
        };
        let parts = parts.clone();
        visitor.visit_seq(Parts::new(self.probe, &parts))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Told> {
        self.named::<V::Value>(name, &[]);
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Told> {
        let (has_one, parts) =
            self.has_content(|probe| Form::Map([false; 2], probe.fresh(), probe.fresh()))?;
        let parts = if has_one { parts } else { Vec::new() };
        let read = visitor.visit_map(Entries(Parts::new(self.probe, &parts)));
        self.probe.round.open.pop();
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Told> {
        self.named::<V::Value>(name, names);
        self.probe
            .meet(self.at, |probe| Form::Struct(fields::of(names, probe)));
        let place = Place::Struct(self.at);
        fields::read(self.probe, place, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Told> {
        self.named::<V::Value>(name, names);
        variants::read(self.probe, self.at, names, visitor)
    }
}
