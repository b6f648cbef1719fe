//! What is known of the tables without asking them: only this store writes them, so what it wrote, or has
//! read once, is there. A rollback, of a savepoint too, forgets all of it.

use super::queue::{Item, Kind};
use std::collections::VecDeque;
use uuid::Uuid;

/// So many places of the queue are read at once.
pub(super) const FRONT: usize = 8;
/// So many are known at the most.
const LONGEST_FRONT: usize = 64;

/// The calls whose rows are known: those that were stored last, as most of them have ended soon.
const CALLS: usize = 32;
/// One with more bytes is read from its row.
const LARGEST_CALL: usize = 8 << 10;

#[derive(Default)]
pub(super) struct Known {
    /// The floor of the calls.
    pub(super) floor: Option<i64>,
    /// Whether there are triggers or virtual tables.
    pub(super) side_effects: Option<bool>,
    pub(super) front: Front,
    calls: VecDeque<Item>,
}

impl Known {
    /// An item was added to the queue.
    pub(super) fn added(&mut self, item: &Item) {
        self.front.enters((item.due, item.id));
        if item.kind == Kind::Call as i64 && item.program.len() <= LARGEST_CALL {
            self.calls.truncate(CALLS - 1);
            self.calls.push_front(item.clone());
        }
    }

    /// An item of the queue was changed, and is due at this time, if that was changed.
    pub(super) fn changed(&mut self, id: Uuid, due: Option<i64>) {
        self.calls.retain(|call| call.id != id);
        if let Some(due) = due {
            self.front.moves((due, id));
        }
    }

    /// An item left the queue.
    pub(super) fn left(&mut self, id: Uuid) {
        self.calls.retain(|call| call.id != id);
        self.front.leaves(id);
    }

    /// Any item of the queue may have been changed.
    pub(super) fn changed_many(&mut self) {
        self.calls.clear();
        self.front = Front::default();
    }

    /// The row of a call. It is asked for once.
    pub(super) fn take_call(&mut self, id: Uuid) -> Option<Item> {
        let place = self.calls.iter().position(|call| call.id == id)?;
        self.calls.remove(place)
    }
}

/// The first places of the queue, in the order of (due, id).
#[derive(Default)]
pub(super) struct Front {
    places: Vec<(i64, Uuid)>,
    /// Whether there is nothing behind them. If there are none and it is not known, nothing is.
    all: bool,
}

impl Front {
    /// As it was read.
    pub(super) fn of(places: Vec<(i64, Uuid)>, all: bool) -> Self {
        Self { places, all }
    }

    /// When the first item is due, if that is known.
    pub(super) fn first(&self) -> Option<Option<i64>> {
        match self.places.first() {
            Some((due, _)) => Some(Some(*due)),
            None => self.all.then_some(None),
        }
    }

    fn enters(&mut self, place: (i64, Uuid)) {
        if !self.all && self.places.last().is_none_or(|last| place > *last) {
            return;
        }
        if let Err(at) = self.places.binary_search(&place) {
            self.places.insert(at, place);
        }
        if self.places.len() > LONGEST_FRONT {
            self.places.truncate(LONGEST_FRONT);
            self.all = false;
        }
    }

    fn moves(&mut self, place: (i64, Uuid)) {
        match self.places.iter().position(|(_, id)| *id == place.1) {
            Some(at) => {
                self.places.remove(at);
                self.enters(place);
            }
            // It is not known whether there is such an item.
            None => *self = Self::default(),
        }
    }

    fn leaves(&mut self, id: Uuid) {
        self.places.retain(|(_, known)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    /// Against the whole queue, in an order that no clock has.
    #[test]
    fn the_front_is_that_of_the_queue_or_unknown() {
        let mut random = 7_u64;
        let mut draw = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % below
        };
        let mut queue: Vec<(i64, Uuid)> = Vec::new();
        let mut front = Front::default();
        let (mut known, mut next) = (0, 0);
        for _ in 0..100_000 {
            let some = queue.get(draw(queue.len().max(1) as u64) as usize).copied();
            match (draw(7), some) {
                (0..=2, _) => {
                    next += 1;
                    let place = (draw(50) as i64, id(next));
                    queue.push(place);
                    front.enters(place);
                }
                (3 | 4, Some((_, gone))) => {
                    queue.retain(|(_, id)| *id != gone);
                    front.leaves(gone);
                }
                (5, Some((_, moved))) => {
                    let due = draw(50) as i64;
                    queue.retain(|(_, id)| *id != moved);
                    queue.push((due, moved));
                    front.moves((due, moved));
                }
                (5, None) => front.moves((0, id(u128::MAX))),
                _ => {}
            }
            queue.sort_unstable();
            let first = queue.first().map(|(due, _)| *due);
            match front.first() {
                Some(said) => {
                    assert_eq!(said, first);
                    known += 1;
                }
                None if draw(2) == 0 => {
                    let places = queue.iter().take(FRONT).copied().collect();
                    front = Front::of(places, queue.len() < FRONT);
                    assert_eq!(front.first(), Some(first));
                }
                None => {}
            }
            if draw(100) == 0 {
                queue.clear();
                front = Front::default();
            }
        }
        assert!(known > 30_000, "{known}");
    }

    #[test]
    fn what_is_moved_and_is_not_known_to_be_there_is_not_taken_for_the_first() {
        let mut front = Front::of(vec![(5, id(1))], true);
        front.moves((1, id(2)));
        assert_eq!(front.first(), None);
    }

    #[test]
    fn the_row_of_a_call_is_known_until_it_changes_and_taken_once() {
        let call = |number| Item {
            id: id(number),
            due: 1,
            kind: Kind::Call as i64,
            scheduled: 1,
            attempts: 1,
            program: vec![1],
            detail: vec![2],
            error: None,
        };
        let mut known = Known::default();
        for number in 0..2 * CALLS as u128 {
            known.added(&call(number));
        }
        let large = Item {
            program: vec![0; LARGEST_CALL + 1],
            ..call(1_000)
        };
        known.added(&large);
        known.added(&Item {
            kind: Kind::Schedule as i64,
            ..call(1_001)
        });
        for number in [0, CALLS as u128 - 1, 1_000, 1_001] {
            assert!(known.take_call(id(number)).is_none(), "{number}");
        }
        let (first, last) = (id(CALLS as u128), id(2 * CALLS as u128 - 1));
        assert_eq!(known.take_call(first).map(|item| item.id), Some(first));
        assert!(known.take_call(first).is_none());
        known.changed(last, None);
        assert!(known.take_call(last).is_none());
    }
}
