//! When a failed item is tried again.

use super::ids::Random;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a failing handler is tried, and how long between.
///
/// The delay before attempt _n_ + 1 is drawn between 0 and `initial · 2^(n-1)`, at most `max`
/// ("full jitter", from Brooker, _Exponential Backoff And Jitter_), unless jitter is off. By
/// default there are 5 attempts, from 1 s up to 5 min.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    attempts: u32,
    initial_ms: u64,
    max_ms: u64,
    jitter: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            initial_ms: 1_000,
            max_ms: 300_000,
            jitter: true,
        }
    }
}

impl RetryPolicy {
    /// One attempt and no more.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// How many attempts there are in all; 0 counts as 1.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            ..self
        }
    }

    /// The longest delay before the second attempt, in whole milliseconds; it doubles from there.
    #[must_use]
    pub fn initial_delay(self, delay: Duration) -> Self {
        Self {
            initial_ms: whole_ms(delay),
            ..self
        }
    }

    /// The longest delay before any attempt, in whole milliseconds; a year at the most.
    #[must_use]
    pub fn max_delay(self, delay: Duration) -> Self {
        Self {
            max_ms: whole_ms(delay),
            ..self
        }
    }

    /// Whether the delay is drawn at random (the default) or always the longest.
    #[must_use]
    pub fn jitter(self, jitter: bool) -> Self {
        Self { jitter, ..self }
    }

    /// Whether this many failed attempts were all that there are.
    pub(crate) fn used_up(&self, failed: u32) -> bool {
        failed >= self.attempts
    }

    /// How long to wait after this many failed attempts, in milliseconds; `None` when there have
    /// been enough.
    pub(crate) fn delay(&self, failed: u32, random: &mut Random) -> Option<i64> {
        if self.used_up(failed) {
            return None;
        }
        let doubled = 1_u64
            .checked_shl(failed.saturating_sub(1))
            .and_then(|factor| self.initial_ms.checked_mul(factor))
            .unwrap_or(u64::MAX);
        // A year at the most, so that no sum of times overflows.
        let longest = doubled.min(self.max_ms).min(31_536_000_000);
        let delay = match self.jitter {
            true => random.below(longest + 1),
            false => longest,
        };
        Some(delay as i64)
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_cap_then_ends() {
        let mut random = Random::seeded(1);
        let policy = RetryPolicy::default()
            .jitter(false)
            .max_delay(Duration::from_secs(5));
        let delays: Vec<_> = (1..=5)
            .map(|failed| policy.delay(failed, &mut random))
            .collect();
        assert_eq!(
            delays,
            [Some(1_000), Some(2_000), Some(4_000), Some(5_000), None]
        );
        let endless = policy.attempts(u32::MAX).max_delay(Duration::MAX);
        assert_eq!(endless.delay(500, &mut random), Some(31_536_000_000));
        assert_eq!(RetryPolicy::none().delay(1, &mut random), None);
    }

    #[test]
    fn full_jitter_draws_from_zero_to_the_longest() {
        let mut random = Random::seeded(1);
        let draws: Vec<i64> = (0..1000)
            .filter_map(|_| RetryPolicy::default().delay(2, &mut random))
            .collect();
        assert!(draws.iter().all(|delay| (0..=2_000).contains(delay)));
        assert!(draws.iter().any(|delay| *delay < 100) && draws.iter().any(|delay| *delay > 1_900));
    }
}
