//! Reads the text of a lock file.

mod scanner;

use super::class::{Class, Handler, Param};
use super::text::{FORMAT, OBJECT, UNKNOWN, VERSION, word};
use super::types::{Content, Enum, Field, Fields, Id, Kind, Variant};
use crate::codec::Scalar;
use scanner::Scanner;
use std::collections::HashMap;

/// Why it can't be read.
#[derive(Debug)]
pub(super) enum Refused {
    /// This line is not what it must be; lines count from 1.
    Line(usize, String),
    /// It is of another version.
    Version(String),
}

type Result<T> = std::result::Result<T, String>;

/// Reads all of it.
pub(super) fn parse(text: &str) -> std::result::Result<Vec<Class>, Refused> {
    let lines = text.lines().enumerate();
    let mut lines = lines
        .map(|(place, line)| (place + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    match lines.next() {
        Some((line, text)) => match text.strip_prefix(FORMAT).map(str::trim) {
            Some(version) if version == VERSION.to_string() => {}
            Some(version) if version.parse::<u32>().is_ok() => {
                return Err(Refused::Version(version.to_owned()));
            }
            _ => {
                let expected = format!("`{FORMAT} {VERSION}` is expected");
                return Err(Refused::Line(line, expected));
            }
        },
        None => return Err(Refused::Line(1, format!("`{FORMAT} {VERSION}` is missing"))),
    }
    let mut classes: Vec<Reader> = Vec::new();
    for (line, text) in lines {
        let depth = text.len() - text.trim_start().len();
        let mut at = Scanner(text.trim());
        let read = match (depth, classes.last_mut()) {
            (0, _) => begin(&mut at).map(|reader| classes.push(reader)),
            (2, Some(reader)) => {
                reader.line = line;
                reader.item(&mut at)
            }
            (4, Some(reader)) => {
                reader.line = line;
                reader.part(&mut at)
            }
            _ => Err("it is indented in no way that is known".to_owned()),
        };
        read.and_then(|()| at.end())
            .map_err(|reason| Refused::Line(line, reason))?;
    }
    classes.into_iter().map(Reader::done).collect()
}

fn begin(at: &mut Scanner<'_>) -> Result<Reader> {
    at.expect(OBJECT)?;
    Ok(Reader {
        class: Class {
            name: at.name()?,
            ..Class::default()
        },
        line: 0,
        named: HashMap::new(),
        current: None,
    })
}

struct Named {
    id: Id,
    met: usize,
    defined: Option<usize>,
}

/// A class that is being read.
struct Reader {
    class: Class,
    /// The line that is being read.
    line: usize,
    /// The types that have a name: where each is met first, and where it is defined.
    named: HashMap<String, Named>,
    /// The type whose parts come next.
    current: Option<Id>,
}

impl Reader {
    fn done(self) -> std::result::Result<Class, Refused> {
        let missing = self
            .named
            .iter()
            .filter(|(_, named)| named.defined.is_none());
        match missing.min_by_key(|(_, named)| named.met) {
            Some((name, named)) => {
                let reason = format!("the type `{name}` is nowhere below");
                Err(Refused::Line(named.met, reason))
            }
            None => Ok(self.class),
        }
    }

    /// A handler, or the beginning of a type.
    fn item(&mut self, at: &mut Scanner<'_>) -> Result<()> {
        self.current = None;
        let is_public = at.takes("pub ");
        if at.takes("fn ") {
            let handler = self.handler(is_public, at)?;
            self.class.handlers.push(handler);
            return Ok(());
        }
        let is_strict = at.takes("strict ");
        let takes_others = at.takes("open ");
        let kind = if at.takes("struct ") {
            Kind::Struct(Fields {
                fields: Vec::new(),
                is_strict,
            })
        } else if at.takes("enum ") {
            Kind::Enum(Enum {
                variants: Vec::new(),
                takes_others,
            })
        } else if at.takes("type ") {
            let name = at.type_name()?;
            at.expect("=")?;
            let id = self.define(name.clone())?;
            let part = self.expression(at)?;
            let kind = self.class.types.kind(part).clone();
            self.class.types.set(id, Some(name), kind);
            return Ok(());
        } else {
            return Err("a handler or a type is expected".to_owned());
        };
        let name = at.type_name()?;
        let id = self.define(name.clone())?;
        self.class.types.set(id, Some(name), kind);
        self.current = Some(id);
        Ok(())
    }

    fn define(&mut self, name: String) -> Result<Id> {
        let line = self.line;
        let named = self.named(name);
        match named.defined.replace(line) {
            Some(before) => Err(format!("the type is in line {before} already")),
            None => Ok(named.id),
        }
    }

    fn named(&mut self, name: String) -> &mut Named {
        let (types, met) = (&mut self.class.types, self.line);
        self.named.entry(name).or_insert_with(|| Named {
            id: types.add(),
            met,
            defined: None,
        })
    }

    fn handler(&mut self, is_public: bool, at: &mut Scanner<'_>) -> Result<Handler> {
        let name = at.name()?;
        at.expect("(&")?;
        let reads = !at.takes("mut ");
        at.expect("self")?;
        let mut params = Vec::new();
        while at.takes(",") {
            let name = at.name()?;
            at.expect(":")?;
            let part = self.expression(at)?;
            let has_default = at.takes("= default");
            let was = at.words("was ")?;
            params.push(Param {
                name,
                was,
                has_default,
                part,
            });
        }
        at.expect(")")?;
        let was = at.words("was ")?;
        Ok(Handler {
            name,
            was,
            is_public,
            reads,
            params,
        })
    }

    /// A field or a variant.
    fn part(&mut self, at: &mut Scanner<'_>) -> Result<()> {
        let current = self.current;
        let kind = current.map(|id| self.class.types.kind(id).clone());
        let name = current.and_then(|id| self.class.types.get(id).name.clone());
        let kind = match kind {
            Some(Kind::Struct(mut fields)) => {
                fields.fields.push(self.field(at)?);
                Kind::Struct(fields)
            }
            Some(Kind::Enum(mut known)) => {
                known.variants.push(self.variant(at)?);
                Kind::Enum(known)
            }
            _ => return Err("there is no type whose part this is".to_owned()),
        };
        if let Some(id) = current {
            self.class.types.set(id, name, kind);
        }
        Ok(())
    }

    fn field(&mut self, at: &mut Scanner<'_>) -> Result<Field> {
        let name = at.name()?;
        at.expect(":")?;
        let part = self.expression(at)?;
        let is_option = matches!(self.class.types.kind(part), Kind::Option(_));
        let is_required = match is_option {
            true => Some(at.takes("required")),
            false if at.takes("= ?") => None,
            false => Some(!at.takes("= default")),
        };
        let mut reads = vec![name.clone()];
        reads.extend(at.words("alias ")?);
        Ok(Field {
            name,
            reads,
            is_stored: true,
            is_required,
            part,
        })
    }

    fn fields(&mut self, is_strict: bool, at: &mut Scanner<'_>) -> Result<Fields> {
        let mut fields = Vec::new();
        while !at.takes("}") {
            if !fields.is_empty() {
                at.expect(",")?;
            }
            fields.push(self.field(at)?);
        }
        Ok(Fields { fields, is_strict })
    }

    fn variant(&mut self, at: &mut Scanner<'_>) -> Result<Variant> {
        let is_stored = !at.takes("alias ");
        let name = at.name()?;
        let content = if at.takes(UNKNOWN) {
            Content::Unknown
        } else if at.takes("strict {") {
            Content::Struct(self.fields(true, at)?)
        } else if at.takes("{") {
            Content::Struct(self.fields(false, at)?)
        } else if at.takes("(") {
            match self.parts(at)? {
                (parts, false) => Content::Tuple(parts),
                (parts, true) => parts
                    .first()
                    .map_or(Content::Unit, |part| Content::Newtype(*part)),
            }
        } else {
            Content::Unit
        };
        Ok(Variant {
            name,
            is_stored,
            is_read: true,
            content,
        })
    }

    /// The parts behind a bracket, and whether there is one without a comma.
    fn parts(&mut self, at: &mut Scanner<'_>) -> Result<(Vec<Id>, bool)> {
        let mut parts = Vec::new();
        let mut is_one = false;
        if at.takes(",") {
            at.expect(")")?;
            return Ok((parts, false));
        }
        loop {
            parts.push(self.expression(at)?);
            if at.takes(")") {
                is_one |= parts.len() == 1;
                return Ok((parts, is_one));
            }
            at.expect(",")?;
            if at.takes(")") {
                return Ok((parts, false));
            }
        }
    }

    fn expression(&mut self, at: &mut Scanner<'_>) -> Result<Id> {
        let kind = if at.takes(UNKNOWN) {
            Kind::Unknown
        } else if at.takes("~") {
            Kind::Seen(self.expression(at)?)
        } else if at.takes("Option<") {
            let part = self.expression(at)?;
            at.expect(">")?;
            Kind::Option(part)
        } else if at.takes("[") {
            let part = self.expression(at)?;
            let kind = match at.takes(";") {
                true => Kind::Tuple(vec![part; at.number()?]),
                false => Kind::List(part),
            };
            at.expect("]")?;
            kind
        } else if at.takes("{") {
            let key = self.expression(at)?;
            at.expect(":")?;
            let value = self.expression(at)?;
            at.expect("}")?;
            Kind::Map(key, value)
        } else if at.takes("()") {
            Kind::Scalar(Scalar::Unit)
        } else if at.takes("(") {
            Kind::Tuple(self.parts(at)?.0)
        } else {
            let name = at.type_name()?;
            let mut scalars = (0..=u8::MAX).filter_map(Scalar::of_tag);
            match scalars.find(|scalar| word(*scalar) == name) {
                Some(scalar) => Kind::Scalar(scalar),
                None => return Ok(self.named(name).id),
            }
        };
        let id = self.class.types.add();
        self.class.types.set(id, None, kind);
        Ok(id)
    }
}
