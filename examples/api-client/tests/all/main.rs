//! The example does what it says, as a process and in a world.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod lock;
mod orders;
mod program;
