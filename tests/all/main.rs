//! The integration tests: a module for each feature.

mod alarms;
mod failures;
mod native;
mod payloads;
mod programs;
