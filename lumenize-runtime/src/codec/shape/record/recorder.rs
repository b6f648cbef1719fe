//! The recorder: a machine that is told of a value part by part, each before what is in it.

use super::super::{Content, Id, MAX_VALUE_DEPTH, Name, Node, Scalar, Variant};
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

/// A value whose parts are being met.
#[derive(Clone, Copy)]
struct Frame {
    at: Id,
    holds: Holds,
    /// How many parts were met.
    met: usize,
    /// Whether it is of a named type.
    named: bool,
}

/// Where the next part of a frame is recorded.
#[derive(Clone, Copy)]
enum Holds {
    Option,
    Seq,
    Map,
    Tuple,
    Fields,
    Variant(u32),
}

pub(in crate::codec) struct Recorder {
    pub(super) nodes: Vec<Node>,
    /// Whether a type within itself is told by its name.
    pub(super) folds: bool,
    frames: Vec<Frame>,
    /// The named types around the value that is being recorded, and their nodes.
    open: Vec<(&'static str, Id)>,
    pub(super) failure: Option<Failure>,
}

impl Recorder {
    pub(super) fn new(nodes: Vec<Node>, folds: bool) -> Self {
        Self {
            nodes,
            folds,
            frames: Vec::new(),
            open: Vec::new(),
            failure: None,
        }
    }

    /// Takes note of it. After a failure, which is kept, nothing is.
    pub(in crate::codec) fn meet(&mut self, event: Event) {
        if self.failure.is_none()
            && let Err(failure) = self.record(event)
        {
            self.failure = Some(failure);
        }
    }

    fn record(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Field(name) => return self.field(name),
            Event::End => return self.end(),
            _ => {}
        }
        let at = self.planned()?;
        match event {
            Event::Scalar(scalar) => {
                let node = Node::Scalar(scalar);
                self.expect(at, scalar.text(), node.clone(), |known| *known == node)?;
                self.complete(at)
            }
            Event::None | Event::Some => {
                if matches!(self.node(at), Node::Unknown) {
                    let inner = self.fresh()?;
                    self.set(at, Node::Option(inner));
                }
                match (self.node(at), event) {
                    (Node::Option(_), Event::None) => self.complete(at),
                    (Node::Option(_), _) => self.open(at, Holds::Option, false),
                    _ => Err(self.differs(at, "an option")),
                }
            }
            Event::Seq => {
                if matches!(self.node(at), Node::Unknown) {
                    let element = self.fresh()?;
                    self.set(at, Node::Seq(element));
                }
                match self.node(at) {
                    Node::Seq(_) => self.open(at, Holds::Seq, false),
                    _ => Err(self.differs(at, "a list")),
                }
            }
            Event::Map => {
                if matches!(self.node(at), Node::Unknown) {
                    let (key, value) = (self.fresh()?, self.fresh()?);
                    self.set(at, Node::Map(key, value));
                }
                match self.node(at) {
                    Node::Map(..) => self.open(at, Holds::Map, false),
                    _ => Err(self.differs(at, "a map")),
                }
            }
            Event::Tuple(name) => {
                let (at, named) = match name {
                    "" => (at, false),
                    name => (self.enter(name, at), true),
                };
                let is_tuple = |node: &Node| matches!(node, Node::Tuple(_));
                self.expect(at, "a tuple", Node::Tuple(Vec::new()), is_tuple)?;
                self.open(at, Holds::Tuple, named)
            }
            Event::Struct(name) => {
                let at = self.enter(name, at);
                let is_struct = |node: &Node| matches!(node, Node::Struct(_));
                self.expect(at, "a struct", Node::Struct(Vec::new()), is_struct)?;
                self.open(at, Holds::Fields, true)
            }
            Event::Variant {
                name,
                index,
                variant,
                form,
            } => {
                let at = self.variant(at, name, index, variant, form)?;
                match form {
                    Form::Unit => {
                        self.open.pop();
                        self.complete(at)
                    }
                    _ => self.open(at, Holds::Variant(index), true),
                }
            }
            Event::Field(_) | Event::End => Ok(()),
        }
    }

