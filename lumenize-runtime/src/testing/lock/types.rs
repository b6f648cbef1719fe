//! Types as they are locked: what is stored of their values, as a shape has it, and beside that what types
//! are called and what they take.

use crate::codec::Scalar;
use std::collections::HashSet;

/// The place of a type.
pub(super) type Id = usize;

/// Types, and the types of their parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Types(Vec<Type>);

#[derive(Clone, Debug)]
pub(super) struct Type {
    /// What people call it.
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It can't be found out.
    Unknown,
    /// What was seen of it, for it can't be found out: there may be more to it.
    Seen(Id),
    Scalar(Scalar),
    /// Bytes, in place of which a list of them may have been stored.
    BytesOrList,
    Option(Id),
    List(Id),
    Map(Id, Id),
    Tuple(Vec<Id>),
    Struct(Fields),
    Enum(Enum),
}

/// The fields of a struct or a variant, in the order in which they are stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) fields: Vec<Field>,
    /// Whether no others are taken.
    pub(super) is_strict: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The name under which it is stored.
    pub(super) name: String,
    /// The names under which it is read.
    pub(super) reads: Vec<String>,
    /// Whether it is stored, not only read.
    pub(super) is_stored: bool,
    /// Whether it must be there, if that is known.
    pub(super) is_required: Option<bool>,
    pub(super) part: Id,
}

#[derive(Clone, Debug)]
pub(super) struct Enum {
    pub(super) variants: Vec<Variant>,
    /// Whether a variant takes all names that are not known.
    pub(super) takes_others: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) name: String,
    /// Whether it is stored, not only read, as another's former name.
    pub(super) is_stored: bool,
    /// Whether it is read under this name, as it is unless `rename` says one name for each way.
    pub(super) is_read: bool,
    pub(super) content: Content,
}

/// What a variant holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// It can't be found out.
    Unknown,
    Unit,
    Newtype(Id),
    Tuple(Vec<Id>),
    Struct(Fields),
}

const UNKNOWN: &Type = &Type {
    name: None,
    kind: Kind::Unknown,
};

impl Types {
    pub(super) fn get(&self, id: Id) -> &Type {
        self.0.get(id).unwrap_or(UNKNOWN)
    }

    pub(super) fn kind(&self, id: Id) -> &Kind {
        &self.get(id).kind
    }

    /// A place for a type that is not known yet.
    pub(super) fn add(&mut self) -> Id {
        self.0.push(UNKNOWN.clone());
        self.0.len() - 1
    }

    pub(super) fn set(&mut self, id: Id, name: Option<String>, kind: Kind) {
        if let Some(place) = self.0.get_mut(id) {
            *place = Type { name, kind };
        }
    }

    /// Whether a type is the same as another, what they take aside that is not stored.
    pub(super) fn same(&self, id: Id, others: &Types, other: Id) -> bool {
        self.all_same(vec![(id, other)], others)
    }

    fn all_same(&self, mut open: Open, others: &Types) -> bool {
        let mut met = HashSet::new();
        while let Some((id, other)) = open.pop() {
            if met.insert((id, other)) && !self.kind(id).same(others.kind(other), &mut open) {
                return false;
            }
        }
        true
    }
}

impl Enum {
    /// Whether all that is stored are variants without content, which are read as texts, too.
    pub(super) fn are_texts(&self) -> bool {
        let mut stored = self.variants.iter().filter(|variant| variant.is_stored);
        stored.all(|variant| matches!(variant.content, Content::Unit))
    }
}

impl Fields {
    pub(super) fn stored(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_stored)
    }

    fn parts(&self, visit: &mut dyn FnMut(Id)) {
        self.stored().for_each(|field| visit(field.part));
    }

    fn parts_mut(&mut self, visit: &mut dyn FnMut(&mut Id)) {
        let fields = self.fields.iter_mut();
        fields.for_each(|field| visit(&mut field.part));
    }
}

/// Pairs of types, each the same if those are that are then open.
type Open = Vec<(Id, Id)>;

impl Fields {
    fn same(&self, other: &Self, open: &mut Open) -> bool {
        let mut pairs = self.stored().zip(other.stored());
        self.is_strict == other.is_strict
            && self.stored().count() == other.stored().count()
            && pairs.all(|(field, other)| {
                open.push((field.part, other.part));
                field.name == other.name
                    && field.aliases().eq(other.aliases())
                    && field.is_required == other.is_required
            })
    }
}

impl Field {
    /// Its other names.
    pub(super) fn aliases(&self) -> impl Iterator<Item = &String> {
        self.reads.iter().filter(|name| **name != self.name)
    }
}

