//! The example does what it says, as a process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod arguments;
mod demo;
mod kills;
mod lists;
mod readme;
mod refusals;
mod routes;
mod server;
mod stops;
