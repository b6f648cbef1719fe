//! Calls between objects.

mod hostile;
mod kills;
mod native;
mod silent;
mod transfers;
mod world;