impl Content {
    /// Whether the content of one type's variant is the same as that of another's.
    pub(super) fn same_in(&self, types: &Types, other: &Self, others: &Types) -> bool {
        let mut open = Vec::new();
        self.same(other, &mut open) && types.all_same(open, others)
    }

    /// What people call it.
    pub(super) fn text(&self) -> &'static str {
        match self {
            Content::Unknown => "something",
            Content::Unit => "nothing",
            Content::Newtype(_) => "one value",
            Content::Tuple(_) => "a tuple",
            Content::Struct(_) => "named fields",
        }
    }

    fn same(&self, other: &Self, open: &mut Open) -> bool {
        match (self, other) {
            (Content::Unknown, Content::Unknown) | (Content::Unit, Content::Unit) => true,
            (Content::Newtype(part), Content::Newtype(other)) => {
                open.push((*part, *other));
                true
            }
            (Content::Tuple(parts), Content::Tuple(others)) => same_parts(parts, others, open),
            (Content::Struct(fields), Content::Struct(others)) => fields.same(others, open),
            _ => false,
        }
    }

    pub(super) fn parts(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Content::Unknown | Content::Unit => {}
            Content::Newtype(part) => visit(*part),
            Content::Tuple(parts) => parts.iter().for_each(|part| visit(*part)),
            Content::Struct(fields) => fields.parts(visit),
        }
    }
}

fn same_parts(parts: &[Id], others: &[Id], open: &mut Open) -> bool {
    open.extend(parts.iter().copied().zip(others.iter().copied()));
    parts.len() == others.len()
}

impl Kind {
    fn same(&self, other: &Self, open: &mut Open) -> bool {
        const BYTES: Scalar = Scalar::Bytes;
        match (self, other) {
            (Kind::Unknown, Kind::Unknown) => true,
            (Kind::Scalar(scalar), Kind::Scalar(other)) => scalar == other,
            (Kind::BytesOrList | Kind::Scalar(BYTES), Kind::BytesOrList | Kind::Scalar(BYTES)) => {
                true
            }
            (Kind::Seen(part), Kind::Seen(other))
            | (Kind::Option(part), Kind::Option(other))
            | (Kind::List(part), Kind::List(other)) => {
                open.push((*part, *other));
                true
            }
            (Kind::Map(key, value), Kind::Map(other_key, other_value)) => {
                open.extend([(*key, *other_key), (*value, *other_value)]);
                true
            }
            (Kind::Tuple(parts), Kind::Tuple(others)) => same_parts(parts, others, open),
            (Kind::Struct(fields), Kind::Struct(others)) => fields.same(others, open),
            (Kind::Enum(known), Kind::Enum(other)) => {
                let mut pairs = known.variants.iter().zip(&other.variants);
                known.takes_others == other.takes_others
                    && known.variants.len() == other.variants.len()
                    && pairs.all(|(variant, other)| {
                        variant.name == other.name
                            && variant.is_stored == other.is_stored
                            && variant.content.same(&other.content, open)
                    })
            }
            _ => false,
        }
    }

    /// Visits the parts of it, as far as they are stored.
    pub(super) fn parts(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Kind::Unknown | Kind::Scalar(_) | Kind::BytesOrList => {}
            Kind::Seen(part) | Kind::Option(part) | Kind::List(part) => visit(*part),
            Kind::Map(key, value) => {
                visit(*key);
                visit(*value);
            }
            Kind::Tuple(parts) => parts.iter().for_each(|part| visit(*part)),
            Kind::Struct(fields) => fields.parts(visit),
            Kind::Enum(known) => {
                let variants = known.variants.iter();
                variants.for_each(|variant| variant.content.parts(visit));
            }
        }
    }

    /// As `parts`, of all, to change where they are.
    pub(super) fn parts_mut(&mut self, visit: &mut dyn FnMut(&mut Id)) {
        match self {
            Kind::Unknown | Kind::Scalar(_) | Kind::BytesOrList => {}
            Kind::Seen(part) | Kind::Option(part) | Kind::List(part) => visit(part),
            Kind::Map(key, value) => {
                visit(key);
                visit(value);
            }
            Kind::Tuple(parts) => parts.iter_mut().for_each(visit),
            Kind::Struct(fields) => fields.parts_mut(visit),
            Kind::Enum(known) => {
                for variant in &mut known.variants {
                    match &mut variant.content {
                        Content::Unknown | Content::Unit => {}
                        Content::Newtype(part) => visit(part),
                        Content::Tuple(parts) => parts.iter_mut().for_each(&mut *visit),
                        Content::Struct(fields) => fields.parts_mut(visit),
                    }
                }
            }
        }
    }
}
