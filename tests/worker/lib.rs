//! The Worker in which the tests run on workerd. Natively it is empty.

#[cfg(target_family = "wasm")]
mod host;
#[cfg(target_family = "wasm")]
mod routes;
#[cfg(target_family = "wasm")]
mod storage;
