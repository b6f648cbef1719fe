//! Enums: one variant after another.

use super::fields::VariantParts;
use super::node::{Content, Enum, Variant};
use super::told::Told;
use super::value::{UNKNOWN_NAME, Value};
use super::{Alternative, Form, Id, Probe};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Visitor};

/// Reads an enum whose variants have these names.
pub(super) fn read<'de, V: Visitor<'de>>(
    probe: &mut Probe,
    at: Id,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Told> {
    let variant = |name: &&'static str| Variant {
        name,
        content: Content::New,
        is_tried: false,
        fails: false,
        is_read: false,
    };
    probe.meet(at, |_| {
        Form::Enum(Enum {
            variants: names.iter().map(variant).collect(),
            takes_others: None,
        })
    });
    let asks = probe.asks;
    let unknown = probe.round.unknown.clone();
    let Some(Form::Enum(known)) = probe.form(at) else {
        return Err(Told::Other);
    };
    if asks && known.takes_others.is_none() {
        return visitor.visit_enum(Chosen {
            value: Value { probe, at },
            variant: None,
        });
    }
    let alternatives: Vec<Alternative> = known
        .variants
        .iter()
        .map(|variant| {
            let mut leads_on = variant.content.is_open(asks);
            variant.content.parts(&mut |part| {
                leads_on |= unknown.get(part).copied().unwrap_or(true);
            });
            Alternative {
                is_tried: variant.is_tried,
                fails: variant.fails,
                leads_on,
            }
        })
        .collect();
    let Some(chosen) = probe.choose(at, &alternatives) else {
        return Err(Told::Other);
    };
    let begun = probe.begin()?;
    probe.round.variants.push((at, chosen));
    let read = visitor.visit_enum(Chosen {
        value: Value {
            probe: &mut *probe,
            at,
        },
        variant: Some(chosen),
    });
    probe.round.open.pop();
    let fails = probe.fails(&read);
    if let Some(Form::Enum(known)) = probe.form(at)
        && let Some(variant) = known.variants.get_mut(chosen)
    {
        let fails = fails.unwrap_or(variant.fails);
        let is_new = !variant.is_tried || variant.fails != fails;
        (variant.is_tried, variant.fails) = (true, fails);
        probe.round.learned |= is_new;
    }
    probe.ended(begun, read)
}

/// A variant of an enum, or one that it does not have.
struct Chosen<'p> {
    value: Value<'p>,
    variant: Option<usize>,
}

impl<'de, 'p> EnumAccess<'de> for Chosen<'p> {
    type Error = Told;
    type Variant = VariantParts<'p>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, VariantParts<'p>), Told> {
        let Value { probe, at } = self.value;
        let Some(Form::Enum(known)) = probe.form(at) else {
            return Err(Told::Other);
        };
        let name = match self.variant {
            Some(variant) => known.variants.get(variant).map(|variant| variant.name),
            None => Some(UNKNOWN_NAME),
        };
        let read = seed.deserialize(StrDeserializer::<Told>::new(name.unwrap_or(UNKNOWN_NAME)));
        if self.variant.is_none() {
            known.takes_others = Some(read.is_ok());
            probe.round.learned = true;
        }
        if read.is_err() {
            probe.round.is_explained = true;
        }
        Ok((
            read?,
            VariantParts {
                probe,
                at,
                variant: self.variant,
            },
        ))
    }
}
