//! Which values need not be read back any more: those of a type and trail (see `strict`) of which
//! one has been read back before, by this thread. What is forgotten is read back again.

use super::{CodecError, decode};
use serde::de::DeserializeOwned;
use std::cell::Cell;

/// A power of two; 16 bytes each.
const PLACES: usize = 256;

thread_local! {
    static PROVEN: [Cell<(usize, u64)>; PLACES] = const { [const { Cell::new((0, 0)) }; PLACES] };
}

pub(super) fn contains<T: DeserializeOwned>(trail: u64) -> bool {
    PROVEN.with(|places| place(places, trail).is_some_and(|place| place.get() == key::<T>(trail)))
}

pub(super) fn insert<T: DeserializeOwned>(trail: u64) {
    PROVEN.with(|places| {
        if let Some(place) = place(places, trail) {
            place.set(key::<T>(trail));
        }
    });
}

fn place(places: &[Cell<(usize, u64)>; PLACES], trail: u64) -> Option<&Cell<(usize, u64)>> {
    places.get(trail as usize % PLACES)
}

/// A type is told by the address of the code that reads it: where two types share it, what is
/// proven for one is proven for the other.
fn key<T: DeserializeOwned>(trail: u64) -> (usize, u64) {
    let reads: fn(&[u8]) -> Result<T, CodecError> = decode::<T>;
    (reads as usize, trail)
}
