//! Ids: UUID version 7 (RFC 9562) made from the turn's time and entropy, strictly increasing within
//! an object whatever the clock does: each is greater than all since the object was loaded, and than
//! those of all work that is pending or set aside. So work that is due at one time keeps the order of
//! scheduling, and no id costs a write of its own.

use uuid::{Builder, Uuid};

const TIME_BITS: u32 = 48;
const RANDOM_BITS: u32 = 74;
/// The part of them that stands behind the variant.
const LOW_BITS: u32 = 62;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ids {
    /// Timestamp and random part of the last id.
    last: (i64, u128),
}

impl Ids {
    /// Goes on from an id that was given out before.
    pub(crate) fn resume(&mut self, newest: Uuid) {
        let bits = newest.as_u128();
        let time = (bits >> (128 - TIME_BITS)) as i64;
        let high = (bits >> 64) & ((1 << (RANDOM_BITS - LOW_BITS)) - 1);
        let low = bits & ((1 << LOW_BITS) - 1);
        self.last = self.last.max((time, (high << LOW_BITS) | low));
    }

    /// The next id.
    pub(crate) fn next(&mut self, now: i64, random: &mut Random) -> Uuid {
        let now = now.clamp(0, (1 << TIME_BITS) - 1);
        let (time, part) = self.last;
        let mask = (1_u128 << RANDOM_BITS) - 1;
        self.last = if now > time {
            (now, random.next_u128() & mask)
        } else {
            match part + 1 + (random.next_u128() & 0xffff_ffff) {
                part if part <= mask => (time, part),
                _ => (time + 1, random.next_u128() & mask),
            }
        };
        let (time, part) = self.last;
        // The builder writes its six bits of version and variant over these gaps.
        let high = ((part >> LOW_BITS) as u16).to_be_bytes();
        let low = ((part & ((1 << LOW_BITS) - 1)) as u64).to_be_bytes();
        let mut bytes = [0; 10];
        for (byte, from) in bytes.iter_mut().zip(high.into_iter().chain(low)) {
            *byte = from;
        }
        Builder::from_unix_timestamp_millis(time as u64, &bytes).into_uuid()
    }
}

/// SplitMix64 (Steele, Lea, Flood, 2014), seeded by the host for each turn: for ids and jitter, not
/// for secrets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Random {
    state: [u64; 2],
}

impl Random {
    pub(crate) fn seeded(entropy: u128) -> Self {
        Self {
            state: [entropy as u64, (entropy >> 64) as u64],
        }
    }

    pub(crate) fn next_u128(&mut self) -> u128 {
        // Two streams, one for each half of the seed, so that none of its bits are lost.
        let [low, high] = self.state.each_mut().map(split_mix);
        (u128::from(high) << 64) | u128::from(low)
    }

    /// Below `bound`, or 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (((self.next_u128() >> 64) * u128::from(bound)) >> 64) as u64
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_only_grow_whatever_the_clock_does_and_across_restarts() {
        let mut random = Random::seeded(1);
        let mut last = Uuid::nil();
        for restart in 0..50 {
            let mut ids = Ids::default();
            ids.resume(last);
            for step in 0..200_i64 {
                let now = match (restart + step) % 5 {
                    0 => 1_000_000 + step,
                    1 => 5,
                    2 => -7,
                    3 => 2_000_000 + 100 * step,
                    _ => 1_500_000,
                };
                let id = ids.next(now, &mut random);
                assert!(id > last, "{restart} {step}");
                assert_eq!(id.get_version_num(), 7);
                last = id;
            }
        }
    }

    #[test]
    fn ids_go_on_from_the_newest_to_the_bit() {
        let newest = Uuid::from_u128(0x0123_4567_89ab_7cde_bfff_ffff_0000_0000);
        let mut ids = Ids::default();
        ids.resume(newest);
        let next = ids.next(0, &mut Random::seeded(1));
        let step = next.as_u128() - newest.as_u128();
        assert!((1..=1 << 32).contains(&step), "{next}");
        // An older one changes nothing.
        ids.resume(Uuid::nil());
        assert!(ids.next(0, &mut Random::seeded(1)) > next);
    }

    #[test]
    fn a_draw_below_a_bound_is_below_it() {
        let mut random = Random::seeded(7);
        assert_eq!(random.below(0), 0);
        let draws: Vec<u64> = (0..1000).map(|_| random.below(10)).collect();
        assert!((0..10).all(|value| draws.contains(&value)));
        assert!(draws.iter().all(|draw| *draw < 10));
    }
}
