//! Shapes: what postcard leaves out. A shape has the names of fields and variants and the types of
//! values, as they were when the value was written, so that code whose types have changed can read
//! it by name.
//!
//! - here: what a shape is, and whether one lies within another;
//! - `bytes`: its stable form;
//! - `cursor`: a place in it, for a value that is held against it;
//! - `record`: from values, each merged into what was seen before;
//! - `resolve`: reads a value by its shape.

mod bytes;
mod cursor;
mod record;
mod resolve;

pub(crate) use bytes::Unread;
pub(super) use cursor::{Cursor, Nodes, Parts};
pub(crate) use record::Recording;
pub(super) use record::{Event, Form, Recorder};
pub(super) use resolve::{Shown, fits, resolve, show};

use std::mem::discriminant;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How deep a value may be nested.
const MAX_VALUE_DEPTH: usize = 500;

/// How many pairs of parts of two shapes are compared at most. There are as many as parts, unless
/// parts refer back and meet others each time.
const MAX_PAIRS: usize = 1 << 14;

/// The place of a node in [`Shape::nodes`].
pub(crate) type Id = usize;

/// The shape of all values of a type that were seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The first is that of the whole value. A recursive type's refer back to earlier ones.
    nodes: Vec<Node>,
}

/// What is known of a value or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Nothing: no value was seen here, as in a list that was always empty.
    Unknown,
    Scalar(Scalar),
    Option(Id),
    Seq(Id),
    Map(Id, Id),
    /// A tuple, an array or a tuple struct.
    Tuple(Vec<Id>),
    Struct(Vec<(Name, Id)>),
    /// Sorted by index.
    Enum(Vec<Variant>),
    /// What a variant holds that holds one value; nothing else has this form.
    Newtype(Id),
}

/// What a variant holds that holds nothing.
const NOTHING: Node = Node::Scalar(Scalar::Unit);

/// A name of a field or a variant.
#[derive(Debug)]
pub(crate) struct Name {
    text: Box<str>,
    /// Where serde's own text of it was met first, or zero: what is there is this name.
    origin: AtomicUsize,
}

impl Name {
    fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            origin: AtomicUsize::new(0),
        }
    }

    #[inline]
    fn is(&self, text: &'static str) -> bool {
        self.text.len() == text.len()
            && (self.origin.load(Relaxed) == text.as_ptr() as usize || self.is_elsewhere(text))
    }

    #[cold]
    #[inline(never)]
    fn is_elsewhere(&self, text: &'static str) -> bool {
        if *self.text != *text {
            return false;
        }
        if self.origin.load(Relaxed) == 0 {
            self.origin.store(text.as_ptr() as usize, Relaxed);
        }
        true
    }
}

