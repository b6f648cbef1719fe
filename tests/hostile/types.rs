//! Types of every kind, values of them, and values of which a release made others.

use crate::memory::bounded;
use lumenize_runtime::codec::{
    CodecError, Payload, decode_with_reference, encode_into, with_shape,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plain {
    pub a: u32,
    pub b: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    Unit,
    One(i16),
    Two(u8, char),
    Named { a: u32, b: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deep {
    pub kinds: Vec<Kind>,
    pub map: BTreeMap<String, Option<Plain>>,
    pub tuple: (bool, i128, ()),
    pub maybe: Option<Option<u64>>,
    pub letter: char,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub label: i32,
    pub children: Vec<Tree>,
}

/// Read from nothing at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Defaults {
    pub a: Option<u32>,
    pub b: String,
}

/// Nothing is stored of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Empty {}

/// `Plain` as a later release has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Later {
    pub b: String,
    #[serde(default)]
    pub new: Vec<u8>,
    pub a: Option<u64>,
}

pub fn plain() -> impl Strategy<Value = Plain> {
    (any::<u32>(), ".{0,8}").prop_map(|(a, b)| Plain { a, b })
}

pub fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Unit),
        any::<i16>().prop_map(Kind::One),
        (any::<u8>(), any::<char>()).prop_map(|(a, b)| Kind::Two(a, b)),
        (any::<u32>(), ".{0,8}").prop_map(|(a, b)| Kind::Named { a, b }),
    ]
}

pub fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<i32>().prop_map(|label| Tree {
        label,
        children: Vec::new(),
    });
    leaf.prop_recursive(6, 40, 4, |inner| {
        (any::<i32>(), vec(inner, 0..4)).prop_map(|(label, children)| Tree { label, children })
    })
}

pub fn deep() -> impl Strategy<Value = Deep> {
    let map = btree_map(".{0,4}", proptest::option::of(plain()), 0..4);
    let tuple = (any::<bool>(), any::<i128>(), Just(()));
    let maybe = any::<Option<Option<u64>>>();
    (vec(kind(), 0..4), map, tuple, maybe, any::<char>()).prop_map(
        |(kinds, map, tuple, maybe, letter)| Deep {
            kinds,
            map,
            tuple,
            maybe,
            letter,
        },
    )
}

/// A value of one of the types.
#[derive(Clone, Debug)]
pub enum Any {
    Plain(Plain),
    Kinds(Vec<Kind>),
    Deep(Deep),
    Tree(Tree),
    Nothings(Vec<Empty>),
    Mixed((u8, i64, Option<String>, f32, f64)),
    Numbers(Vec<u64>),
}

impl Any {
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            plain().prop_map(Self::Plain),
            vec(kind(), 0..6).prop_map(Self::Kinds),
            deep().prop_map(Self::Deep),
            tree().prop_map(Self::Tree),
            vec(Just(Empty {}), 0..6).prop_map(Self::Nothings),
            any::<(u8, i64, Option<String>, f32, f64)>().prop_map(Self::Mixed),
            vec(any::<u64>(), 0..40).prop_map(Self::Numbers),
        ]
    }

    /// The stored form, with its shape in full.
    pub fn stored(&self) -> Vec<u8> {
        match self {
            Self::Plain(value) => whole(value),
            Self::Kinds(value) => whole(value),
            Self::Deep(value) => whole(value),
            Self::Tree(value) => whole(value),
            Self::Nothings(value) => whole(value),
            Self::Mixed(value) => whole(value),
            Self::Numbers(value) => whole(value),
        }
    }
}

pub fn whole<T: Payload>(value: &T) -> Vec<u8> {
    let mut stored = Vec::new();
    encode_into(value, &mut stored).unwrap();
    with_shape(&stored).into_owned()
}

/// Reads a value as each of the types, and says as how many it could be read. What is read is stored
/// again, and is the same then.
pub fn read_as_each(value: &[u8]) -> usize {
    show(value);
    [
        read::<Plain>(value),
        read::<Later>(value),
        read::<Vec<Kind>>(value),
        read::<Vec<String>>(value),
        read::<Deep>(value),
        read::<Tree>(value),
        read::<Vec<Tree>>(value),
        read::<Vec<Defaults>>(value),
        read::<Vec<Empty>>(value),
        read::<(u8, i64, Option<String>, f32, f64)>(value),
        read::<Vec<u64>>(value),
        read::<Vec<i128>>(value),
        read::<HashMap<u16, HashMap<u8, u8>>>(value),
        read::<BTreeMap<String, BTreeMap<String, ()>>>(value),
        read::<Vec<Vec<Vec<u32>>>>(value),
    ]
    .into_iter()
    .map(usize::from)
    .sum()
}

fn read<T: Payload + Debug>(value: &[u8]) -> bool {
    let Ok(read) = read_bounded::<T>(value) else {
        return false;
    };
    let mut again = Vec::new();
    match encode_into(&read, &mut again) {
        Ok(_) => {
            let reread = decode_with_reference::<T>(&again).unwrap();
            // NaN is not equal to itself, maps have no order.
            assert_eq!(
                serde_json::to_value(&reread).ok(),
                serde_json::to_value(&read).ok()
            );
        }
        Err(error) => {
            let error = error.to_string();
            let is_too_large = error.contains("500 deep") || error.contains("too many parts");
            assert!(is_too_large, "{error}");
        }
    }
    true
}

pub fn read_bounded<T: Payload>(value: &[u8]) -> Result<T, CodecError> {
    bounded(value.len(), || decode_with_reference::<T>(value))
}

/// What people are shown of it, whatever it is, takes a bounded space.
fn show(value: &[u8]) {
    let arg: lumenize::ArgView =
        serde_json::from_value(serde_json::json!({ "Value": value })).unwrap();
    let shown = allocation_counter::measure(|| drop(arg.to_string()));
    assert!(
        shown.bytes_max <= (3 << 20) + 16 * value.len() as u64,
        "{shown:?}"
    );
    assert!(arg.to_string().len() <= 1_100 + 600);
    let shown = arg.to_json();
    let readable = shown.get("value").is_some();
    assert_ne!(readable, shown.get("unreadable").is_some(), "{shown}");
}
