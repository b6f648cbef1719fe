//! The runtime of Lumenize. Applications depend on the `lumenize` crate, which re-exports what they
//! need.

// The engine is one for hosts with threads and without.
#![cfg_attr(target_family = "wasm", allow(clippy::arc_with_non_send_sync))]

pub mod codec;
pub mod continuation;
pub mod engine;
pub mod error;
pub mod fetch;
pub mod host;
pub mod object;
pub mod services;
#[doc(hidden)]
pub mod store;
mod sync;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod views;
