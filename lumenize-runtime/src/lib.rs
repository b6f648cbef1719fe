//! The runtime of Lumenize. Applications depend on the `lumenize` crate, which re-exports what they
//! need.

pub mod codec;
pub mod continuation;
pub mod engine;
pub mod error;
pub mod host;
pub mod object;
pub mod services;
mod store;
mod sync;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod views;
