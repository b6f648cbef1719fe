//! The stable form of a shape: a version byte, then the tree from the root, each node a tag and its
//! parts. A part that is a node met before is its number, counted from the root in this order.

use super::{Id, NOTHING, Name, Node, Scalar, Shape, Variant};
use crate::codec::wire::{self, Source};
use std::fmt::{self, Display};

const VERSION: u8 = 1;

const UNKNOWN: u8 = 0;
const OPTION: u8 = 32;
const SEQ: u8 = 33;
const MAP: u8 = 34;
const TUPLE: u8 = 35;
const STRUCT: u8 = 36;
const ENUM: u8 = 37;
const BEFORE: u8 = 38;

const UNIT_VARIANT: u8 = 0;
const NEWTYPE_VARIANT: u8 = 1;
const TUPLE_VARIANT: u8 = 2;
const STRUCT_VARIANT: u8 = 3;

/// How deep the tree may be.
pub(super) const MAX_DEPTH: usize = 100;
/// How many nodes there may be.
pub(super) const MAX_NODES: usize = 4_096;
/// How many parts they may have, those that refer back and variants that hold nothing among them.
const MAX_PARTS: usize = 4 * MAX_NODES;
/// How many bytes the stable form may have.
const MAX_BYTES: usize = 256 << 10;

/// Why the bytes of a shape, or of a value with it, can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// What is wrong with them.
    Damaged(&'static str),
    /// The shape is of this version of the format, of a newer release.
    Version(u8),
}

impl Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Damaged(reason) => f.write_str(reason),
            Unread::Version(found) => write!(
                f,
                "its shape is of format version {found}, this code reads version {VERSION}"
            ),
        }
    }
}

impl Shape {
    pub(in crate::codec) fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer {
            shape: self,
            out: vec![VERSION],
            numbers: vec![None; self.nodes.len()],
            next: 0,
        };
        writer.node(0);
        writer.out
    }

    /// Reads the stable form, which must take up all of `bytes`.
    pub(in crate::codec) fn from_bytes(bytes: &[u8]) -> Result<Self, Unread> {
        if bytes.len() > MAX_BYTES {
            return Err(Unread::Damaged("a shape of too many bytes"));
        }
        let rest = match bytes.split_first() {
            Some((&VERSION, rest)) => rest,
            Some((&found, _)) => return Err(Unread::Version(found)),
            None => return Err(Unread::Damaged("an empty shape")),
        };
        let mut reader = Reader {
            source: Source { rest },
            nodes: Vec::new(),
            parts_left: MAX_PARTS,
            reason: TOO_SHORT,
        };
        if reader.node(0).is_none() {
            return Err(Unread::Damaged(reader.reason));
        }
        match reader.source.rest {
            [] => Ok(Shape {
                nodes: reader.nodes,
            }),
            _ => Err(Unread::Damaged("a shape with bytes left over")),
        }
    }
}

struct Writer<'s> {
    shape: &'s Shape,
    out: Vec<u8>,
    /// The numbers of the nodes that were written.
    numbers: Vec<Option<usize>>,
    next: usize,
}

impl Writer<'_> {
    /// As deep as the shape, which is bounded.
    fn node(&mut self, id: Id) {
        match self.numbers.get_mut(id) {
            Some(Some(number)) => {
                let number = *number;
                self.out.push(BEFORE);
                return self.number(number);
            }
            Some(unwritten) => *unwritten = Some(self.next),
            None => {}
        }
        self.next += 1;
        let node = self.shape.node(id);
        self.out.push(tag(node));
        self.form(node);
    }

    /// What comes after the tag.
    fn form(&mut self, node: &Node) {
        match node {
            Node::Tuple(parts) => self.number(parts.len()),
            Node::Struct(fields) => {
                self.number(fields.len());
                for (name, id) in fields {
                    self.text(name);
                    self.node(*id);
                }
                return;
            }
            Node::Enum(variants) => {
                self.number(variants.len());
                for variant in variants {
                    self.number(variant.index as usize);
                    self.text(&variant.name);
                    self.out.push(content_tag(&variant.content));
                    self.form(&variant.content);
                }
                return;
            }
            _ => {}
        }
        node.parts(&mut |part| self.node(part));
    }

    fn number(&mut self, number: usize) {
        wire::put(&mut self.out, number as u64);
    }

    fn text(&mut self, text: &str) {
        wire::put_bytes(&mut self.out, text.as_bytes());
    }
}

