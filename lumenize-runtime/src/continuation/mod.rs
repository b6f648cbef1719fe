//! Continuations: typed while they are written, a straight-line program once they are stored.
//!
//! - [`typed`]: what generated builders are made of, checked by rustc;
//! - `draft`: the steps of a continuation that is being built;
//! - [`program`]: the stored form, its limits, and how it is read back;
//! - `edited`: its steps, taken apart to be changed.

mod draft;
pub(crate) mod edited;
pub mod program;
pub mod typed;
