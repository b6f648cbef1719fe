//! Calls between objects.

mod hostile;
mod kills;
mod native;
mod silent;
mod taken_back;
mod transfers;
mod world;
