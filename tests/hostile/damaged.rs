//! Values, shapes and programs that are damaged in some places, and bytes that are made up.

use crate::memory::{alone, bounded};
use crate::types::{Any, read_as_each};
use lumenize_runtime::continuation::program::{Arg, Program};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A change of some bytes.
#[derive(Clone, Debug)]
pub enum Damage {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index, u8),
}

impl Damage {
    pub fn any() -> impl Strategy<Value = Self> {
        let place = any::<Index>;
        prop_oneof![
            (place(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            (place(), 0..8_u8).prop_map(|(at, bit)| Self::Flip(at, 1 << bit)),
            place().prop_map(Self::Cut),
            (place(), vec(any::<u8>(), 1..10)).prop_map(|(at, bytes)| Self::Insert(at, bytes)),
            (place(), 1..5_u8).prop_map(|(at, len)| Self::Remove(at, len)),
        ]
    }

    pub fn to(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        match self {
            Self::Set(at, byte) => bytes[at.index(len)] = *byte,
            Self::Flip(at, bit) => bytes[at.index(len)] ^= bit,
            Self::Cut(at) => bytes.truncate(at.index(len)),
            Self::Insert(at, new) => {
                let at = at.index(len);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = at.index(len);
                bytes.drain(at..(at + usize::from(*count)).min(len));
            }
        }
    }
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    vec(Damage::any(), 0..4)
}

/// A program of one step for each of the values.
fn program(values: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![3];
    out.extend(postcard::to_stdvec(&values.len()).unwrap());
    for value in values {
        out.extend(postcard::to_stdvec(&("handler", 1_usize, "value", 3_u8, value)).unwrap());
    }
    out
}

/// What receives a program: it is read, its values are held against their shapes, and then they are
/// read as what the handlers take.
fn receive(bytes: &[u8]) {
    let Ok(program) = bounded(bytes.len(), || Program::decode(bytes)) else {
        return;
    };
    let is_whole = bounded(bytes.len(), || program.check_values()).is_ok();
    // The same steps with the same values, sent on.
    if let Some(sent) = program.with_shapes() {
        let again = Program::decode(&sent).unwrap();
        assert_eq!(again.steps().len(), program.steps().len());
        for (a, b) in again.steps().zip(program.steps()) {
            assert_eq!((a.handler, a.args.len()), (b.handler, b.args.len()));
            assert_eq!(a.names, b.names);
        }
        assert_eq!(again.check_values().is_ok(), is_whole);
    }
    if is_whole {
        for step in program.steps() {
            for arg in step.args {
                if let Arg::Value(value) = arg {
                    read_as_each(value);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Its shape is part of it, so shapes are damaged too.
    #[test]
    fn damaged_values_are_refused_or_read(value in Any::any(), damages in damages()) {
        let _alone = alone();
        let mut value = value.stored();
        let readers = read_as_each(&value);
        prop_assert!(readers >= 1, "what is whole is read");
        damages.iter().for_each(|damage| damage.to(&mut value));
        let again = read_as_each(&value);
        prop_assert!(!damages.is_empty() || again == readers);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..300)) {
        let _alone = alone();
        read_as_each(&bytes);
        receive(&bytes);
        receive(&[&[2][..], &bytes].concat());
        receive(&[&[3][..], &bytes].concat());
        // As a value under a shape in full, and as a shape.
        if let Some((len, rest)) = bytes.split_first() {
            read_as_each(&[&[254, *len, 0, 0, 0, 1][..], rest].concat());
        }
    }

    #[test]
    fn damaged_programs_are_refused_or_read(values in vec(Any::any(), 1..4), damages in damages()) {
        let _alone = alone();
        let values: Vec<_> = values.iter().map(Any::stored).collect();
        let mut bytes = program(&values);
        let whole = Program::decode(&bytes).unwrap();
        prop_assert!(whole.check_values().is_ok());
        damages.iter().for_each(|damage| damage.to(&mut bytes));
        receive(&bytes);
    }
}
