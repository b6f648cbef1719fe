//! What goes wrong in a world whatever its objects do, as a seed decides.

use lumenize::testing::{CrashPoint, World};
use simulate::Random;
use std::time::Duration;

/// Which mishaps a seed has: each has some of them.
pub(crate) struct Mishaps {
    crashes: bool,
    fails: bool,
    clocks: bool,
}

impl Mishaps {
    /// Draws them. Late and repeated alarms begin at once.
    pub(crate) fn begin(world: &mut World, dice: &mut Random) -> Self {
        if dice.one_in(4) {
            world.delay_alarms(Duration::from_secs(dice.below(20)));
        }
        world.repeat_alarms(dice.one_in(4));
        Self {
            crashes: dice.one_in(2),
            fails: dice.one_in(2),
            clocks: dice.one_in(3),
        }
    }

    /// Lets something go wrong with what is done next.
    pub(crate) fn befall(&self, world: &mut World, dice: &mut Random) {
        if self.crashes {
            world.crash_at(some_point(dice));
        }
        if self.fails {
            match dice.below(2) {
                0 => world.fail_write(1 + dice.below(20) as u32),
                _ => world.fail_commit(1 + dice.below(8) as u32),
            }
        }
        if self.clocks && dice.one_in(4) {
            // No further back than what the protocol of calls allows for.
            let by = dice.below(120_000) as i64 - 60_000;
            world.set_clock(world.now() + chrono::TimeDelta::milliseconds(by));
        }
    }
}

fn some_point(dice: &mut Random) -> CrashPoint {
    let n = 1 + dice.below(12) as u32;
    match dice.below(4) {
        0 => CrashPoint::BeforeCommit(n),
        1 => CrashPoint::AtCommit(n),
        2 => CrashPoint::AfterCommit(n),
        _ => CrashPoint::InHandler(n),
    }
}

/// Lets some time pass, up to so many seconds, and often little or none.
pub(crate) fn pass(world: &mut World, dice: &mut Random, most: u64) {
    match dice.below(4) {
        0 => {}
        1 => world.advance(Duration::from_millis(dice.below(20))),
        2 => world.advance(Duration::from_secs(dice.below(30))),
        _ => world.advance(Duration::from_secs(dice.below(most))),
    }
}
