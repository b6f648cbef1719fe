//! The parts of lists, tuples and maps.

use super::told::Told;
use super::value::Value;
use super::{Id, Probe};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

pub(super) struct Parts<'p, 'i> {
    probe: &'p mut Probe,
    rest: &'i [Id],
}

impl<'p, 'i> Parts<'p, 'i> {
    pub(super) fn new(probe: &'p mut Probe, rest: &'i [Id]) -> Self {
        Self { probe, rest }
    }

    fn read<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Told> {
        let Some((part, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        part_of(self.probe, *part, seed).map(Some)
    }
}

/// Reads what is inside of something.
pub(super) fn part_of<'de, S: DeserializeSeed<'de>>(
    probe: &mut Probe,
    part: Id,
    seed: S,
) -> Result<S::Value, Told> {
    let begun = probe.begin()?;
    let read = seed.deserialize(Value {
        probe: &mut *probe,
        at: part,
    });
    probe.ended(begun, read)
}

impl<'de> SeqAccess<'de> for Parts<'_, '_> {
    type Error = Told;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Told> {
        self.read(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entry of a map: its key, and its value.
pub(super) struct Entries<'p, 'i>(pub(super) Parts<'p, 'i>);

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Told;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Told> {
        self.0.read(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Told> {
        self.0.read(seed)?.ok_or(Told::Other)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.rest.len() / 2)
    }
}
