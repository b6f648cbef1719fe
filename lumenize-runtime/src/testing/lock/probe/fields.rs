//! The fields of structs and what variants hold.

use super::node::{Asked, Content, Field};
use super::parts::{Parts, part_of};
use super::told::Told;
use super::value::UNKNOWN_NAME;
use super::{Fields, Form, Id, Probe};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, VariantAccess, Visitor};

/// What has fields.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Struct(Id),
    Variant(Id, usize),
}

/// The fields of these names.
pub(super) fn of(names: &'static [&'static str], probe: &mut Probe) -> Fields {
    let field = |name: &&'static str| Field {
        name,
        aliases: Vec::new(),
        part: probe.fresh(),
        is_required: None,
        fails: false,
        is_first: false,
    };
    Fields {
        fields: names.iter().map(field).collect(),
        asked: Asked::Nothing,
        denies_unknown: false,
    }
}

impl Probe {
    fn fields(&mut self, place: Place) -> Option<&mut Fields> {
        match (place, self) {
            (Place::Struct(id), probe) => match probe.form(id)? {
                Form::Struct(fields) => Some(fields),
                _ => None,
            },
            (Place::Variant(id, variant), probe) => match probe.form(id)? {
                Form::Enum(known) => match &mut known.variants.get_mut(variant)?.content {
                    Content::Struct(fields) => Some(fields),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// Which fields are given, in which order.
    fn presented(&mut self, place: Place) -> Vec<&'static str> {
        let asks = self.asks;
        let unknown = self.round.unknown.clone();
        let Some(fields) = self.fields(place) else {
            return Vec::new();
        };
        let leads_on = |field: &Field| unknown.get(field.part).copied().unwrap_or(true);
        let mut presented: Vec<&Field> = match (asks, fields.asked) {
            (false, _) => fields.fields.iter().collect(),
            (true, Asked::Unknown) => {
                let wanted = |field: &&Field| field.is_required == Some(true) || leads_on(field);
                fields.fields.iter().filter(wanted).collect()
            }
            (true, _) => {
                let required = |field: &&Field| field.is_required == Some(true);
                fields.fields.iter().filter(required).collect()
            }
        };
        presented.retain(|field| !field.fails || leads_on(field));
        // What is refused hides what comes behind it.
        presented.sort_by_key(|field| (field.fails, !field.is_first));
        let mut names: Vec<&'static str> = presented.iter().map(|field| field.name).collect();
        if asks && fields.asked == Asked::Required {
            names.push(UNKNOWN_NAME);
        }
        names
    }

    /// Draws conclusions from what was said of the fields that were given.
    fn conclude(&mut self, place: Place, last: &'static str, told: Option<&Told>) {
        if let Some(Told::Twice(name)) = told {
            self.is_alias(place, last, name);
        }
        let asks = self.asks;
        let Some(fields) = self.fields(place) else {
            return;
        };
        match (asks, fields.asked, told) {
            (false, _, Some(Told::Missing(_) | Told::Twice(_))) => {
                self.round.is_explained = true;
                return;
            }
            (false, ..) | (true, Asked::Unknown, _) => return,
            (true, Asked::Nothing, None) => {
                for field in &mut fields.fields {
                    field.is_required.get_or_insert(false);
                }
                fields.asked = Asked::Required;
            }
            (true, Asked::Nothing, Some(told)) => {
                let missing = match told {
                    Told::Missing(name) => fields
                        .fields
                        .iter_mut()
                        .find(|field| field.name == *name && field.is_required.is_none()),
                    _ => None,
                };
                match missing {
                    Some(field) => field.is_required = Some(true),
                    // Of the others it can't be told.
                    None => fields.asked = Asked::Required,
                }
            }
            (true, Asked::Required, told) => {
                fields.denies_unknown = matches!(told, Some(Told::Unknown));
                fields.asked = Asked::Unknown;
            }
        }
        self.round.learned = true;
        self.round.is_explained = true;
    }

    /// The name that was given last is another name of a field.
    fn is_alias(&mut self, place: Place, last: &'static str, name: &'static str) {
        let Some(fields) = self.fields(place) else {
            return;
        };
        let given = fields.fields.iter().position(|field| field.name == last);
        let Some(given) = given else {
            return;
        };
        match fields.fields.iter_mut().find(|field| field.name == name) {
            Some(field) if last == name => field.is_first = true,
            Some(field) => {
                field.aliases.push(last);
                field.aliases.sort_unstable();
                fields.fields.remove(given);
            }
            None => return,
        }
        self.round.learned = true;
    }
}

/// Reads a struct.
pub(super) fn read<'de, V: Visitor<'de>>(
    probe: &mut Probe,
    place: Place,
    visitor: V,
) -> Result<V::Value, Told> {
    let mut names = probe.presented(place);
    names.reverse();
    let mut last = "";
    let read = visitor.visit_map(Given {
        probe: &mut *probe,
        place,
        rest: names,
        last: &mut last,
    });
    // What went wrong within a field is another matter.
    if !probe.round.is_explained {
        probe.conclude(place, last, read.as_ref().err());
    }
    read
}

struct Given<'p, 'l> {
    probe: &'p mut Probe,
    place: Place,
    /// From the last to the first.
    rest: Vec<&'static str>,
    last: &'l mut &'static str,
}

impl<'de> MapAccess<'de> for Given<'_, '_> {
    type Error = Told;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Told> {
        let Some(name) = self.rest.pop() else {
            return Ok(None);
        };
        *self.last = name;
        seed.deserialize(StrDeserializer::<Told>::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Told> {
        let last = *self.last;
        let fields = self.probe.fields(self.place);
        let field = fields.and_then(|fields| {
            let mut fields = fields.fields.iter();
            fields.find(|field| field.name == last)
        });
        let Some(part) = field.map(|field| field.part) else {
            return seed.deserialize(serde::de::value::UnitDeserializer::new());
        };
        let read = part_of(self.probe, part, seed);
        let fails = self.probe.fails(&read);
        let fields = self.probe.fields(self.place);
        let field = fields.and_then(|fields| {
            let mut fields = fields.fields.iter_mut();
            fields.find(|field| field.name == last)
        });
        if let (Some(field), Some(fails)) = (field, fails)
            && field.fails != fails
        {
            field.fails = fails;
            self.probe.round.learned = true;
        }
        read
    }
}

/// What a variant holds.
pub(super) struct VariantParts<'p> {
    pub(super) probe: &'p mut Probe,
    pub(super) at: Id,
    pub(super) variant: Option<usize>,
}

impl VariantParts<'_> {
    /// What it holds, which is `new` if it was not met before.
    fn content(&mut self, new: impl FnOnce(&mut Probe) -> Content) -> Option<&mut Content> {
        let variant = self.variant?;
        let is_new = match self.probe.form(self.at)? {
            Form::Enum(known) => matches!(known.variants.get(variant)?.content, Content::New),
            _ => false,
        };
        let new = match is_new {
            true => Some(new(self.probe)),
            false => None,
        };
        self.probe.round.learned |= is_new;
        match self.probe.form(self.at)? {
            Form::Enum(known) => {
                let content = &mut known.variants.get_mut(variant)?.content;
                if let Some(new) = new {
                    *content = new;
                }
                Some(content)
            }
            _ => None,
        }
    }
}

impl<'de> VariantAccess<'de> for VariantParts<'_> {
    type Error = Told;

    fn unit_variant(mut self) -> Result<(), Told> {
        self.content(|_| Content::Unit);
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Told> {
        match self.content(|probe| Content::Newtype(probe.fresh())) {
            Some(Content::Newtype(part)) => {
                let part = *part;
                part_of(self.probe, part, seed)
            }
            _ => Err(Told::Other),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Told> {
        let new = |probe: &mut Probe| Content::Tuple((0..len).map(|_| probe.fresh()).collect());
        match self.content(new) {
            Some(Content::Tuple(parts)) => {
                let parts = parts.clone();
                visitor.visit_seq(Parts::new(self.probe, &parts))
            }
            _ => Err(Told::Other),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Told> {
        let place = match self.variant {
            Some(variant) => Place::Variant(self.at, variant),
            None => return Err(Told::Other),
        };
        match self.content(|probe| Content::Struct(of(names, probe))) {
            Some(Content::Struct(_)) => read(self.probe, place, visitor),
            _ => Err(Told::Other),
        }
    }
}
