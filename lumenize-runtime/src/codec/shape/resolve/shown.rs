//! A value as people see it, by its shape alone: without the type that it was made of.

use super::number::width;
use super::{Input, Unresolved};
use crate::codec::shape::{Id, NOTHING, Name, Node, Scalar, Shape};
use crate::codec::wire::Source;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::HashSet;

/// How much of a value is shown: so many bytes of texts and names, and of each part as many as it takes in
/// memory. The rest is passed over, so that it is known whether it is damaged.
const MAX_SHOWN: usize = 256 << 10;

/// What each part counts.
const PART: usize = size_of::<Shown>();

/// What stands where something was left out.
const MORE: &str = "…";

/// A value without its type, as `serde_json` would write it: a variant is a text, or an object with one
/// key; `None` and `()` are `null`; bytes are a list. What JSON has no number for is a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Shown {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Single(f32),
    Text(String),
    List(Vec<Shown>),
    /// The names of fields, or keys, and what is under them.
    Named(Vec<(String, Shown)>),
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Shown::Null => serializer.serialize_unit(),
            Shown::Bool(value) => serializer.serialize_bool(*value),
            Shown::Signed(value) => serializer.serialize_i64(*value),
            Shown::Unsigned(value) => serializer.serialize_u64(*value),
            Shown::Float(value) => serializer.serialize_f64(*value),
            Shown::Single(value) => serializer.serialize_f32(*value),
            Shown::Text(text) => serializer.serialize_str(text),
            Shown::List(parts) => serializer.collect_seq(parts),
            Shown::Named(parts) => {
                let mut map = serializer.serialize_map(Some(parts.len()))?;
                for (name, part) in parts {
                    map.serialize_entry(name, part)?;
                }
                map.end()
            }
        }
    }
}

/// Shows a value, which must take up all of `bytes`.
pub(in crate::codec) fn show(shape: &Shape, bytes: &[u8]) -> Result<Shown, Unresolved> {
    let mut show = Show {
        input: Input::new(shape, bytes),
        left: MAX_SHOWN,
    };
    let shown = show.part(0)?;
    show.input.end()?;
    Ok(shown)
}

struct Show<'s, 'de> {
    input: Input<'s, 'de>,
    /// How much more may be shown.
    left: usize,
}