fn tag(node: &Node) -> u8 {
    match node {
        // The latter is the content of a variant alone.
        Node::Unknown | Node::Newtype(_) => UNKNOWN,
        Node::Scalar(scalar) => *scalar as u8,
        Node::Option(_) => OPTION,
        Node::Seq(_) => SEQ,
        Node::Map(..) => MAP,
        Node::Tuple(_) => TUPLE,
        Node::Struct(_) => STRUCT,
        Node::Enum(_) => ENUM,
    }
}

/// As what a variant holds.
fn content_tag(content: &Node) -> u8 {
    match content {
        Node::Newtype(_) => NEWTYPE_VARIANT,
        Node::Tuple(_) => TUPLE_VARIANT,
        Node::Struct(_) => STRUCT_VARIANT,
        _ => UNIT_VARIANT,
    }
}

const TOO_SHORT: &str = "a shape that ends too soon";
const TOO_LARGE: &str = "a shape of too many parts";

const UNKNOWN_PART: &str = "a shape with an unknown part";

struct Reader<'b> {
    source: Source<'b>,
    nodes: Vec<Node>,
    parts_left: usize,
    /// What is wrong where there is nothing, if not that the bytes end.
    reason: &'static str,
}

impl<'b> Reader<'b> {
    fn refuse<T>(&mut self, reason: &'static str) -> Option<T> {
        self.reason = reason;
        None
    }

    fn name(&mut self) -> Option<Name> {
        self.source.text().map(Name::new)
    }