    /// Where the value that comes next is to be recorded.
    fn planned(&mut self) -> Result<Id, Failure> {
        let Some(frame) = self.frames.last().copied() else {
            return Ok(0);
        };
        if self.frames.len() > MAX_VALUE_DEPTH {
            return Err(Failure::TooLarge);
        }
        // The parts of a tuple have no names to announce them.
        let has_parts = |parts: &Vec<Id>| parts.len() <= frame.met;
        if self.parts(frame).is_some_and(|parts| has_parts(parts)) {
            let part = self.fresh()?;
            self.parts(frame)
                .into_iter()
                .for_each(|parts| parts.push(part));
        }
        match self.place(frame) {
            Some(place) => Ok(*place),
            None => Err(self.differs(frame.at, "of another form")),
        }
    }

    /// What is recorded of the part of a frame that comes next.
    fn place(&mut self, frame: Frame) -> Option<&mut Id> {
        match (self.nodes.get_mut(frame.at)?, frame.holds) {
            (Node::Option(inner), Holds::Option) => Some(inner),
            (Node::Seq(element), Holds::Seq) => Some(element),
            (Node::Map(key, value), Holds::Map) => Some(if frame.met.is_multiple_of(2) {
                key
            } else {
                value
            }),
            (Node::Tuple(parts), Holds::Tuple) => parts.get_mut(frame.met),
            (Node::Struct(fields), Holds::Fields) => {
                fields.get_mut(frame.met).map(|(_, part)| part)
            }
            (Node::Enum(variants), Holds::Variant(index)) => match content_of(variants, index)? {
                Content::Unit => None,
                Content::Newtype(inner) => Some(inner),
                Content::Tuple(parts) => parts.get_mut(frame.met),
                Content::Struct(fields) => fields.get_mut(frame.met).map(|(_, part)| part),
            },
            _ => None,
        }
    }

    fn parts(&mut self, frame: Frame) -> Option<&mut Vec<Id>> {
        match (self.nodes.get_mut(frame.at)?, frame.holds) {
            (Node::Tuple(parts), Holds::Tuple) => Some(parts),
            (Node::Enum(variants), Holds::Variant(index)) => match content_of(variants, index)? {
                Content::Tuple(parts) => Some(parts),
                _ => None,
            },
            _ => None,
        }
    }

