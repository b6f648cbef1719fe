//! The parts of a value, as serde asks for them.
//!
//! There is one access for all that has parts, so that a visitor is compiled once for each type.

use super::super::{Id, Name, Node, Scalar};
use super::value::Value;
use super::{Input, Part, Unresolved};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// The parts that are still to come.
pub(super) enum Rest<'s> {
    Tuple(&'s [Id]),
    Fields(&'s [(Name, Id)]),
    /// Elements of a list, or of bytes.
    List(&'s Node, usize),
    Entries(Id, Id, usize),
}

/// A value's parts, in their order.
pub(super) struct Parts<'a, 's, 'de> {
    pub(super) input: &'a mut Input<'s, 'de>,
    rest: Rest<'s>,
    /// How many were taken.
    place: usize,
    /// The value of the key that was taken last, and that key, if it is the name of a field.
    value: Option<&'s Node>,
    name: &'s str,
    /// How many bytes were left when the part began that is being read, or was last. It ends where the next
    /// begins, or all of them end, and not where it is read: that is compiled for each type.
    begun: usize,
}

/// More bytes than there can be: no part has begun.
const NONE: usize = usize::MAX;

impl<'a, 's, 'de> Parts<'a, 's, 'de> {
    pub(super) fn new(input: &'a mut Input<'s, 'de>, rest: Rest<'s>) -> Self {
        input.depth += 1;
        Self {
            input,
            rest,
            place: 0,
            value: None,
            name: "",
            begun: NONE,
        }
    }

    /// Gives a visitor the parts as a sequence, all of which it must take.
    pub(super) fn visit_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        let value = visitor.visit_seq(&mut self)?;
        self.input.depth -= 1;
        self.all_taken()?;
        Ok(value)
    }

    /// Gives a visitor the parts as a map; fields that it doesn't take are passed over.
    pub(super) fn visit_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Unresolved> {
        let value = visitor.visit_map(&mut self)?;
        self.input.depth -= 1;
        self.pass_over_fields()?;
        Ok(value)
    }

    fn left(&self) -> usize {
        match self.rest {
            Rest::Tuple(parts) => parts.len(),
            Rest::Fields(fields) => fields.len(),
            Rest::List(_, left) | Rest::Entries(_, _, left) => left,
        }
    }

    /// Ends the part that was read last.
    #[inline(never)]
    fn settle(&mut self) -> Result<(), Unresolved> {
        self.input.ended(std::mem::replace(&mut self.begun, NONE))
    }

    fn all_taken(&mut self) -> Result<(), Unresolved> {
        self.settle()?;
        match self.left() {
            0 => Ok(()),
            left => Err(Unresolved::new(format!(
                "{} values were stored, {} are taken",
                self.place + left,
                self.place
            ))),
        }
    }

    /// What the reader did not ask for is there all the same.
    fn pass_over_fields(&mut self) -> Result<(), Unresolved> {
        self.settle()?;
        if let Some(value) = self.value.take() {
            self.input.skip(value)?;
        }
        let Rest::Fields(fields) = self.rest else {
            return self.all_taken();
        };
        self.input.skip_fields(fields)
    }

    /// Goes on to the next element.
    #[inline]
    fn element(&mut self) -> Result<Option<&'s Node>, Unresolved> {
        // Nothing is called here for each element of a list.
        self.input.ended(std::mem::replace(&mut self.begun, NONE))?;
        let node = match &mut self.rest {
            Rest::List(_, 0) => return Ok(None),
            Rest::List(element, left) => {
                *left -= 1;
                element
            }
            Rest::Tuple(parts) => match parts.split_first() {
                Some((part, rest)) => {
                    *parts = rest;
                    self.input.shape.node(*part)
                }
                None => return Ok(None),
            },
            Rest::Fields(_) | Rest::Entries(..) => {
                return Err(Unresolved::told("named parts were asked for by position"));
            }
        };
        self.place += 1;
        self.begun = self.input.begin()?;
        Ok(Some(node))
    }

    /// Goes on to the next key. A field's name is read as if it were stored.
    fn key(&mut self) -> Result<Option<&'s Node>, Unresolved> {
        const NAME: &Node = &Node::Scalar(Scalar::Str);
        self.settle()?;
        match &mut self.rest {
            Rest::Fields(fields) => {
                let Some(((name, id), rest)) = fields.split_first() else {
                    return Ok(None);
                };
                *fields = rest;
                // The name of a field is no part, and none begins.
                self.name = name;
                self.value = Some(self.input.shape.node(*id));
                self.input.name = Some(name);
                Ok(Some(NAME))
            }
            Rest::Entries(_, _, 0) | Rest::Tuple(_) | Rest::List(..) => Ok(None),
            Rest::Entries(key, value, left) => {
                *left -= 1;
                self.name = "a value";
                self.value = Some(self.input.shape.node(*value));
                self.begun = self.input.begin()?;
                Ok(Some(self.input.shape.node(*key)))
            }
        }
    }

    fn value(&mut self) -> Result<&'s Node, Unresolved> {
        self.settle()?;
        let Some(node) = self.value.take() else {
            return Err(Unresolved::told("a value was asked for before its key"));
        };
        self.begun = self.input.begin()?;
        Ok(node)
    }

    #[cold]
    #[inline(never)]
    fn failed(&self, error: Unresolved) -> Unresolved {
        error.within(Part::Name(self.name))
    }

    /// How much room there is to be for what comes.
    fn room(&self) -> Option<usize> {
        let left = match self.rest {
            Rest::List(_, left) | Rest::Entries(_, _, left) => left,
            // Of a shape that lies as well: it is read from bytes, too.
            _ => self.left(),
        };
        Some(self.input.room(left))
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, '_, 'de> {
    type Error = Unresolved;

    // Not inlined: it is compiled for each type of element, and not for each place where one is.
    #[inline(never)]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(node) = self.element()? else {
            return Ok(None);
        };
        let input = &mut *self.input;
        match seed.deserialize(Value { input, node }) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error.within(Part::Place(self.place - 1))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.room()
    }
}

impl<'de> MapAccess<'de> for Parts<'_, '_, 'de> {
    type Error = Unresolved;

    #[inline(never)]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unresolved> {
        let Some(node) = self.key()? else {
            return Ok(None);
        };
        let input = &mut *self.input;
        match seed.deserialize(Value { input, node }) {
            Ok(key) => Ok(Some(key)),
            Err(error) => Err(error.within(Part::Name("a key"))),
        }
    }

    #[inline(never)]
    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unresolved> {
        let node = self.value()?;
        let input = &mut *self.input;
        match seed.deserialize(Value { input, node }) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.room()
    }
}