impl Clone for Name {
    fn clone(&self) -> Self {
        Self::new(&self.text)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl Deref for Name {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.text
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) index: u32,
    pub(crate) name: Name,
    /// [`NOTHING`], a newtype, a tuple or a struct.
    pub(crate) content: Node,
}

macro_rules! scalars {
    ($($name:ident = $tag:literal $text:literal;)*) => {
        /// A value without parts. The number is its tag in the stable form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Scalar {
            $($name = $tag,)*
        }

        impl Scalar {
            pub(crate) fn of_tag(tag: u8) -> Option<Self> {
                match tag {
                    $($tag => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// What people call it.
            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

scalars! {
    Bool = 1 "a bool";
    I8 = 2 "an i8";
    I16 = 3 "an i16";
    I32 = 4 "an i32";
    I64 = 5 "an i64";
    I128 = 6 "an i128";
    U8 = 7 "a u8";
    U16 = 8 "a u16";
    U32 = 9 "a u32";
    U64 = 10 "a u64";
    U128 = 11 "a u128";
    F32 = 12 "an f32";
    F64 = 13 "an f64";
    Char = 14 "a char";
    Str = 15 "a string";
    Bytes = 16 "bytes";
    Unit = 17 "a unit";
}

impl Shape {
    /// What is there; that of the whole value is at 0.
    #[inline]
    pub(crate) fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Unknown)
    }

    /// Whether every value of this shape is one of `other`, part by part.
    pub(super) fn within(&self, other: &Shape) -> bool {
        // Which pairs were met, a bit for each.
        let width = other.nodes.len();
        let mut seen = vec![0_u8; (self.nodes.len() * width).div_ceil(8)];
        let mut pairs = MAX_PAIRS;
        let mut open = vec![(0, 0)];
        while let Some((mine, theirs)) = open.pop() {
            let pair = mine * width + theirs;
            match seen.get_mut(pair / 8) {
                Some(seen) if *seen & (1 << (pair % 8)) == 0 => *seen |= 1 << (pair % 8),
                _ => continue,
            }
            // Shapes that fold differently, again and again: values are read by name then.
            if pairs == 0 || open.len() > MAX_PAIRS {
                return false;
            }
            pairs -= 1;
            let fits = self.node(mine).within(other.node(theirs), &mut open);
            if !fits {
                return false;
            }
        }
        true
    }

    /// Whether every value of this shape may be stored and read: no part refers back, so that none is too
    /// deep, and however long its lists are, no more of its parts take no bytes than a reader takes. Nor
    /// has any value the shape of which nothing is known.
    pub(super) fn is_plain(&self) -> bool {
        // From the last to the first: a part comes before what it is a part of, and is seen once, however
        // many refer to it.
        let mut seen = vec![Empties::default(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate().rev() {
            let mut is_ahead = true;
            node.parts(&mut |part| is_ahead &= part > id);
            if !is_ahead {
                return false;
            }
            let mut all = Empties::of_parts(node, &seen);
            match node {
                Node::Scalar(Scalar::Unit) | Node::Tuple(_) | Node::Struct(_) => {
                    all.most = all.most.saturating_add(all.is_empty.into());
                }
                Node::Newtype(_) => {}
                Node::Seq(_) | Node::Map(..) if all.most > 0 => return false,
                _ => {
                    // A byte says which variant it is, whether there is something, or how much.
                    let most = match node {
                        Node::Option(_) => all.most.max(0),
                        Node::Enum(variants) => {
                            let contents = variants.iter().map(|variant| &variant.content);
                            let most = contents.map(|node| Empties::of_parts(node, &seen).most);
                            most.max().unwrap_or(0)
                        }
                        _ => 0,
                    };
                    all.is_empty = false;
                    all.most = most.saturating_sub(1);
                }
            }
            if let Some(place) = seen.get_mut(id) {
                *place = all;
            }
        }
        let root = seen.first().copied().unwrap_or_default();
        root.most <= resolve::MAX_EMPTY_PARTS as i64 && !matches!(self.node(0), Node::Unknown)
    }
}

/// What is in the values of a part, itself included.
#[derive(Clone, Copy, Default)]
struct Empties {
    /// Whether all of it takes no bytes.
    is_empty: bool,
    /// By how many there are at most more parts without bytes than bytes.
    most: i64,
}

impl Empties {
    /// Of all parts of the node together.
    #[inline(never)]
    fn of_parts(node: &Node, seen: &[Empties]) -> Self {
        let mut all = Empties {
            is_empty: true,
            most: 0,
        };
        node.parts(&mut |part| {
            let part = seen.get(part).copied().unwrap_or_default();
            all.is_empty &= part.is_empty;
            all.most = all.most.saturating_add(part.most);
        });
        all
    }
}

impl Node {
    /// Whether values of it may be values of the other, if what is `open` then lies within, too.
    fn within(&self, other: &Node, open: &mut Vec<(Id, Id)>) -> bool {
        let fits = match (self, other) {
            (Node::Unknown, _) => return true,
            (Node::Enum(a), Node::Enum(b)) => {
                return a.iter().all(|mine| {
                    let theirs = b.iter().find(|theirs| theirs.index == mine.index);
                    theirs.is_some_and(|theirs| {
                        mine.name == theirs.name && mine.content.within(&theirs.content, open)
                    })
                });
            }
            (Node::Tuple(a), Node::Tuple(b)) => a.len() == b.len(),
            (Node::Struct(a), Node::Struct(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((a, _), (b, _))| a == b)
            }
            _ => self.is_like(other),
        };
        if fits {
            let mut theirs = Vec::new();
            other.parts(&mut |part| theirs.push(part));
            let mut theirs = theirs.into_iter();
            self.parts(&mut |part| open.extend(theirs.next().map(|other| (part, other))));
        }
        fits
    }

    /// Whether they are of one form, whatever their parts.
    fn is_like(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::Scalar(a), Node::Scalar(b)) => a == b,
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// Visits the parts of it.
    fn parts(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Node::Unknown | Node::Scalar(_) => {}
            Node::Option(a) | Node::Seq(a) | Node::Newtype(a) => visit(*a),
            Node::Map(a, b) => {
                visit(*a);
                visit(*b);
            }
            Node::Tuple(parts) => parts.iter().for_each(|id| visit(*id)),
            Node::Struct(fields) => fields.iter().for_each(|(_, id)| visit(*id)),
            Node::Enum(variants) => variants
                .iter()
                .for_each(|variant| variant.content.parts(visit)),
        }
    }

    /// What people call it.
    fn text(&self) -> &'static str {
        match self {
            Node::Unknown => "nothing",
            Node::Scalar(scalar) => scalar.text(),
            Node::Option(_) => "an option",
            Node::Seq(_) => "a list",
            Node::Map(..) => "a map",
            Node::Tuple(_) => "a tuple",
            Node::Struct(_) => "a struct",
            Node::Enum(_) => "an enum",
            Node::Newtype(_) => "one value",
        }
    }
}
