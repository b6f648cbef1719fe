//! Releases of a clerk, which works, and of a desk, which calls clerks. Each is a Worker: the feature says
//! of which release its objects are, and in which words it asks those of others. Natively all are compiled,
//! and nothing is exported.

#[path = "../clerks.rs"]
pub mod clerks;
#[macro_use]
mod objects;

#[cfg(any(feature = "first", not(target_family = "wasm")))]
pub mod first;
#[cfg(any(feature = "renamed", not(target_family = "wasm")))]
pub mod renamed;
#[cfg(any(feature = "second", not(target_family = "wasm")))]
pub mod second;

#[cfg(all(
    target_family = "wasm",
    any(feature = "first", feature = "second", feature = "renamed")
))]
mod routes;
#[cfg(all(
    target_family = "wasm",
    not(any(feature = "first", feature = "second", feature = "renamed"))
))]
compile_error!(
    "a Worker is of one release: `first`, `second`, `renamed` or `broken`; choose that feature"
);
