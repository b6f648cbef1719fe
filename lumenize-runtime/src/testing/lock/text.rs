//! The text of a lock file. It is made for people who review it, and for `git diff`: a line for each handler
//! and for each part of a type, in an order that only changes with what is in it.

use super::class::{Class, Handler, Param};
use super::types::{Content, Field, Fields, Id, Kind, Types};
use crate::codec::Scalar;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// The version of the format.
pub(super) const VERSION: u32 = 1;
/// What the line begins with that has the version.
pub(super) const FORMAT: &str = "lumenize lock";
/// What the line begins with that has a class.
pub(super) const OBJECT: &str = "object";

const HEADER: &str = "\
# What stored work may have in it: the handlers of each object, and the shapes of what they are given.
# Checked and written by `assert_lock!`; look at each change of this file before you release it.
";

/// What stands for what is known of no type.
pub(super) const UNKNOWN: &str = "?";
/// What the type of a thing is called that has no name.
const UNNAMED: &str = "Unnamed";

/// The text of these classes, which are sorted.
pub(super) fn of(classes: &[Class]) -> String {
    let mut text = format!("{HEADER}{FORMAT} {VERSION}\n");
    for class in classes {
        let names = Names::of(class);
        let _ = write!(text, "\n{OBJECT} {}\n", name(&class.name));
        for handler in &class.handlers {
            let _ = writeln!(text, "  {}", names.handler(handler));
        }
        for (type_name, id) in &names.defined {
            names.definition(type_name, *id, &mut text);
        }
    }
    text
}

/// The type at a place, as it stands in a line.
pub(super) fn type_text(class: &Class, id: Id) -> String {
    Names::of(class).expression(id)
}

/// A scalar in a word.
pub(super) fn word(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Unit => "()",
        scalar => {
            let text = scalar.text();
            text.split_once(' ').map_or(text, |(_, word)| word)
        }
    }
}

/// A name of a field, a variant or a handler; in quotes, unless it is one in Rust, too.
pub(super) fn name(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    match is_plain && !name.is_empty() {
        true => name.to_owned(),
        false => format!("{name:?}"),
    }
}

/// What the types of a class are called.
struct Names<'c> {
    types: &'c Types,
    names: HashMap<Id, String>,
    defined: BTreeMap<String, Id>,
}

impl<'c> Names<'c> {
    fn of(class: &'c Class) -> Self {
        let mut names = Self {
            types: &class.types,
            names: HashMap::new(),
            defined: BTreeMap::new(),
        };
        for param in class.handlers.iter().flat_map(|handler| &handler.params) {
            names.find(param.part, &mut Vec::new());
        }
        names
    }

    /// Gives names to the type and those in it.
    fn find(&mut self, id: Id, open: &mut Vec<Id>) {
        if self.names.contains_key(&id) {
            return;
        }
        let kind = self.types.kind(id);
        let has_definition = matches!(kind, Kind::Struct(_) | Kind::Enum(_));
        // Any other has one if it is within itself.
        let is_within_itself = open.contains(&id);
        if has_definition || is_within_itself {
            self.define(id);
        }
        if is_within_itself {
            return;
        }
        open.push(id);
        let mut parts = Vec::new();
        kind.parts(&mut |part| parts.push(part));
        for part in parts {
            self.find(part, open);
        }
        open.pop();
    }

    fn define(&mut self, id: Id) {
        let own = self.types.get(id).name.as_deref().unwrap_or(UNNAMED);
        let is_taken = |name: &str| {
            let mut scalars = (0..=u8::MAX).filter_map(Scalar::of_tag);
            name == "Option"
                || name.starts_with("Option<")
                || scalars.any(|scalar| word(scalar) == name)
        };
        let mut number = 1;
        let name = loop {
            let name = match number {
                1 => own.to_owned(),
                number => format!("{own}#{number}"),
            };
            match self.defined.get(&name) {
                Some(other) if self.types.same(id, self.types, *other) => break name,
                None if !is_taken(&name) => break name,
                _ => number += 1,
            }
        };
        self.defined.entry(name.clone()).or_insert(id);
        self.names.insert(id, name);
    }

    fn handler(&self, handler: &Handler) -> String {
        let public = if handler.is_public { "pub " } else { "" };
        let receiver = if handler.reads { "&self" } else { "&mut self" };
        let mut text = format!("{public}fn {}({receiver}", handler.name);
        for param in &handler.params {
            let _ = write!(text, ", {}", self.param(param));
        }
        text.push(')');
        for was in &handler.was {
            let _ = write!(text, " was {was}");
        }
        text
    }

