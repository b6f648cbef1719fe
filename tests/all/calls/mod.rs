//! Calls between objects.

mod world;
