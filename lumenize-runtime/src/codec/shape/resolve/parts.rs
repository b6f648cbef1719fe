//! The parts of a value, as serde asks for them.

use super::super::{Content, Id, Name};
use super::value::Value;
use super::{Input, Unresolved};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// Gives a visitor the values of a tuple, all of which it must take.
pub(super) fn visit_tuple<'s, 'de, V: Visitor<'de>>(
    input: &mut Input<'s, 'de>,
    parts: &'s [Id],
    visitor: V,
) -> Result<V::Value, Unresolved> {
    let mut elements = Elements {
        input,
        parts,
        place: 0,
    };
    let value = visitor.visit_seq(&mut elements)?;
    match elements.place == parts.len() {
        true => Ok(value),
        false => Err(Unresolved::custom(format!(
            "{} values were stored, {} are taken",
            parts.len(),
            elements.place
        ))),
    }
}

/// Gives a visitor the fields of a struct.
pub(super) fn visit_fields<'s, 'de, V: Visitor<'de>>(
    input: &mut Input<'s, 'de>,
    fields: &'s [(Name, Id)],
    visitor: V,
) -> Result<V::Value, Unresolved> {
    let mut fields = Fields {
        input,
        rest: fields,
        value: None,
    };
    let value = visitor.visit_map(&mut fields)?;
    fields.finish()?;
    Ok(value)
}

/// The values of a tuple.
struct Elements<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    parts: &'s [Id],
    place: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(part) = self.parts.get(self.place) else {
            return Ok(None);
        };
        let value = self.input.part(*part, seed);
        let value = value.map_err(|error| error.within(self.place.to_string()))?;
        self.place += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        self.parts.len().checked_sub(self.place)
    }
}

/// The elements of a list.
pub(super) struct List<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) element: Id,
    pub(super) left: usize,
    pub(super) place: usize,
}

impl<'de> SeqAccess<'de> for List<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        if self.left == 0 {
            return Ok(None);
        }
        let before = self.input.rest.len();
        let value = self.input.part(self.element, seed);
        let value = value.map_err(|error| error.within(self.place.to_string()))?;
        self.input.element(before)?;
        self.left -= 1;
        self.place += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        // Never more than there can be.
        Some(self.left.min(self.input.rest.len()))
    }
}

/// The fields of a struct, by name.
struct Fields<'a, 's, 'de> {
    input: &'a mut Input<'s, 'de>,
    rest: &'s [(Name, Id)],
    value: Option<(&'s str, Id)>,
}

impl Fields<'_, '_, '_> {
    /// What the reader did not ask for is there all the same.
    fn finish(self) -> Result<(), Unresolved> {
        let Fields { input, rest, value } = self;
        let left = value.into_iter().map(|(_, id)| id);
        left.chain(rest.iter().map(|(_, id)| *id))
            .try_for_each(|id| input.skip(id))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(((name, id), rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        self.value = Some((name, *id));
        seed.deserialize(de::value::StrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        let (name, id) = self
            .value
            .take()
            .ok_or_else(|| Unresolved::custom("a value was asked for before its key"))?;
        self.input
            .part(id, seed)
            .map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a map.
pub(super) struct Entries<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) key: Id,
    pub(super) value: Id,
    pub(super) left: usize,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = Unresolved;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        if self.left == 0 {
            return Ok(None);
        }
        let before = self.input.rest.len();
        let key = self.input.part(self.key, seed);
        let key = key.map_err(|error| error.within("a key"))?;
        self.input.element(before)?;
        self.left -= 1;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        self.input
            .part(self.value, seed)
            .map_err(|error| error.within("a value"))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.input.rest.len()))
    }
}

/// A variant, by name.
pub(super) struct Choice<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    pub(super) name: &'a str,
    pub(super) content: &'s Content,
}

impl<'de> EnumAccess<'de> for Choice<'_, '_, 'de> {
    type Error = Unresolved;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), Unresolved> {
        let name = de::value::StrDeserializer::<Unresolved>::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl Choice<'_, '_, '_> {
    fn stored(&self) -> &'static str {
        match self.content {
            Content::Unit => "nothing",
            Content::Newtype(_) => "one value",
            Content::Tuple(_) => "a tuple",
            Content::Struct(_) => "named fields",
        }
    }

    fn other<T>(&self, expected: &str) -> Result<T, Unresolved> {
        Err(Unresolved::custom(format!(
            "the variant was stored with {}, {expected} is expected",
            self.stored()
        )))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_, '_, 'de> {
    type Error = Unresolved;

    fn unit_variant(self) -> Result<(), Unresolved> {
        match self.content {
            Content::Unit => Ok(()),
            _ => self.other("nothing"),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        match self.content {
            Content::Newtype(inner) => self.input.part(*inner, seed),
            _ => self.other("one value"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let Content::Tuple(parts) = self.content else {
            return self.other("a tuple");
        };
        visit_tuple(self.input, parts, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unresolved> {
        let none: &[(Name, Id)] = &[];
        let stored = match self.content {
            Content::Struct(stored) => stored.as_slice(),
            // Serde says which fields are missing and have no default.
            Content::Unit => none,
            Content::Newtype(inner) => {
                let value = Value {
                    input: self.input,
                    at: *inner,
                };
                return value.deserialize_struct("", fields, visitor);
            }
            Content::Tuple(_) => return self.other("named fields"),
        };
        visit_fields(self.input, stored, visitor)
    }
}