    fn param(&self, param: &Param) -> String {
        let mut text = format!("{}: {}", param.name, self.expression(param.part));
        if param.has_default {
            text.push_str(" = default");
        }
        for was in &param.was {
            let _ = write!(text, " was {was}");
        }
        text
    }

    /// The type, with others by their names.
    fn expression(&self, id: Id) -> String {
        match self.names.get(&id) {
            Some(name) => name.clone(),
            None => self.written(id),
        }
    }

    fn written(&self, id: Id) -> String {
        match self.types.kind(id) {
            Kind::Unknown | Kind::Struct(_) | Kind::Enum(_) => UNKNOWN.to_owned(),
            Kind::Seen(part) => format!("~{}", self.expression(*part)),
            Kind::Scalar(scalar) => word(*scalar).to_owned(),
            Kind::BytesOrList => word(Scalar::Bytes).to_owned(),
            Kind::Option(part) => format!("Option<{}>", self.expression(*part)),
            Kind::List(part) => format!("[{}]", self.expression(*part)),
            Kind::Map(key, value) => {
                format!("{{{}: {}}}", self.expression(*key), self.expression(*value))
            }
            Kind::Tuple(parts) => self.tuple(parts),
        }
    }

    fn tuple(&self, parts: &[Id]) -> String {
        let texts: Vec<String> = parts.iter().map(|part| self.expression(*part)).collect();
        match texts.as_slice() {
            [] => "(,)".to_owned(),
            [only] => format!("({only},)"),
            [first, rest @ ..] if rest.len() > 1 && rest.iter().all(|text| text == first) => {
                format!("[{first}; {}]", texts.len())
            }
            _ => format!("({})", texts.join(", ")),
        }
    }

    fn definition(&self, type_name: &str, id: Id, text: &mut String) {
        match self.types.kind(id) {
            Kind::Struct(fields) => {
                let strict = if fields.is_strict { "strict " } else { "" };
                let _ = writeln!(text, "  {strict}struct {type_name}");
                for field in self.fields(fields) {
                    let _ = writeln!(text, "    {field}");
                }
            }
            Kind::Enum(known) => {
                let open = if known.takes_others { "open " } else { "" };
                let _ = writeln!(text, "  {open}enum {type_name}");
                for variant in &known.variants {
                    let alias = if variant.is_stored { "" } else { "alias " };
                    let name = match &*variant.name {
                        // What stands in front of a former name.
                        "alias" => "\"alias\"".to_owned(),
                        other => name(other),
                    };
                    let content = self.content(&variant.content);
                    let _ = writeln!(text, "    {alias}{name}{content}");
                }
            }
            _ => {
                let _ = writeln!(text, "  type {type_name} = {}", self.written(id));
            }
        }
    }

    fn fields(&self, fields: &Fields) -> Vec<String> {
        fields.stored().map(|field| self.field(field)).collect()
    }

    fn field(&self, field: &Field) -> String {
        let mut text = format!("{}: {}", name(&field.name), self.expression(field.part));
        let is_option = matches!(self.types.kind(field.part), Kind::Option(_));
        match (is_option, field.is_required) {
            (true, Some(true)) => text.push_str(" required"),
            (false, Some(false)) => text.push_str(" = default"),
            (false, None) => text.push_str(" = ?"),
            _ => {}
        }
        for alias in field.aliases() {
            let _ = write!(text, " alias {}", name(alias));
        }
        text
    }

    fn content(&self, content: &Content) -> String {
        match content {
            Content::Unknown => format!(" {UNKNOWN}"),
            Content::Unit => String::new(),
            Content::Newtype(part) => format!("({})", self.expression(*part)),
            Content::Tuple(parts) => {
                let texts: Vec<String> = parts.iter().map(|part| self.expression(*part)).collect();
                match texts.as_slice() {
                    [] => "(,)".to_owned(),
                    [only] => format!("({only},)"),
                    texts => format!("({})", texts.join(", ")),
                }
            }
            Content::Struct(fields) => {
                let strict = if fields.is_strict { "strict " } else { "" };
                format!(" {strict}{{ {} }}", self.fields(fields).join(", "))
            }
        }
    }
}
