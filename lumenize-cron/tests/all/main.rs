//! What expressions mean, by hand, by a naive matcher, and by two other implementations.

// Clippy takes only functions with `#[test]` for tests, not what they share.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod api;
mod brute_force;
mod dialect;
mod differences;
mod naive;
mod properties;
mod refused;
mod second_opinions;
mod table;
#[cfg(feature = "timezone")]
mod zones;
#[cfg(feature = "timezone")]
mod zones_checked;
