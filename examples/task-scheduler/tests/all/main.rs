//! The example does what it says, as a process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod documents;
mod http;
mod lock;
mod native;
mod server;
mod world;