    fn fields(&mut self, frame: Frame) -> Option<&mut Vec<(Name, Id)>> {
        match (self.nodes.get_mut(frame.at)?, frame.holds) {
            (Node::Struct(fields), Holds::Fields) => Some(fields),
            (Node::Enum(variants), Holds::Variant(index)) => match content_of(variants, index)? {
                Content::Struct(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    fn field(&mut self, name: &'static str) -> Result<(), Failure> {
        let Some(frame) = self.frames.last().copied() else {
            return Ok(());
        };
        let known = match self.fields(frame).map(|fields| fields.get(frame.met)) {
            Some(Some((known, _))) => known.is(name),
            Some(None) => {
                let part = self.fresh()?;
                let field = (Name::recorded(name), part);
                self.fields(frame)
                    .into_iter()
                    .for_each(|fields| fields.push(field.clone()));
                true
            }
            None => false,
        };
        match known {
            true => Ok(()),
            false => Err(self.differs(frame.at, "of another form")),
        }
    }

    /// A value was recorded at `actual`, and with it those around it that hold nothing else.
    fn complete(&mut self, mut actual: Id) -> Result<(), Failure> {
        while let Some(frame) = self.frames.last().copied() {
            let Some(planned) = self.place(frame).copied() else {
                return Err(self.differs(frame.at, "of another form"));
            };
            self.settle(planned, actual)?;
            self.place(frame)
                .into_iter()
                .for_each(|place| *place = actual);
            let is_whole = match frame.holds {
                Holds::Option => true,
                Holds::Variant(_) => self.parts(frame).is_none() && self.fields(frame).is_none(),
                _ => false,
            };
            if !is_whole {
                if let Some(frame) = self.frames.last_mut() {
                    frame.met += 1;
                }
                return Ok(());
            }
            self.leave(frame);
            actual = frame.at;
        }
        self.settle(0, actual)
    }

    fn end(&mut self) -> Result<(), Failure> {
        let Some(frame) = self.frames.last().copied() else {
            return Ok(());
        };
        let known = match self.fields(frame).map(|fields| fields.len()) {
            Some(fields) => Some(fields),
            None => self.parts(frame).map(|parts| parts.len()),
        };
        if known.is_some_and(|known| known != frame.met) {
            return Err(self.differs(frame.at, "of another form"));
        }
        self.leave(frame);
        self.complete(frame.at)
    }

    fn open(&mut self, at: Id, holds: Holds, named: bool) -> Result<(), Failure> {
        self.frames.push(Frame {
            at,
            holds,
            met: 0,
            named,
        });
        Ok(())
    }

    fn leave(&mut self, frame: Frame) {
        self.frames.pop();
        if frame.named {
            self.open.pop();
        }
    }

    /// The node of the enum, with the variant, which is added if it is not known.
    fn variant(
        &mut self,
        at: Id,
        name: &'static str,
        index: u32,
        variant: &'static str,
        form: Form,
    ) -> Result<Id, Failure> {
        let at = self.enter(name, at);
        let is_enum = |node: &Node| matches!(node, Node::Enum(_));
        self.expect(at, "an enum", Node::Enum(Vec::new()), is_enum)?;
        let known = match self.node(at) {
            Node::Enum(variants) => variants.iter().find(|known| known.index == index),
            _ => None,
        };
        let Some(known) = known else {
            let content = match form {
                Form::Unit => Content::Unit,
                Form::Newtype => Content::Newtype(self.fresh()?),
                Form::Tuple => Content::Tuple(Vec::new()),
                Form::Struct => Content::Struct(Vec::new()),
            };
            if let Some(Node::Enum(variants)) = self.nodes.get_mut(at) {
                let place = variants.partition_point(|known| known.index < index);
                let name = Name::recorded(variant);
                variants.insert(
                    place,
                    Variant {
                        index,
                        name,
                        content,
                    },
                );
            }
            return Ok(at);
        };
        if !known.name.is(variant) {
            return Err(self.differs(at, "an enum with its variants renamed"));
        }
        match (&known.content, form) {
            (Content::Unit, Form::Unit)
            | (Content::Newtype(_), Form::Newtype)
            | (Content::Tuple(_), Form::Tuple)
            | (Content::Struct(_), Form::Struct) => Ok(at),
            _ => Err(self.differs(at, "of another form")),
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

    /// The node `at` is to be this one if nothing is known of it, or one that fits.
    fn expect(
        &mut self,
        at: Id,
        now: &'static str,
        new: Node,
        fits: impl FnOnce(&Node) -> bool,
    ) -> Result<(), Failure> {
        match self.node(at) {
            Node::Unknown => {
                self.set(at, new);
                Ok(())
            }
            node if fits(node) => Ok(()),
            _ => Err(self.differs(at, now)),
        }
    }

    /// A part was to be recorded at `planned` and was recorded at `actual`: what was known at the
    /// planned place must be nothing, if they differ.
    fn settle(&self, planned: Id, actual: Id) -> Result<(), Failure> {
        match self.node(planned) {
            _ if planned == actual => Ok(()),
            Node::Unknown => Ok(()),
            _ => Err(self.differs(planned, "a value of the type around it")),
        }
    }

    fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Unknown)
    }

    fn set(&mut self, id: Id, node: Node) {
        if let Some(place) = self.nodes.get_mut(id) {
            *place = node;
        }
    }

    fn fresh(&mut self) -> Result<Id, Failure> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Failure::TooLarge);
        }
        self.nodes.push(Node::Unknown);
        Ok(self.nodes.len() - 1)
    }

    fn differs(&self, at: Id, now: &'static str) -> Failure {
        Failure::Differs {
            before: self.node(at).text(),
            now,
        }
    }
}

fn content_of(variants: &mut [Variant], index: u32) -> Option<&mut Content> {
    let variant = variants.iter_mut().find(|variant| variant.index == index);
    variant.map(|variant| &mut variant.content)
}
