//! The tests on Cloudflare's runtime: a real workerd with its objects on disk.

mod bursts;
mod calls;
mod careful;
mod conformance;
mod console;
mod destroy;
mod evictions;
mod fetches;
mod kills;
mod letters;
mod mixed;
mod outside;
mod redeploy;
mod server;
mod takeover;
mod traps;
