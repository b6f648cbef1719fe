//! A world for tests: objects in memory, a clock that the test sets, and faults where it wants them.
//! Nothing in it waits, and nothing is random but by its seed.
//!
//! - `world`: the clock, alarms, crashes; [`WorldObject`]: what a test asks of an object;
//! - `idle`: running until nothing is left to do;
//! - `network`: what travels between objects, and what becomes of it;
//! - `server`: what answers fetches, and what becomes of the answers;
//! - `everywhere`: one test for each point at which the process could die;
//! - `seeds`: one test with many seeds, twice each; `trace`: what happened, to compare;
//! - `lock`: what stored work refers to, kept as a text beside the code;
//! - `faults`, `disk`, `place`: what goes wrong and when, where it does, and what an object is here.

mod disk;
mod everywhere;
mod faults;
mod idle;
mod lock;
mod network;
mod object;
mod place;
mod seeds;
mod server;
mod trace;
mod world;

pub use crate::assert_lock;
pub use everywhere::CrashFailure;
pub use faults::{CrashPoint, end_process};
pub use idle::{NotIdle, StillPending};
pub use lock::{Change, Impact, Lock, LockError, Plan};
pub use object::WorldObject;
pub use seeds::SeedFailure;
pub use server::{Asked, Served};
pub use trace::TraceLine;
pub use world::World;
