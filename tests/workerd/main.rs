//! The tests on Cloudflare's runtime: a real workerd with its objects on disk.

mod bursts;
mod careful;
mod conformance;
mod console;
mod destroy;
mod evictions;
mod kills;
mod outside;
mod redeploy;
mod server;
mod traps;
