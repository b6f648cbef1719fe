//! What the targets share: types of every kind, samples of them, and the bound of memory.

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use lumenize_runtime::codec::{
    CodecError, Payload, decode_with_reference, encode_into, with_shape,
};
use peak_alloc::PeakAlloc;
use serde::de::{Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plain {
    pub a: u32,
    pub b: String,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    Unit,
    One(i16),
    Two(u8, char),
    Named { a: u32, b: String },
}

/// Every kind of part. Its doubles are bits, so that equal is equal.
#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deep {
    pub kinds: Vec<Kind>,
    pub map: BTreeMap<String, Option<Plain>>,
    pub tuple: (bool, i128, ()),
    pub maybe: Option<Option<u64>>,
    pub letter: char,
    pub wide: u128,
}

/// Read from nothing at all.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Defaults {
    pub a: Option<u32>,
    #[arbitrary(with = |source: &mut Unstructured| source.arbitrary().map(Cow::Owned))]
    pub b: Cow<'static, str>,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub label: i32,
    pub children: Vec<Tree>,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Nested {
    Flat(u8),
    Deeper(Box<Nested>),
    Pair(Rc<(Nested, Nested)>),
}

/// Recursive by a newtype, which has no part of its own in a shape.
#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lists(pub Vec<Lists>);

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bytes {
    #[serde(with = "serde_bytes")]
    pub a: Vec<u8>,
    pub b: [u16; 3],
}

/// Nobody asks for what was stored: it is passed over.
#[derive(Debug, Serialize)]
pub struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Asks for one field and passes over all others.
#[derive(Debug, Serialize, Deserialize)]
pub struct Narrow {
    pub label: Option<i8>,
}

pub type Nothings = BTreeMap<(), ()>;

/// Names that the types have, so that bytes which are made up meet them.
pub const NAMES: [&str; 16] = [
    "a", "b", "kinds", "map", "tuple", "maybe", "letter", "wide", "label", "children", "Unit",
    "One", "Two", "Named", "Flat", "Deeper",
];

/// Values of all the types that have every part a value of the type can have, with their shapes in
/// full. Then the process knows the types whole.
pub fn samples() -> Vec<Vec<u8>> {
    let plain = Plain {
        a: 7,
        b: "text".to_owned(),
    };
    let kinds = vec![
        Kind::Unit,
        Kind::One(-1),
        Kind::Two(2, 'x'),
        Kind::Named {
            a: 1,
            b: "b".to_owned(),
        },
    ];
    let tree = Tree {
        label: 1,
        children: vec![Tree {
            label: 2,
            children: Vec::new(),
        }],
    };
    let flat = || Nested::Flat(1);
    let nested = Nested::Pair(Rc::new((Nested::Deeper(Box::new(flat())), flat())));
    vec![
        sample(&plain),
        sample(&kinds),
        sample(&Deep {
            kinds: kinds.clone(),
            map: BTreeMap::from([("k".to_owned(), Some(plain.clone()))]),
            tuple: (true, -5, ()),
            maybe: Some(Some(3)),
            letter: 'y',
            wide: u128::MAX,
        }),
        sample(&vec![Defaults {
            a: Some(1),
            b: "b".into(),
        }]),
        sample(&vec![Narrow { label: Some(1) }]),
        sample(&vec![tree]),
        sample(&nested),
        sample(&Lists(vec![Lists(Vec::new())])),
        sample(&Bytes {
            a: vec![1, 2],
            b: [3, 4, 5],
        }),
        sample(&vec![(), ()]),
        sample(&Nothings::from([((), ())])),
        sample(&(1_u8, -2_i64, Some("x".to_owned()), 0.5_f32, 0.5_f64)),
        sample(&vec!["x".to_owned()]),
        sample(&vec![BTreeMap::from([("a".to_owned(), ())])]),
        sample(&u128::MAX),
    ]
}

fn sample<T: Payload>(value: &T) -> Vec<u8> {
    let mut stored = Vec::new();
    encode_into(value, &mut stored).unwrap();
    with_shape(&stored).into_owned()
}

/// Reads a value as each of the types; returns whether it could be passed over.
pub fn read_as_each(value: &[u8]) -> bool {
    read::<Plain>(value);
    read::<Vec<Kind>>(value);
    read::<Deep>(value);
    read::<Vec<Defaults>>(value);
    read::<Vec<Narrow>>(value);
    read::<Vec<Tree>>(value);
    read::<Nested>(value);
    read::<Lists>(value);
    read::<Bytes>(value);
    read::<Vec<()>>(value);
    read::<Nothings>(value);
    read::<(u8, i64, Option<String>, f32, f64)>(value);
    read::<Vec<String>>(value);
    read::<Vec<BTreeMap<String, ()>>>(value);
    read::<u128>(value);
    passes_over(value).is_ok()
}

/// What can be read can be stored again, if it is not too large, and is read back the same.
fn read<T: Payload + std::fmt::Debug>(value: &[u8]) {
    let read = within(value.len(), || decode_with_reference::<T>(value));
    if let Ok(read) = read {
        let mut again = Vec::new();
        if let Err(error) = encode_into(&read, &mut again) {
            return assert!(too_large(&error), "{error}");
        }
        let reread = decode_with_reference::<T>(&again).unwrap();
        assert_eq!(format!("{reread:?}"), format!("{read:?}"));
    }
}

/// Whether a value is refused for its depth or for its many parts, and not for what it is.
pub fn too_large(error: &CodecError) -> bool {
    let error = error.to_string();
    error.contains("nested more than 500 deep") || error.contains("too many parts")
}

/// Whether the value is one of the shape that it says, as what receives it checks.
pub fn passes_over(value: &[u8]) -> Result<Ignored, CodecError> {
    within(value.len(), || decode_with_reference(value))
}

/// Runs `body`, which may have no more in memory at any time than 1 MiB, 16 times the length of its input,
/// and twice what its result takes: lists are moved as they grow, and then are there twice.
pub fn within<R>(len: usize, body: impl FnOnce() -> R) -> R {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let result = body();
    let taken = MEMORY.peak_usage() - before;
    let own = MEMORY.current_usage().saturating_sub(before);
    let bound = (1 << 20) + 16 * len + 2 * own;
    assert!(
        taken <= bound,
        "{len} bytes took {taken} bytes of memory for a result of {own}"
    );
    result
}

/// Writes what a corpus begins with to the directory that scripts/fuzz names, if it does.
pub fn write_seeds(seeds: &[Vec<u8>]) {
    if let Ok(directory) = std::env::var("LUMENIZE_FUZZ_SEEDS") {
        std::fs::create_dir_all(&directory).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(format!("{directory}/seed-{number}"), seed).unwrap();
        }
    }
}
