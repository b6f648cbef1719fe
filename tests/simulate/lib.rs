//! Random programs in a world where everything goes wrong, against a model of what must happen.
//!
//! - [`program`]: what is done in one run; [`generate`]: one from a seed;
//! - [`versions`]: the two of the object that it is done to, each of which is an [`actor`], which notes all that it runs;
//! - `model`: what must come of it, in one object and of calls between them;
//! - [`run`]: one program in one world; [`seeds`]: many, and what is told of one that fails;
//! - `shrink`: the shortest program that fails the same way.

pub mod actor;
mod generate;
mod model;
pub mod program;
mod random;
pub mod run;
pub mod seeds;
mod shrink;
pub mod versions;

pub use generate::generate;
pub use random::Random;
