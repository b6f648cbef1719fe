//! Fetches: in a world, whose server answers as a test says, and natively, over real sockets.

mod executor;
mod kills;
mod native;
mod restarts;
mod seeds;
mod world;