impl<'s> Show<'s, '_> {
    /// Counts what is shown, and says whether there is room for it.
    fn has_room(&mut self, size: usize) -> bool {
        let left = self.left.checked_sub(size);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    fn part(&mut self, id: Id) -> Result<Shown, Unresolved> {
        let node = self.input.shape.node(id);
        let before = self.input.enter()?;
        let shown = self.node(node)?;
        self.input.leave(before)?;
        Ok(shown)
    }

    fn node(&mut self, node: &'s Node) -> Result<Shown, Unresolved> {
        if !self.has_room(PART) {
            self.input.skip_node(node)?;
            return Ok(more());
        }
        match node {
            Node::Unknown => Err(super::damaged()),
            Node::Scalar(scalar) => self.scalar(*scalar),
            Node::Option(inner) => match self.input.take(Source::flag)? {
                true => self.part(*inner),
                false => Ok(Shown::Null),
            },
            Node::Seq(element) => self.list(*element),
            Node::Map(key, value) => self.map(*key, *value),
            Node::Tuple(parts) => {
                let mut shown = Vec::new();
                for part in parts {
                    let had_room = self.left > 0;
                    push(&mut shown, had_room, self.part(*part)?, more);
                }
                Ok(Shown::List(shown))
            }
            Node::Struct(fields) => self.fields(fields),
            Node::Enum(variants) => {
                let variant = self.input.variant(variants)?;
                let name = self.name(&variant.name);
                if variant.content == NOTHING {
                    return Ok(Shown::Text(name));
                }
                Ok(Shown::Named(vec![(name, self.node(&variant.content)?)]))
            }
            Node::Newtype(inner) => self.part(*inner),
        }
    }

    fn fields(&mut self, fields: &'s [(Name, Id)]) -> Result<Shown, Unresolved> {
        let mut shown = Vec::new();
        for (name, part) in fields {
            let had_room = self.left > 0;
            let field = (self.name(name), self.part(*part)?);
            push(&mut shown, had_room, field, || (MORE.to_owned(), more()));
        }
        Ok(Shown::Named(shown))
    }

    fn list(&mut self, element: Id) -> Result<Shown, Unresolved> {
        let length = self.input.take(Source::len)?;
        let mut shown = Vec::new();
        for _ in 0..length {
            let had_room = self.left > 0;
            let element = self.part(element)?;
            push(&mut shown, had_room, element, more);
        }
        Ok(Shown::List(shown))
    }

    /// An object, if its keys can be those of one, and each is there once; or a list of pairs.
    fn map(&mut self, key: Id, value: Id) -> Result<Shown, Unresolved> {
        let length = self.input.take(Source::len)?;
        let mut shown = Vec::new();
        for _ in 0..length {
            let had_room = self.left > 0;
            let pair = (self.part(key)?, self.part(value)?);
            push(&mut shown, had_room, pair, || (more(), more()));
        }
        let names: HashSet<String> = shown.iter().filter_map(|(key, _)| key.name()).collect();
        Ok(if names.len() == shown.len() {
            let named = shown.into_iter();
            Shown::Named(
                named
                    .filter_map(|(key, value)| Some((key.name()?, value)))
                    .collect(),
            )
        } else {
            let pairs = shown.into_iter();
            Shown::List(
                pairs
                    .map(|(key, value)| Shown::List(vec![key, value]))
                    .collect(),
            )
        })
    }

    fn scalar(&mut self, scalar: Scalar) -> Result<Shown, Unresolved> {
        let text = match scalar {
            Scalar::Str => Some(self.input.take(Source::text)?),
            Scalar::Bytes => return self.bytes(),
            _ => None,
        };
        if let Some(text) = text {
            return Ok(Shown::Text(self.cut(text)));
        }
        self.input.take(|source| {
            Some(match scalar {
                Scalar::Bool => Shown::Bool(source.flag()?),
                Scalar::I8 => Shown::Signed((source.byte()? as i8).into()),
                Scalar::I16 | Scalar::I32 | Scalar::I64 => {
                    Shown::Signed(source.signed(width(scalar))?)
                }
                Scalar::I128 => {
                    let wide = source.wide_signed()?;
                    i64::try_from(wide).map_or_else(|_| told(wide), Shown::Signed)
                }
                Scalar::U8 => Shown::Unsigned(source.byte()?.into()),
                Scalar::U16 | Scalar::U32 | Scalar::U64 => {
                    Shown::Unsigned(source.number(width(scalar))?)
                }
                Scalar::U128 => {
                    let wide = source.wide()?;
                    u64::try_from(wide).map_or_else(|_| told(wide), Shown::Unsigned)
                }
                Scalar::F32 => match f32::from_le_bytes(source.array()?) {
                    number if number.is_finite() => Shown::Single(number),
                    number => told(number),
                },
                Scalar::F64 => match f64::from_le_bytes(source.array()?) {
                    number if number.is_finite() => Shown::Float(number),
                    number => told(number),
                },
                Scalar::Char => told(source.letter()?),
                Scalar::Unit => Shown::Null,
                Scalar::Str | Scalar::Bytes => return None,
            })
        })
    }

    fn bytes(&mut self) -> Result<Shown, Unresolved> {
        let bytes = self.input.take(Source::bytes)?;
        let fit = bytes.len().min(self.left / PART);
        self.left -= fit * PART;
        let fitting = bytes.iter().take(fit);
        let mut shown: Vec<_> = fitting
            .map(|byte| Shown::Unsigned((*byte).into()))
            .collect();
        if fit < bytes.len() {
            shown.push(more());
        }
        Ok(Shown::List(shown))
    }

    fn name(&mut self, name: &str) -> String {
        self.left = self.left.saturating_sub(size_of::<String>());
        self.cut(name)
    }

    /// As much of a text as there is room for.
    fn cut(&mut self, text: &str) -> String {
        let fit = text.floor_char_boundary(self.left);
        self.left -= fit;
        match text.get(..fit) {
            Some(part) if fit < text.len() => format!("{part}{MORE}"),
            _ => text.to_owned(),
        }
    }
}

impl Shown {
    /// The key that it is in an object, as `serde_json` has it.
    fn name(&self) -> Option<String> {
        match self {
            Shown::Text(text) => Some(text.clone()),
            Shown::Bool(value) => Some(value.to_string()),
            Shown::Signed(value) => Some(value.to_string()),
            Shown::Unsigned(value) => Some(value.to_string()),
            _ => None,
        }
    }
}

/// Adds a part, or, where there was no room for it, once, that there was more.
fn push<T: PartialEq>(shown: &mut Vec<T>, had_room: bool, part: T, more: impl Fn() -> T) {
    if had_room {
        shown.push(part);
    } else if shown.last() != Some(&more()) {
        shown.push(more());
    }
}

fn told(value: impl ToString) -> Shown {
    Shown::Text(value.to_string())
}

fn more() -> Shown {
    told(MORE)
}
