//! Calls between objects.

mod native;
mod transfers;
mod world;
