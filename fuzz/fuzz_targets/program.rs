//! Any bytes as a program that was received, by a process that knows nothing of the types or only
//! a flat value of the recursive one: what is held against its shape first is safe to read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lumenize_fuzz::{Nested, read_as_each, samples, within, write_seeds};
use lumenize_runtime::codec::{encode_into, forget};
use lumenize_runtime::continuation::program::{Arg, Program};

fuzz_target!(
    init: write_seeds(&programs()),
    |bytes: &[u8]| {
        forget();
        let Ok(program) = within(bytes.len(), || Program::decode(bytes)) else {
            return;
        };
        let checked = within(bytes.len(), || program.check_values()).is_ok();
        if let Some(whole) = program.with_shapes() {
            let again = Program::decode(&whole).unwrap();
            assert_eq!(again.steps().len(), program.steps().len());
            for (again, step) in again.steps().zip(program.steps()) {
                assert_eq!((again.handler, again.names), (step.handler, step.names));
                let names = step.names().count();
                assert!(names == step.args.len() || step.names.is_none());
            }
            assert!(!checked || again.check_values().is_ok());
        }
        if checked {
            forget();
            encode_into(&Nested::Flat(1), &mut Vec::new()).unwrap();
            for step in program.steps() {
                for arg in step.args {
                    if let Arg::Value(value) = arg {
                        assert!(read_as_each(value));
                    }
                }
            }
        }
    }
);

/// A program of each sample in each version that has shapes: one step, with the value as its argument.
fn programs() -> Vec<Vec<u8>> {
    let named = |sample: &Vec<u8>| {
        let step = ("handler", 1_usize, "argument", 3_u8, sample);
        postcard::to_stdvec(&(3_u8, 1_usize, step)).unwrap()
    };
    let nameless = |sample: &Vec<u8>| {
        postcard::to_stdvec(&(2_u8, 1_usize, "handler", 1_usize, 3_u8, sample)).unwrap()
    };
    let samples = samples();
    samples
        .iter()
        .flat_map(|sample| [named(sample), nameless(sample)])
        .collect()
}
