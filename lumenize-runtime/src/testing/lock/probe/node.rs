//! What is known of a type so far, and what there is still to find out.

use super::Name;
use crate::codec::Scalar;

/// The place of a node.
pub(in super::super) type Id = usize;

/// A part of a type.
#[derive(Default)]
pub(in super::super) struct Node {
    pub(in super::super) name: Option<Name>,
    pub(in super::super) form: Form,
}

/// What a part is.
#[derive(Default)]
pub(in super::super) enum Form {
    /// It was not met, so nothing is known.
    #[default]
    New,
    /// The type at another place.
    Same(Id),
    /// Asks to be told what it is.
    Any,
    Scalar(Given),
    Option(Choice<2>, Id),
    Seq(Choice<2>, Id),
    Map(Choice<2>, Id, Id),
    Tuple(Vec<Id>),
    Struct(Fields),
    Enum(Enum),
}

/// Which alternatives were tried: nothing inside first, then something.
pub(in super::super) type Choice<const N: usize> = [bool; N];

/// A value without parts.
pub(in super::super) struct Given {
    pub(in super::super) scalar: Scalar,
    /// Which of the candidates is given.
    pub(super) candidate: usize,
    /// Whether it has been taken.
    pub(super) is_taken: bool,
    /// Whether none is taken.
    pub(super) is_refused: bool,
    /// Whether a list is taken in place of it, if that was asked.
    pub(in super::super) reads_list: Option<bool>,
}

/// The fields of a struct or of a variant.
pub(in super::super) struct Fields {
    pub(in super::super) fields: Vec<Field>,
    pub(super) asked: Asked,
    pub(in super::super) denies_unknown: bool,
}

/// What was asked about fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Asked {
    Nothing,
    Required,
    Unknown,
}

/// A field.
pub(in super::super) struct Field {
    pub(in super::super) name: &'static str,
    pub(in super::super) aliases: Vec<&'static str>,
    pub(in super::super) part: Id,
    /// Whether it must be there, if that is known.
    pub(in super::super) is_required: Option<bool>,
    /// Whether it was refused when it was last given.
    pub(super) fails: bool,
    /// Whether it is given before all others, so that its aliases are told by what refuses them.
    pub(super) is_first: bool,
}

/// The variants of an enum.
pub(in super::super) struct Enum {
    pub(in super::super) variants: Vec<Variant>,
    /// Whether a variant takes all names that are not known, if that was asked.
    pub(in super::super) takes_others: Option<bool>,
}

/// A variant, under one of its names.
pub(in super::super) struct Variant {
    pub(in super::super) name: &'static str,
    pub(in super::super) content: Content,
    pub(super) is_tried: bool,
    pub(super) fails: bool,
    /// Whether a whole value was read that has it.
    pub(in super::super) is_read: bool,
}

/// What a variant holds.
pub(in super::super) enum Content {
    New,
    Unit,
    Newtype(Id),
    Tuple(Vec<Id>),
    Struct(Fields),
}

impl Given {
    pub(super) fn new(scalar: Scalar) -> Self {
        Self {
            scalar,
            candidate: 0,
            is_taken: false,
            is_refused: false,
            reads_list: None,
        }
    }
}

impl Fields {
    fn parts(&self, visit: &mut dyn FnMut(Id)) {
        self.fields.iter().for_each(|field| visit(field.part));
    }
}

impl Content {
    pub(super) fn parts(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Content::New | Content::Unit => {}
            Content::Newtype(part) => visit(*part),
            Content::Tuple(parts) => parts.iter().for_each(|part| visit(*part)),
            Content::Struct(fields) => fields.parts(visit),
        }
    }

    /// Whether there is something to find out, what is in its parts aside.
    pub(super) fn is_open(&self, asks: bool) -> bool {
        match self {
            Content::New => true,
            Content::Struct(fields) => asks && fields.asked != Asked::Unknown,
            Content::Unit | Content::Newtype(_) | Content::Tuple(_) => false,
        }
    }
}

impl Form {
    /// Visits the parts of it.
    pub(super) fn parts(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Form::New | Form::Any | Form::Scalar(_) => {}
            Form::Same(part) | Form::Option(_, part) | Form::Seq(_, part) => visit(*part),
            Form::Map(_, key, value) => {
                visit(*key);
                visit(*value);
            }
            Form::Tuple(parts) => parts.iter().for_each(|part| visit(*part)),
            Form::Struct(fields) => fields.parts(visit),
            Form::Enum(known) => {
                let variants = known.variants.iter();
                variants.for_each(|variant| variant.content.parts(visit));
            }
        }
    }

    /// Whether there is something to find out, what is in its parts aside.
    pub(super) fn is_open(&self, asks: bool) -> bool {
        match self {
            Form::New => true,
            Form::Same(_) | Form::Any | Form::Tuple(_) => false,
            Form::Scalar(given) => {
                let is_bytes = given.scalar == Scalar::Bytes;
                let has_question = asks && is_bytes && given.reads_list.is_none();
                !given.is_refused && (!given.is_taken || has_question)
            }
            Form::Option(tried, _) | Form::Seq(tried, _) | Form::Map(tried, ..) => {
                tried.contains(&false)
            }
            Form::Struct(fields) => asks && fields.asked != Asked::Unknown,
            Form::Enum(known) => {
                let mut variants = known.variants.iter();
                let has_question = asks && known.takes_others.is_none();
                has_question
                    || variants.any(|variant| !variant.is_tried || variant.content.is_open(asks))
            }
        }
    }
}
