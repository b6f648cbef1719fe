//! The tests on Cloudflare's runtime: a real workerd with its objects on disk.

mod bursts;
mod conformance;
mod evictions;
mod kills;
mod outside;
mod redeploy;
mod server;
mod traps;