    /// A number of parts; each takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        let count = self.source.len()?;
        if count > self.source.rest.len() {
            return None;
        }
        match self.parts_left.checked_sub(count) {
            Some(left) => self.parts_left = left,
            None => return self.refuse(TOO_LARGE),
        }
        Some(count)
    }

    fn node(&mut self, depth: usize) -> Option<Id> {
        let id = self.nodes.len();
        if depth > MAX_DEPTH || id >= MAX_NODES {
            return self.refuse(TOO_LARGE);
        }
        let tag = self.source.byte()?;
        if tag == BEFORE {
            return match self.source.len() {
                Some(before) if before < id => Some(before),
                _ => self.refuse("a shape that refers to a part it does not have"),
            };
        }
        self.nodes.push(Node::Unknown);
        let node = self.form(tag, depth + 1)?;
        *self.nodes.get_mut(id)? = node;
        Some(id)
    }

    /// What comes after the tag; the parts are so deep.
    fn form(&mut self, tag: u8, depth: usize) -> Option<Node> {
        Some(match tag {
            UNKNOWN => Node::Unknown,
            OPTION => Node::Option(self.node(depth)?),
            SEQ => Node::Seq(self.node(depth)?),
            MAP => Node::Map(self.node(depth)?, self.node(depth)?),
            TUPLE => {
                let mut parts = Vec::new();
                for _ in 0..self.count()? {
                    parts.push(self.node(depth)?);
                }
                Node::Tuple(parts)
            }
            STRUCT => {
                let mut fields = Vec::new();
                for _ in 0..self.count()? {
                    fields.push((self.name()?, self.node(depth)?));
                }
                Node::Struct(fields)
            }
            ENUM => {
                let mut variants = Vec::new();
                for _ in 0..self.count()? {
                    let before = variants.last();
                    let variant = self.variant(before, depth)?;
                    variants.push(variant);
                }
                Node::Enum(variants)
            }
            tag => match Scalar::of_tag(tag) {
                Some(scalar) => Node::Scalar(scalar),
                None => return self.refuse(UNKNOWN_PART),
            },
        })
    }

    fn variant(&mut self, before: Option<&Variant>, depth: usize) -> Option<Variant> {
        let index = self.source.number(wire::U32)? as u32;
        if before.is_some_and(|before| before.index >= index) {
            return self.refuse("a shape whose variants are out of order");
        }
        let name = self.name()?;
        let content = match self.source.byte()? {
            UNIT_VARIANT => NOTHING,
            NEWTYPE_VARIANT => Node::Newtype(self.node(depth)?),
            TUPLE_VARIANT => self.form(TUPLE, depth)?,
            STRUCT_VARIANT => self.form(STRUCT, depth)?,
            _ => return self.refuse(UNKNOWN_PART),
        };
        Some(Variant {
            index,
            name,
            content,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Recording;
    use super::*;
    use crate::codec::strict;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Sample<'a> {
        id: u32,
        name: &'a str,
        tags: Vec<char>,
        maybe: Option<Box<Sample<'a>>>,
        kind: Kind,
        map: BTreeMap<u8, (bool, f64)>,
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(i64),
        Tuple(u8, ()),
        Fields { a: u128 },
    }

    fn sample(kind: Kind, maybe: Option<Box<Sample<'_>>>) -> Sample<'_> {
        Sample {
            id: 1,
            name: "x",
            tags: vec!['x'],
            maybe,
            kind,
            map: BTreeMap::from([(1, (true, 0.5))]),
        }
    }

    fn shape() -> Shape {
        let mut recording = Recording::default();
        for kind in [
            Kind::Fields { a: 1 },
            Kind::Unit,
            Kind::Tuple(1, ()),
            Kind::Newtype(1),
        ] {
            let inner = Box::new(sample(Kind::Unit, None));
            let value = sample(kind, Some(inner));
            recording = recording
                .with(&|recorder| strict::record(&value, recorder))
                .unwrap();
        }
        recording.shape().clone()
    }

    /// These bytes are in people's databases: a change of this test is a change of the format.
    #[test]
    fn golden_bytes() {
        let mut golden = vec![1, STRUCT, 6];
        let mut name = |name: &str, bytes: &[u8]| {
            golden.push(name.len() as u8);
            golden.extend(name.as_bytes());
            golden.extend(bytes);
        };
        name("id", &[9]);
        name("name", &[15]);
        name("tags", &[SEQ, 14]);
        // The same struct again.
        name("maybe", &[OPTION, BEFORE, 0]);
        name("kind", &[ENUM, 4, 0]);
        name("Unit", &[0, 1]);
        name("Newtype", &[1, 5, 2]);
        name("Tuple", &[2, 2, 7, 17, 3]);
        name("Fields", &[3, 1]);
        name("a", &[11]);
        name("map", &[MAP, 7, TUPLE, 2, 1, 13]);
        assert_eq!(shape().to_bytes(), golden);
        assert_eq!(Shape::from_bytes(&golden).unwrap(), shape());
    }

    /// Each byte is replaced by each other, and the end is cut off: a reason, or a shape that is
    /// read again as itself.
    #[test]
    fn damaged_bytes_never_panic() {
        let bytes = shape().to_bytes();
        for end in 0..bytes.len() {
            assert!(Shape::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        let mut read = 0;
        for place in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                let mut damaged = bytes.clone();
                damaged[place] = byte;
                if let Ok(shape) = Shape::from_bytes(&damaged) {
                    assert_eq!(Shape::from_bytes(&shape.to_bytes()).unwrap(), shape);
                    assert!(shape.within(&shape));
                    read += 1;
                }
            }
        }
        assert!(read > 1_000, "names may be of any letters: {read}");
    }

    #[test]
    fn hostile_shapes_are_refused() {
        let deep = [vec![1], vec![OPTION; 10_000], vec![1]].concat();
        assert!(Shape::from_bytes(&deep).is_err());
        let wide = [vec![1, TUPLE, 0xff, 0xff, 0xff, 0x7f], vec![1; 100]].concat();
        assert!(Shape::from_bytes(&wide).is_err());
        let many = [vec![1, TUPLE, 0x90, 0x4e], vec![1; 10_000]].concat();
        assert!(Shape::from_bytes(&many).is_err());
        // It is within itself, which a reader's depth bounds.
        let cyclic = Shape::from_bytes(&[1, TUPLE, 1, BEFORE, 0]).unwrap();
        assert!(!cyclic.is_plain());
        assert!(super::super::resolve::<serde::de::IgnoredAny>(&cyclic, &[]).is_err());
        // Each part is twice the next: a value takes no bytes, and 2^60 parts.
        let mut double = vec![1];
        double.extend([TUPLE, 2].repeat(60));
        double.push(Scalar::Unit as u8);
        double.extend((1..=60).rev().flat_map(|part| [BEFORE, part]));
        let double = Shape::from_bytes(&double).unwrap();
        assert!(!double.is_plain());
        assert!(super::super::resolve::<serde::de::IgnoredAny>(&double, &[]).is_err());
        // A list of elements that take no bytes, each of many parts.
        let mut wide = vec![1, SEQ, TUPLE, 0xa0, 0x1f];
        wide.extend([Scalar::Unit as u8].repeat(4_000));
        let wide = Shape::from_bytes(&wide).unwrap();
        let million = postcard::to_stdvec(&1_000_000).unwrap();
        assert!(super::super::resolve::<serde::de::IgnoredAny>(&wide, &million).is_err());
        let ahead = Shape::from_bytes(&[1, TUPLE, 1, BEFORE, 1]);
        assert!(ahead.is_err());
    }
}
