//! The integration tests: a module for each feature.

mod ahead;
mod alarms;
mod arguments;
mod calls;
mod conformance;
mod crashes;
mod crowds;
mod detours;
mod docs;
mod ends;
mod errors;
mod failures;
mod fetches;
mod formats;
mod handlers;
mod host;
mod limits;
mod mixed;
mod native;
mod redeploy;
mod renames;
mod replay;
mod seeds;
mod sql;
mod takeover;
mod world;
