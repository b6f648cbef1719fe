//! One test for each point at which the process could die.

use super::faults::{Counted, CrashPoint};
use super::world::World;
use crate::engine::execute::caught;
use std::fmt::{self, Debug};

/// What a crash changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrashFailure<T> {
    /// `during` returned something else than without a crash.
    Differs {
        /// Where the process died.
        point: CrashPoint,
        /// What `during` returns without a crash.
        undisturbed: T,
        /// What it returned with this one.
        crashed: T,
    },
    /// `during` panicked.
    Panicked {
        /// Where the process died.
        point: CrashPoint,
        /// What the panic said.
        message: String,
    },
    /// The process was to die at a point that it did not come to this time: what the test or the
    /// objects do depends on more than the seed, such as a wall clock or the order of a `HashMap`.
    NotReached {
        /// Where it was to die.
        point: CrashPoint,
    },
}

impl World {
    /// Runs a test once for each point at which the process could die, and compares what it returns.
    ///
    /// `before` prepares a new world. `during` is run in it, once undisturbed, and then again, each
    /// time in a fresh world of the same seed, with one crash: before, instead of and after each
    /// commit that the undisturbed run made, and inside each run of the objects' own code
    /// ([`CrashPoint`] says what these are). What `during` returns must be the same each time. Returns
    /// how many crashes were tried: none if `during` writes nothing.
    ///
    /// Let `during` pass enough time, best by [`run_until_idle`](Self::run_until_idle): what a crash
    /// interrupts runs a little later. So what it returns should not have the times at which handlers
    /// ran. And the process may die of a request that writes: its caller gets
    /// [`CallError::Unreachable`](crate::error::CallError::Unreachable) with the outcome `Unknown`, as a
    /// caller of any host must expect it. So ask in `before` for what the alarms are to do, or ask for
    /// what may happen twice, with [`run_at_least_once`](super::WorldObject::run_at_least_once). Reading
    /// is not disturbed.
    ///
    /// # Errors
    /// [`CrashFailure`] for the first crash that makes a difference.
    pub fn crash_everywhere<T: PartialEq + Debug>(
        seed: u64,
        mut before: impl FnMut(&mut World),
        mut during: impl FnMut(&mut World) -> T,
    ) -> Result<u32, CrashFailure<T>> {
        let mut fresh = || {
            let mut world = World::new(seed);
            before(&mut world);
            world
        };
        let mut world = fresh();
        world.faults.start_counting();
        let undisturbed = during(&mut world);
        let mut tried = 0;
        for point in points(world.faults.counted()) {
            let mut world = fresh();
            world.crash_at(point);
            let crashed = match caught(|| during(&mut world)) {
                Ok(crashed) => crashed,
                Err(panic) => {
                    let message = panic.message;
                    return Err(CrashFailure::Panicked { point, message });
                }
            };
            if world.heal() {
                return Err(CrashFailure::NotReached { point });
            }
            if crashed != undisturbed {
                return Err(CrashFailure::Differs {
                    point,
                    undisturbed,
                    crashed,
                });
            }
            tried += 1;
        }
        Ok(tried)
    }
}

fn points(counted: Counted) -> impl Iterator<Item = CrashPoint> {
    let around = |n| {
        [
            CrashPoint::BeforeCommit(n),
            CrashPoint::AtCommit(n),
            CrashPoint::AfterCommit(n),
        ]
    };
    let commits = (1..=counted.commits).flat_map(around);
    commits.chain((1..=counted.handlers).map(CrashPoint::InHandler))
}

impl<T: Debug> fmt::Display for CrashFailure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CrashFailure::Differs {
                point,
                undisturbed,
                crashed,
            } => write!(
                f,
                "a crash {point} made a difference: {crashed:?}, and without it {undisturbed:?}"
            ),
            CrashFailure::Panicked { point, message } => {
                write!(f, "a crash {point}: {message}")
            }
            CrashFailure::NotReached { point } => write!(
                f,
                "the crash {point} was not reached: the test depends on more than its seed"
            ),
        }
    }
}

impl<T: Debug> std::error::Error for CrashFailure<T> {}
