//! A shape of any form, and under it a value that is of the shape but for some lies.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use lumenize_fuzz::{NAMES, read_as_each, samples};

/// A part of a shape; `codec/shape/bytes.rs` has their form.
#[derive(Arbitrary, Debug)]
enum Part {
    Unknown,
    Scalar(u8),
    Option(Box<Part>),
    Seq(Box<Part>),
    Map(Box<(Part, Part)>),
    Tuple(Vec<Part>),
    /// A tuple of many parts that are alike.
    Array(u16, Box<Part>),
    Struct(Vec<(Name, Part)>),
    Enum(Vec<(u8, Name, Content)>),
    /// One that this one is in.
    Around(u8),
    /// One with this number.
    Before(u16),
    /// Options within each other.
    Deep(u8, Box<Part>),
}

#[derive(Arbitrary, Debug)]
enum Content {
    Unit,
    Newtype(Part),
    Tuple(Vec<Part>),
    Struct(Vec<(Name, Part)>),
}

#[derive(Arbitrary, Debug)]
enum Name {
    Known(u8),
    Other(String),
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Self::Known(place) => NAMES[usize::from(*place) % NAMES.len()],
            Self::Other(text) => text,
        }
    }
}

/// What was written as a shape, for a value to follow.
enum Node {
    Scalar(u8),
    Option(usize),
    /// A list or a map.
    Elements(Vec<usize>),
    All(Vec<usize>),
    Enum(Vec<(u32, Vec<usize>)>),
    /// There are no values of it.
    None,
}

#[derive(Default)]
struct Shape {
    bytes: Vec<u8>,
    nodes: Vec<Node>,
    around: Vec<usize>,
    /// How many parts they have.
    parts: usize,
    /// Whether it is too large or damaged.
    refused: bool,
}

impl Shape {
    fn part(&mut self, part: &Part) -> usize {
        self.refused |=
            self.around.len() > 100 || self.nodes.len() >= 4_096 || self.bytes.len() >= 256 << 10;
        match part {
            _ if self.refused => self.nodes.len(),
            Part::Around(up) if !self.around.is_empty() => {
                let id = self.around[usize::from(*up) % self.around.len()];
                self.before(id)
            }
            Part::Before(number) => {
                self.refused |= !self.around.contains(&(*number).into());
                self.before((*number).into())
            }
            _ => self.node(part),
        }
    }

    fn before(&mut self, id: usize) -> usize {
        self.bytes.push(38);
        number(&mut self.bytes, id as u128);
        id
    }

    fn node(&mut self, part: &Part) -> usize {
        let id = self.nodes.len();
        self.nodes.push(Node::None);
        self.around.push(id);
        self.nodes[id] = match part {
            Part::Scalar(tag) => {
                let tag = 1 + tag % 17;
                self.bytes.push(tag);
                Node::Scalar(tag)
            }
            Part::Option(inner) => self.option(|this| this.part(inner)),
            Part::Deep(0, inner) => self.option(|this| this.part(inner)),
            Part::Deep(depth, inner) => {
                let depth = depth % 100;
                let mut open = Vec::new();
                for _ in 0..depth {
                    self.bytes.push(32);
                    open.push(self.nodes.len());
                    self.around.push(self.nodes.len());
                    self.nodes.push(Node::None);
                }
                self.bytes.push(32);
                let mut inner = self.part(inner);
                for id in open.into_iter().rev() {
                    self.nodes[id] = Node::Option(inner);
                    self.around.pop();
                    inner = id;
                }
                Node::Option(inner)
            }
            Part::Seq(element) => {
                self.bytes.push(33);
                Node::Elements(vec![self.part(element)])
            }
            Part::Map(entry) => {
                self.bytes.push(34);
                Node::Elements(vec![self.part(&entry.0), self.part(&entry.1)])
            }
            Part::Tuple(parts) => {
                self.bytes.push(35);
                Node::All(self.parts(parts))
            }
            Part::Array(len, part) => {
                self.bytes.push(35);
                let len = len % 1_000;
                self.count(len.into());
                Node::All((0..len).map(|_| self.part(part)).collect())
            }
            Part::Struct(fields) => {
                self.bytes.push(36);
                Node::All(self.fields(fields))
            }
            Part::Enum(variants) => {
                self.bytes.push(37);
                Node::Enum(self.variants(variants))
            }
            Part::Unknown | Part::Around(_) | Part::Before(_) => {
                self.bytes.push(0);
                Node::None
            }
        };
        self.around.pop();
        id
    }

    /// How many parts follow; there may be 16,384 in all.
    fn count(&mut self, count: usize) {
        self.parts += count;
        self.refused |= self.parts > 1 << 14;
        number(&mut self.bytes, count as u128);
    }

    fn option(&mut self, inner: impl FnOnce(&mut Self) -> usize) -> Node {
        self.bytes.push(32);
        Node::Option(inner(self))
    }

