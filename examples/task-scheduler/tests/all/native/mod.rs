//! What only the program has: arguments, a demonstration, files and signals.

mod arguments;
mod demo;
mod faults;
mod stops;
