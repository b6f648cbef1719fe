//! Bytes that nobody meant: made up, damaged, or out to take more than they are worth. A typed error or
//! a value, no panic, and a bound on memory.

mod amplifiers;
mod damaged;
mod memory;
mod rows;
mod shown;
mod types;
