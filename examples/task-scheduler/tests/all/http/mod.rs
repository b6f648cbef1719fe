//! What is asked over HTTP: the same of the program and, by scripts/test-workerd, of the Worker.

pub(crate) mod routes;

mod kills;
mod lists;
mod readme;
mod refusals;
mod restarts;
