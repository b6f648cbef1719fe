//! Variants of enums.

use super::super::types::{Content, Enum, Fields, Id, Kind, Variant};
use super::{Comparison, Impact, is_reordered, renamed};

impl Comparison<'_> {
    pub(super) fn variants(&mut self, old: &Enum, new: &Enum, place: &str) {
        let find = |name: &String| {
            let mut variants = new.variants.iter().filter(|variant| variant.is_read);
            variants.find(|variant| variant.name == *name)
        };
        let stored = |known: &Enum| -> Vec<Variant> {
            let stored = known.variants.iter().filter(|variant| variant.is_stored);
            stored.cloned().collect()
        };
        let (was, is) = (stored(old), stored(new));
        // One that has its former name again has another name, or none, beside it.
        let keeps_all = was
            .iter()
            .all(|variant| find(&variant.name).is_some_and(|now| now.is_stored));
        for variant in &old.variants {
            let place = format!("{place}::{}", variant.name);
            match find(&variant.name) {
                Some(now) => {
                    if variant.is_stored && !now.is_stored {
                        let what = "has another name from now on".to_owned();
                        self.tell(Impact::Safe, &place, what, String::new());
                    }
                    if !variant.is_stored && now.is_stored && keeps_all {
                        let what = "is no former name any more, but a variant".to_owned();
                        let then = "work that was stored under this name is read as another variant than it was, or \
                                    parked; give that another name"
                            .to_owned();
                        self.tell(Impact::Breaking, &place, what, then);
                    }
                    self.content(&variant.content, &now.content, &place);
                }
                None if !variant.is_stored => {
                    let then = "work that was stored under this name is parked".to_owned();
                    let what = "is no former name any more".to_owned();
                    self.tell(Impact::Breaking, &place, what, then);
                }
                None => {}
            }
        }
        let gone: Vec<&Variant> = was
            .iter()
            .filter(|variant| find(&variant.name).is_none())
            .collect();
        let is_known = |name: &String| old.variants.iter().any(|variant| variant.name == *name);
        let added: Vec<&Variant> = is
            .iter()
            .filter(|variant| !is_known(&variant.name))
            .collect();
        // One that has a former name is accounted for.
        let has_alias = new
            .variants
            .iter()
            .any(|alias| !alias.is_stored && was.iter().any(|variant| variant.name == alias.name));
        let pairs = renamed(&gone, &added, |gone, added| {
            let types = (&self.old.types, &self.new.types);
            let is_taken = new.takes_others && matches!(gone.content, Content::Unit);
            !has_alias && !is_taken && gone.content.same_in(types.0, &added.content, types.1)
        });
        for (number, variant) in gone.iter().enumerate() {
            let pair = pairs.iter().find(|(gone, _)| *gone == number);
            let now = pair.and_then(|(_, other)| added.get(*other));
            self.gone_variant(variant, now.copied(), new, place);
        }
        for (number, variant) in added.iter().enumerate() {
            if !pairs.iter().any(|(_, other)| *other == number) {
                let what = format!("the variant `{}` is new", variant.name);
                self.tell(Impact::Safe, place, what, String::new());
            }
        }
        match (old.takes_others, new.takes_others) {
            (true, false) => {
                let what = "takes no variants that it does not know any more".to_owned();
                let then = "work that has variants of other releases is parked".to_owned();
                self.tell(Impact::Breaking, place, what, then);
            }
            (false, true) => {
                let what = "takes variants that it does not know".to_owned();
                self.tell(Impact::Safe, place, what, String::new());
            }
            _ => {}
        }
        let names = |variants: &[Variant]| -> Vec<String> {
            variants
                .iter()
                .map(|variant| variant.name.clone())
                .collect()
        };
        if is_reordered(&names(&was), &names(&is)) {
            let what = "variants change places".to_owned();
            self.tell(Impact::Safe, place, what, String::new());
        }
    }

    fn gone_variant(&mut self, variant: &Variant, now: Option<&Variant>, new: &Enum, place: &str) {
        let name = &variant.name;
        if let Some(now) = now {
            let now = &now.name;
            let what = format!("the variant `{name}` is gone, and `{now}` holds the same");
            let then = format!(
                "if it is the same, write `#[serde(alias = {name:?})]` above `{now}`: stored work is parked otherwise"
            );
            return self.tell(Impact::NeedsName, place, what, then);
        }
        let what = format!("the variant `{name}` is gone");
        match (&variant.content, new.takes_others) {
            (Content::Unit, true) => {
                let then = "what takes all others is read in its place".to_owned();
                self.tell(Impact::Safe, place, what, then);
            }
            _ => {
                let then = format!("work that has it is parked: unknown variant `{name}`");
                self.tell(Impact::Breaking, place, what, then);
            }
        }
    }

    fn content(&mut self, old: &Content, new: &Content, place: &str) {
        match (old, new) {
            (Content::Unknown, Content::Unknown) | (Content::Unit, Content::Unit) => {}
            (Content::Unknown, _) | (_, Content::Unknown) => {
                let what = "what it holds can't be found out".to_owned();
                self.tell(Impact::Unsure, place, what, String::new());
            }
            (Content::Unit, Content::Struct(fields)) => {
                self.fields(&Fields::default(), &loose(fields), place);
            }
            (Content::Newtype(old), Content::Newtype(new)) => self.part(*old, *new, place),
            (Content::Newtype(old), Content::Struct(fields)) => self.unwrapped(*old, fields, place),
            (Content::Tuple(old), Content::Tuple(new)) if old.len() == new.len() => {
                self.tuple(old, new, place);
            }
            (Content::Struct(old), Content::Struct(new)) => self.fields(old, new, place),
            (old, new) => {
                let (old, new) = (old.text(), new.text());
                let then = format!(
                    "work that has it is parked: it was stored with {old}, {new} is expected"
                );
                let what = format!("holds {new} instead of {old}");
                self.tell(Impact::Breaking, place, what, then);
            }
        }
    }

    /// A variant that held a struct or a map has its fields now.
    fn unwrapped(&mut self, old: Id, new: &Fields, place: &str) {
        match self.old.types.kind(old).clone() {
            Kind::Struct(old) => self.fields(&old, new, place),
            Kind::Map(key, value) => self.map_to_struct(key, value, new, place),
            _ => {
                let what = "holds named fields instead of one value".to_owned();
                let then = "work that has it is parked: a struct is expected".to_owned();
                self.tell(Impact::Breaking, place, what, then);
            }
        }
    }
}

/// The same fields, of which none was there before.
fn loose(fields: &Fields) -> Fields {
    Fields {
        is_strict: false,
        ..fields.clone()
    }
}
