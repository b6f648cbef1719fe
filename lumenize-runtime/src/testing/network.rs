//! What travels between the objects of a world, and what becomes of it on the way.

use super::place::Key;
use crate::engine::ids::Random;
use crate::engine::{CallHeader, Delivered, Delivery};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// How long a message travels at least, and, when nothing delays it, at most; in milliseconds.
const SHORTEST_MS: u64 = 1;
const LONGEST_MS: u64 = 10;

/// A message under way.
#[derive(Clone, Debug)]
pub(super) enum Flight {
    /// An attempt at a call, from this object.
    Call {
        from: Key,
        call: CallHeader,
        program: Vec<u8>,
    },
    /// What became of one.
    Outcome {
        from: Key,
        delivery: Delivery,
    },
    Acknowledged {
        from: Key,
        call: Uuid,
    },
}

impl Flight {
    fn from(&self) -> &Key {
        match self {
            Flight::Call { from, .. }
            | Flight::Outcome { from, .. }
            | Flight::Acknowledged { from, .. } => from,
        }
    }
}

/// The network of a world.
#[derive(Default)]
pub(super) struct Network {
    /// By when they arrive, and in which order they were sent.
    flights: BTreeMap<(i64, u64), (Key, Flight)>,
    sent: u64,
    /// Of a hundred messages, how many are lost and how many arrive twice.
    pub(super) lost: u32,
    pub(super) repeated: u32,
    /// How much longer a message may travel, in milliseconds.
    pub(super) delay: u64,
    /// The objects that nothing reaches and that reach nothing.
    pub(super) cut_off: BTreeSet<Key>,
}

impl Network {
    /// Sends a message off. One that is lost is gone; of a call, the caller may hear of that, as by a
    /// broken connection, or not.
    pub(super) fn send(&mut self, now: i64, to: Key, flight: Flight, random: &mut Random) {
        let lost = (self.lost > 0 && random.below(100) < self.lost.into())
            || self.cut_off.contains(&to)
            || self.cut_off.contains(flight.from());
        if lost {
            let heard = random.below(2) == 0;
            if let (Flight::Call { from, call, .. }, true) = (flight, heard) {
                let delivery = Delivery {
                    call: call.id,
                    attempt: call.attempt,
                    outcome: Delivered::Lost {
                        reason: "the connection was lost".to_owned(),
                        overloaded: false,
                    },
                };
                let at = self.arrival(now, random);
                // The caller's own host tells it.
                let told = Flight::Outcome {
                    from: from.clone(),
                    delivery,
                };
                self.flights.insert(at, (from, told));
            }
            return;
        }
        if self.repeated > 0 && random.below(100) < self.repeated.into() {
            let at = self.arrival(now, random);
            self.flights.insert(at, (to.clone(), flight.clone()));
        }
        let at = self.arrival(now, random);
        self.flights.insert(at, (to, flight));
    }

    fn arrival(&mut self, now: i64, random: &mut Random) -> (i64, u64) {
        self.sent += 1;
        let travels = SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS + 1 + self.delay);
        (now.saturating_add(travels as i64), self.sent)
    }

    /// When the next message arrives.
    pub(super) fn next(&self) -> Option<i64> {
        self.flights.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes it, with those behind it that arrive at the same place in the same millisecond: when they
    /// arrive, where, and what they are.
    pub(super) fn take(&mut self) -> Option<(i64, Key, Vec<Flight>)> {
        let ((at, _), (to, first)) = self.flights.pop_first()?;
        let mut arriving = vec![first];
        while let Some(next) = self.flights.first_entry()
            && next.key().0 == at
            && next.get().0 == to
        {
            arriving.push(next.remove().1);
        }
        Some((at, to, arriving))
    }

    /// The clock was set by so much, and no message travels longer or shorter for it.
    pub(super) fn set_clock(&mut self, by: i64) {
        let flights = std::mem::take(&mut self.flights).into_iter();
        let moved = flights.map(|((at, sent), flight)| ((at.saturating_add(by), sent), flight));
        self.flights = moved.collect();
    }

    /// The process has died, and what it had sent to itself with it.
    pub(super) fn crash(&mut self) {
        self.flights.clear();
    }

    /// Everything arrives again, once and soon.
    pub(super) fn heal(&mut self) {
        self.lost = 0;
        self.repeated = 0;
        self.delay = 0;
        self.cut_off.clear();
    }
}

pub(super) fn delay(up_to: Duration) -> u64 {
    u64::try_from(up_to.as_millis()).unwrap_or(u64::MAX >> 1)
}