    fn parts(&mut self, parts: &[Part]) -> Vec<usize> {
        self.count(parts.len());
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn fields(&mut self, fields: &[(Name, Part)]) -> Vec<usize> {
        self.count(fields.len());
        let field = |(name, part): &(Name, Part)| {
            text(&mut self.bytes, name.text());
            self.part(part)
        };
        fields.iter().map(field).collect()
    }

    fn variants(&mut self, variants: &[(u8, Name, Content)]) -> Vec<(u32, Vec<usize>)> {
        self.count(variants.len());
        let mut next = 0;
        let variant = |(gap, name, content): &(u8, Name, Content)| {
            // Mostly one after another.
            let index = next + u32::from(gap.saturating_sub(200));
            next = index + 1;
            number(&mut self.bytes, index.into());
            text(&mut self.bytes, name.text());
            let parts = match content {
                Content::Unit => {
                    self.bytes.push(0);
                    Vec::new()
                }
                Content::Newtype(part) => {
                    self.bytes.push(1);
                    vec![self.part(part)]
                }
                Content::Tuple(parts) => {
                    self.bytes.push(2);
                    self.parts(parts)
                }
                Content::Struct(fields) => {
                    self.bytes.push(3);
                    self.fields(fields)
                }
            };
            (index, parts)
        };
        variants.iter().map(variant).collect()
    }
}

/// A value that follows a shape.
struct Value<'s, 'b> {
    shape: &'s Shape,
    source: Unstructured<'b>,
    bytes: Vec<u8>,
    depth: usize,
    /// How many parts it may still have.
    left: usize,
    /// How many of those that it has take no bytes.
    empty: usize,
    lies: bool,
}

impl Value<'_, '_> {
    fn any<T: for<'b> Arbitrary<'b> + Default>(&mut self) -> T {
        self.source.arbitrary().unwrap_or_default()
    }

    fn part(&mut self, id: usize) {
        // As deep as a value may be, but for a little.
        if self.depth > 490 || self.left == 0 {
            self.lies = true;
            return;
        }
        if self.any::<u8>() == u8::MAX {
            self.lies = true;
            let lie: Vec<u8> = self.any();
            self.bytes.extend(lie);
        }
        self.left -= 1;
        self.depth += 1;
        let before = self.bytes.len();
        let shape = self.shape;
        match shape.nodes.get(id) {
            None | Some(Node::None) => self.lies = true,
            Some(Node::Scalar(tag)) => self.scalar(*tag),
            Some(Node::Option(inner)) => {
                let some: bool = self.any();
                self.bytes.push(some.into());
                if some {
                    self.part(*inner);
                }
            }
            Some(Node::Elements(parts)) => {
                let len = match self.any::<u8>() {
                    len @ 0..64 => len % 4,
                    len @ 64..255 => len,
                    255 => {
                        self.lies = true;
                        number(&mut self.bytes, 1 << 60);
                        return;
                    }
                };
                number(&mut self.bytes, len.into());
                for _ in 0..len {
                    parts.iter().for_each(|part| self.part(*part));
                }
            }
            Some(Node::All(parts)) => parts.iter().for_each(|part| self.part(*part)),
            Some(Node::Enum(variants)) => {
                let place = usize::from(self.any::<u8>());
                match variants.get(place % variants.len().max(1)) {
                    None => self.lies = true,
                    Some((index, parts)) => {
                        number(&mut self.bytes, (*index).into());
                        parts.iter().for_each(|part| self.part(*part));
                    }
                }
            }
        }
        self.depth -= 1;
        self.empty += usize::from(self.bytes.len() == before);
    }

    /// By its tag.
    fn scalar(&mut self, tag: u8) {
        match tag {
            1 => {
                let bool: bool = self.any();
                self.bytes.push(bool.into());
            }
            2 | 7 => {
                let byte = self.any();
                self.bytes.push(byte);
            }
            3 | 8 => {
                let short: u16 = self.any();
                number(&mut self.bytes, short.into());
            }
            4 | 9 => {
                let word: u32 = self.any();
                number(&mut self.bytes, word.into());
            }
            5 | 10 => {
                let long: u64 = self.any();
                number(&mut self.bytes, long.into());
            }
            6 | 11 => {
                let wide = self.any();
                number(&mut self.bytes, wide);
            }
            12 => {
                let single: [u8; 4] = self.any();
                self.bytes.extend(single);
            }
            13 => {
                let double: [u8; 8] = self.any();
                self.bytes.extend(double);
            }
            14 => {
                let letter: char = self.any();
                text(&mut self.bytes, letter.encode_utf8(&mut [0; 4]));
            }
            15 => {
                let place = usize::from(self.any::<u8>());
                text(&mut self.bytes, NAMES.get(place).unwrap_or(&"other"));
            }
            16 => {
                let bytes: Vec<u8> = self.any();
                number(&mut self.bytes, bytes.len() as u128);
                self.bytes.extend(bytes);
            }
            _ => {}
        }
    }
}

/// Seven bits a byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u128);
    bytes.extend(text.as_bytes());
}

#[derive(Arbitrary, Debug)]
struct Stored<'b> {
    root: Part,
    value: &'b [u8],
}

fuzz_target!(
    init: {
        // The types are known.
        samples();
    },
    |stored: Stored<'_>| {
        let mut shape = Shape::default();
        shape.bytes.push(1);
        shape.part(&stored.root);
        let mut value = Value {
            shape: &shape,
            source: Unstructured::new(stored.value),
            bytes: vec![254],
            depth: 0,
            left: 4_096,
            empty: 0,
            lies: shape.refused || shape.bytes.len() > 256 << 10,
        };
        value.bytes.extend((shape.bytes.len() as u32).to_le_bytes());
        value.bytes.extend(&shape.bytes);
        let begin = value.bytes.len();
        value.part(0);
        // Fewer are never too many.
        let has_too_many = value.empty > 2_048 + value.bytes.len() - begin;
        let passed_over = read_as_each(&value.bytes);
        assert!(passed_over || value.lies || has_too_many);
    }
);
