//! Calls between objects.

mod hostile;
mod kills;
mod native;
mod transfers;
mod world;
