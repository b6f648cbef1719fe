//! The tests on Cloudflare's runtime: a real workerd with its objects on disk.

mod conformance;
mod kills;
mod outside;
mod server;
mod traps;
