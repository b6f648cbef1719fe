//! Any bytes as a value that says its shape in full, or anything else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lumenize_fuzz::{read_as_each, samples, write_seeds};

fuzz_target!(
    init: write_seeds(&samples()),
    |bytes: &[u8]| {
        read_as_each(bytes);
    }
);
