//! The recorder: a machine that is told of a value part by part, each before what is in it.

use super::super::{Id, MAX_VALUE_DEPTH, NOTHING, Name, Node, Scalar, Variant};
use super::{Failure, MAX_NODES};

/// What is met in a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::codec) enum Event {
    /// A value without parts.
    Scalar(Scalar),
    /// An option without its value.
    None,
    /// An option; its value comes next.
    Some,
    /// A list; its elements come next, then the end.
    Seq,
    /// A map; its keys and values come next, in turn, then the end.
    Map,
    /// A tuple, of this type if it has a name; its parts come next, then the end.
    Tuple(&'static str),
    /// A struct of this type; its fields come next, then the end.
    Struct(&'static str),
    /// A variant; what it holds comes next, then the end if it has parts.
    Variant {
        name: &'static str,
        index: u32,
        variant: &'static str,
        form: Form,
    },
    /// A newtype of this name, which is recorded as what is in it, and that comes next.
    Newtype(&'static str),
    /// The field of a struct; its value comes next.
    Field(&'static str),
    /// The end of what has several parts.
    End,
}

/// What a variant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) enum Form {
    Unit,
    Newtype,
    Tuple,
    Struct,
}

impl Form {
    /// Whether the content of a variant has this form.
    #[inline]
    pub(in crate::codec) fn fits(self, content: &Node) -> bool {
        match self {
            Form::Unit => matches!(content, Node::Scalar(_)),
            Form::Newtype => matches!(content, Node::Newtype(_)),
            Form::Tuple => matches!(content, Node::Tuple(_)),
            Form::Struct => matches!(content, Node::Struct(_)),
        }
    }
}

impl Event {
    /// A value of that form, of the parts of which nothing is known.
    fn node(self) -> Node {
        match self {
            Event::Scalar(scalar) => Node::Scalar(scalar),
            Event::None | Event::Some => Node::Option(0),
            Event::Seq => Node::Seq(0),
            Event::Map => Node::Map(0, 0),
            Event::Tuple(_) => Node::Tuple(Vec::new()),
            Event::Struct(_) => Node::Struct(Vec::new()),
            Event::Variant { .. } => Node::Enum(Vec::new()),
            Event::Newtype(_) | Event::Field(_) | Event::End => Node::Unknown,
        }
    }

    /// The name of the type, if it has one.
    fn name(self) -> Option<&'static str> {
        match self {
            Event::Tuple("") => None,
            Event::Tuple(name)
            | Event::Struct(name)
            | Event::Newtype(name)
            | Event::Variant { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// A value whose parts are being met.
#[derive(Clone, Copy)]
struct Frame {
    at: Id,
    /// The variant whose parts they are, if it is an enum.
    variant: Option<u32>,
    /// How many parts were met.
    met: usize,
    /// How many named types it is of: newtypes are around the same value.
    names: usize,
}

pub(in crate::codec) struct Recorder {
    pub(super) nodes: Vec<Node>,
    /// Whether a type within itself is told by its name.
    pub(super) folds: bool,
    frames: Vec<Frame>,
    /// The named types around the value that is being recorded, and their nodes.
    open: Vec<(&'static str, Id)>,
    /// Where the content of newtypes that were met is to be recorded, and how many there are.
    newtypes: Option<(Id, usize)>,
    pub(super) failure: Option<Failure>,
}

impl Recorder {
    pub(super) fn new(nodes: Vec<Node>, folds: bool) -> Self {
        Self {
            nodes,
            folds,
            frames: Vec::new(),
            open: Vec::new(),
            newtypes: None,
            failure: None,
        }
    }

    /// Takes note of it. After a failure, which is kept, nothing is.
    pub(in crate::codec) fn meet(&mut self, event: Event) {
        if self.failure.is_none() {
            // Why there is nothing, if so, is kept.
            let _ = self.record(event);
        }
    }

    fn record(&mut self, event: Event) -> Option<()> {
        match event {
            Event::Field(name) => return self.field(name),
            Event::End => return self.end(),
            _ => {}
        }
        let (planned, newtypes) = match self.newtypes.take() {
            Some(announced) => announced,
            None => (self.planned()?, 0),
        };
        let (at, names) = match event.name() {
            Some(name) => (self.enter(name, planned), newtypes + 1),
            None => (planned, newtypes),
        };
        if let Event::Newtype(_) = event {
            self.newtypes = Some((at, names));
            return Some(());
        }
        let mut node = event.node();
        match self.node(at) {
            Node::Unknown => {
                match &mut node {
                    Node::Option(part) | Node::Seq(part) => *part = self.fresh()?,
                    Node::Map(key, value) => (*key, *value) = (self.fresh()?, self.fresh()?),
                    _ => {}
                }
                match self.nodes.get_mut(at) {
                    Some(place) => *place = node,
                    None => return self.fails(Failure::TooLarge),
                }
            }
            known if !known.is_like(&node) => return self.differs(at, node.text()),
            _ => {}
        }
        let variant = match event {
            Event::Variant {
                index,
                variant,
                form,
                ..
            } => {
                self.variant(at, index, variant, form)?;
                if form == Form::Unit {
                    self.forget(names);
                    return self.complete(at);
                }
                Some(index)
            }
            Event::Scalar(_) | Event::None => {
                self.forget(names);
                return self.complete(at);
            }
            _ => None,
        };
        self.frames.push(Frame {
            at,
            variant,
            met: 0,
            names,
        });
        Some(())
    }

    /// Where the value that comes next is to be recorded.
    fn planned(&mut self) -> Option<Id> {
        let Some(frame) = self.frames.last().copied() else {
            return Some(0);
        };
        if self.frames.len() > MAX_VALUE_DEPTH {
            self.fails(Failure::TooLarge)?;
        }
        // The parts of a tuple have no names to announce them.
        let is_new = match self.held(frame) {
            Some(Node::Tuple(parts)) => parts.len() <= frame.met,
            _ => false,
        };
        if is_new {
            let part = self.fresh()?;
            if let Some(Node::Tuple(parts)) = self.held(frame) {
                parts.push(part);
            }
        }
        match self.place(frame) {
            Some(place) => Some(*place),
            None => {
                self.differs(frame.at, "of another form")?;
                None
            }
        }
    }

    /// What has the parts of a frame.
    #[inline(never)]
    fn held(&mut self, frame: Frame) -> Option<&mut Node> {
        match (self.nodes.get_mut(frame.at)?, frame.variant) {
            (Node::Enum(variants), Some(index)) => {
                let variant = variants.iter_mut().find(|variant| variant.index == index);
                variant.map(|variant| &mut variant.content)
            }
            (node, _) => Some(node),
        }
    }

    /// What is recorded of the part of a frame that comes next.
    fn place(&mut self, frame: Frame) -> Option<&mut Id> {
        match self.held(frame)? {
            Node::Option(inner) | Node::Seq(inner) | Node::Newtype(inner) => Some(inner),
            Node::Map(key, _) if frame.met.is_multiple_of(2) => Some(key),
            Node::Map(_, value) => Some(value),
            Node::Tuple(parts) => parts.get_mut(frame.met),
            Node::Struct(fields) => fields.get_mut(frame.met).map(|(_, part)| part),
            Node::Unknown | Node::Scalar(_) | Node::Enum(_) => None,
        }
    }

    fn field(&mut self, name: &'static str) -> Option<()> {
        let Some(frame) = self.frames.last().copied() else {
            return Some(());
        };
        let known = match self.held(frame) {
            Some(Node::Struct(fields)) => match fields.get(frame.met) {
                Some((known, _)) => known.is(name),
                None => {
                    let field = (Name::new(name), self.fresh()?);
                    if let Some(Node::Struct(fields)) = self.held(frame) {
                        fields.push(field);
                    }
                    true
                }
            },
            _ => false,
        };
        match known {
            true => Some(()),
            false => self.differs(frame.at, "of another form"),
        }
    }

    /// A value was recorded at `actual`, and with it those around it that hold nothing else.
    fn complete(&mut self, mut actual: Id) -> Option<()> {
        while let Some(frame) = self.frames.last().copied() {
            let Some(planned) = self.place(frame).copied() else {
                return self.differs(frame.at, "of another form");
            };
            self.settle(planned, actual)?;
            if let Some(place) = self.place(frame) {
                *place = actual;
            }
            if !matches!(self.held(frame), Some(Node::Option(_) | Node::Newtype(_))) {
                if let Some(frame) = self.frames.last_mut() {
                    frame.met += 1;
                }
                return Some(());
            }
            self.leave(frame);
            actual = frame.at;
        }
        self.settle(0, actual)
    }

    fn end(&mut self) -> Option<()> {
        let Some(frame) = self.frames.last().copied() else {
            return Some(());
        };
        let is_whole = match self.held(frame) {
            Some(Node::Tuple(parts)) => parts.len() == frame.met,
            Some(Node::Struct(fields)) => fields.len() == frame.met,
            _ => true,
        };
        if !is_whole {
            return self.differs(frame.at, "of another form");
        }
        self.leave(frame);
        self.complete(frame.at)
    }

    fn leave(&mut self, frame: Frame) {
        self.frames.pop();
        self.forget(frame.names);
    }

    /// So many named types end with the value that was met.
    fn forget(&mut self, names: usize) {
        self.open.truncate(self.open.len().saturating_sub(names));
    }

    /// Adds the variant to the enum, if it is not known.
    fn variant(&mut self, at: Id, index: u32, variant: &'static str, form: Form) -> Option<()> {
        let known = match self.node(at) {
            Node::Enum(variants) => variants.iter().find(|known| known.index == index),
            _ => None,
        };
        let Some(known) = known else {
            let content = match form {
                Form::Unit => NOTHING,
                Form::Newtype => Node::Newtype(self.fresh()?),
                Form::Tuple => Node::Tuple(Vec::new()),
                Form::Struct => Node::Struct(Vec::new()),
            };
            if let Some(Node::Enum(variants)) = self.nodes.get_mut(at) {
                let place = variants.partition_point(|known| known.index < index);
                let name = Name::new(variant);
                variants.insert(
                    place,
                    Variant {
                        index,
                        name,
                        content,
                    },
                );
            }
            return Some(());
        };
        if !known.name.is(variant) {
            return self.differs(at, "an enum with its variants renamed");
        }
        match form.fits(&known.content) {
            true => Some(()),
            false => self.differs(at, "of another form"),
        }
    }

    /// Where a value of a named type is recorded: with the one around it, if that is of this name.
    fn enter(&mut self, name: &'static str, at: Id) -> Id {
        let around = self.open.iter().rev().find(|(open, _)| *open == name);
        let id = match (around, self.node(at)) {
            (Some((_, around)), Node::Unknown) if self.folds => *around,
            _ => at,
        };
        self.open.push((name, id));
        id
    }

    /// A part was to be recorded at `planned` and was recorded at `actual`: what was known at the
    /// planned place must be nothing, if they differ.
    fn settle(&mut self, planned: Id, actual: Id) -> Option<()> {
        match self.node(planned) {
            _ if planned == actual => Some(()),
            Node::Unknown => Some(()),
            _ => self.differs(planned, "a value of the type around it"),
        }
    }

    fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Unknown)
    }

    fn fresh(&mut self) -> Option<Id> {
        if self.nodes.len() >= MAX_NODES {
            self.fails(Failure::TooLarge)?;
        }
        self.nodes.push(Node::Unknown);
        Some(self.nodes.len() - 1)
    }

    #[cold]
    #[inline(never)]
    fn differs(&mut self, at: Id, now: &'static str) -> Option<()> {
        let before = self.node(at).text();
        self.fails(Failure::Differs { before, now })
    }

    /// Keeps why, and there is nothing.
    #[cold]
    #[inline(never)]
    fn fails(&mut self, failure: Failure) -> Option<()> {
        self.failure = Some(failure);
        None
    }
}
