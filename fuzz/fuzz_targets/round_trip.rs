//! Any values of a type, one after another: each is read back as itself, by position and by name, and
//! as another release's type it is read right.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use lumenize_fuzz::{
    Bytes, Deep, Defaults, Kind, Lists, Nested, Plain, Tree, passes_over, too_large,
};
use lumenize_runtime::codec::{Payload, decode_with_reference, encode_into, forget, with_shape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;

type Mixed = (u8, i64, Option<String>, Result<char, bool>);

#[derive(Arbitrary, Debug)]
enum Values {
    Plain(Vec<Plain>),
    Kinds(Vec<Kind>),
    Deep(Vec<Deep>),
    Defaults(Vec<Vec<Defaults>>),
    Tree(Vec<Tree>),
    Nested(Vec<Nested>),
    Lists(Vec<Lists>),
    Bytes(Vec<Bytes>),
    Mixed(Vec<Mixed>),
    Nothings(Vec<BTreeMap<(), Vec<()>>>),
    Numbers(Vec<i64>),
}

fuzz_target!(|values: Values| {
    match values {
        Values::Plain(values) => check(&values, |plain, stored| {
            read_as(stored, Some(&Grown::of(plain)));
            let narrow = u8::try_from(plain.a).ok();
            read_as(stored, narrow.map(|a| Less { a }).as_ref());
        }),
        Values::Kinds(values) => check(&values, |kind, stored| {
            read_as(stored, Some(&Kinds::of(kind)));
        }),
        Values::Deep(values) => check(&values, |deep, stored| {
            read_as(stored, Some(&Deeper::of(deep)));
        }),
        Values::Defaults(values) => check(&values, |_, _| {}),
        Values::Tree(values) => check(&values, |tree, stored| {
            read_as(stored, Some(&Boxed::of(tree)));
        }),
        Values::Nested(values) => check(&values, |_, _| {}),
        Values::Lists(values) => check(&values, |_, _| {}),
        Values::Bytes(values) => check(&values, |_, _| {}),
        Values::Mixed(values) => check(&values, |_, _| {}),
        Values::Nothings(values) => check(&values, |_, _| {}),
        Values::Numbers(values) => check(&values, |number, stored| {
            read_as(stored, u8::try_from(*number).ok().as_ref());
            read_as(stored, i32::try_from(*number).ok().as_ref());
            read_as(stored, u64::try_from(*number).ok().as_ref());
            read_as(stored, Some(&i128::from(*number)));
            read_as(stored, Some(&Some(*number)));
        }),
    }
});

/// What was stored when less was known of the type stays readable when more is.
fn check<T: Payload + PartialEq + Debug>(values: &[T], evolves: impl Fn(&T, &[u8])) {
    forget();
    let mut stored = Vec::new();
    for value in values {
        let mut bytes = Vec::new();
        match encode_into(value, &mut bytes) {
            Ok(_) => stored.push(bytes),
            // The one reason for which these types are refused, and rightly.
            Err(error) => return assert!(too_large(&error), "{error}"),
        }
    }
    let whole: Vec<_> = stored.iter().map(|stored| with_shape(stored)).collect();
    for (value, stored) in values.iter().zip(&stored) {
        read_as(stored, Some(value));
        evolves(value, stored);
    }
    // Another process, which learns of the type by reading.
    forget();
    for (value, whole) in values.iter().zip(&whole) {
        passes_over(whole).unwrap();
        evolves(value, whole);
        read_as(whole, Some(value));
    }
}

/// Reads a value, which is to be this, or refused if nothing.
fn read_as<T: Payload + PartialEq + Debug>(stored: &[u8], expected: Option<&T>) {
    match (decode_with_reference::<T>(stored), expected) {
        (Ok(read), Some(expected)) => assert_eq!(read, *expected),
        (Err(_), None) => {}
        (Ok(read), None) => panic!("{read:?} was read and is not what was stored"),
        (Err(error), Some(_)) => panic!("{error}"),
    }
}

/// Reordered and widened, with a field that is new.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Grown {
    b: String,
    #[serde(default)]
    new: Vec<u8>,
    a: Option<u64>,
}

impl Grown {
    fn of(plain: &Plain) -> Self {
        Self {
            b: plain.b.clone(),
            new: Vec::new(),
            a: Some(plain.a.into()),
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Less {
    a: u8,
}

/// Reordered.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kinds {
    New,
    Named { b: String, a: i64 },
    Two(u16, String),
    One(i64),
    Unit,
}

impl Kinds {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Unit => Self::Unit,
            Kind::One(one) => Self::One((*one).into()),
            Kind::Two(number, letter) => Self::Two((*number).into(), letter.to_string()),
            Kind::Named { a, b } => Self::Named {
                b: b.clone(),
                a: (*a).into(),
            },
        }
    }
}

/// Others in another order, and without some.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Deeper {
    letter: String,
    map: BTreeMap<String, Option<Grown>>,
    kinds: Vec<Kinds>,
    absent: Option<u8>,
}

impl Deeper {
    fn of(deep: &Deep) -> Self {
        let grown =
            |(key, plain): (&String, &Option<Plain>)| (key.clone(), plain.as_ref().map(Grown::of));
        Self {
            letter: deep.letter.to_string(),
            map: deep.map.iter().map(grown).collect(),
            kinds: deep.kinds.iter().map(Kinds::of).collect(),
            absent: None,
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Boxed {
    children: Box<[Boxed]>,
    label: i64,
}

impl Boxed {
    fn of(tree: &Tree) -> Self {
        Self {
            children: tree.children.iter().map(Self::of).collect(),
            label: tree.label.into(),
        }
    }
}
