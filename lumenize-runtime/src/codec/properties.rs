//! What holds for any value of any of these types: it is read back as itself by position and by
//! name, and as another type it is read right or refused, never wrong and without a panic.

use super::shape::Shape;
use super::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// By name, whatever this process knows of the type.
fn by_name<T: Payload, R: Payload>(value: &T) -> Result<R, String> {
    let (bytes, known) = encode_apart(value).map_err(|error| error.to_string())?;
    let shape = Shape::from_bytes(known.bytes()).map_err(|unread| unread.to_string())?;
    shape::resolve(&shape, &bytes).map_err(|error| error.to_string())
}

/// What JSON makes of it, which has names too: the judge of what is right.
fn by_json<T: Payload, R: Payload>(value: &T) -> Option<R> {
    serde_json::from_str(&serde_json::to_string(value).ok()?).ok()
}

/// A stored value as people see it.
fn shown(stored: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::to_value(show(stored)?).map_err(|error| error.to_string())
}

/// What JSON makes of it, with texts for the numbers that it has not.
fn in_json<T: Payload>(value: &T) -> serde_json::Value {
    let stored = postcard::to_stdvec(value).unwrap();
    match std::any::type_name::<T>() {
        "f32" => number(
            postcard::from_bytes::<f32>(&stored).unwrap(),
            f32::is_finite,
        ),
        "f64" => number(
            postcard::from_bytes::<f64>(&stored).unwrap(),
            f64::is_finite,
        ),
        "u128" => wide_number(postcard::from_bytes::<u128>(&stored).unwrap(), |wide| {
            wide <= u64::MAX.into()
        }),
        "i128" => wide_number(postcard::from_bytes::<i128>(&stored).unwrap(), |wide| {
            i64::try_from(wide).is_ok()
        }),
        // An address is stored as its bytes, and written by JSON as a text.
        "core::net::ip_addr::IpAddr" => bytes_of(postcard::from_bytes(&stored).unwrap()),
        _ => serde_json::to_value(value).unwrap(),
    }
}

fn number<N: Copy + Serialize + ToString>(
    number: N,
    is_finite: fn(N) -> bool,
) -> serde_json::Value {
    match is_finite(number) {
        true => serde_json::to_value(number).unwrap(),
        false => number.to_string().into(),
    }
}

fn wide_number<N: Copy + Serialize + ToString>(wide: N, fits: fn(N) -> bool) -> serde_json::Value {
    match fits(wide) {
        true => serde_json::to_value(wide).unwrap(),
        false => wide.to_string().into(),
    }
}

fn bytes_of(address: std::net::IpAddr) -> serde_json::Value {
    match address {
        std::net::IpAddr::V4(address) => serde_json::json!({ "V4": address.octets() }),
        std::net::IpAddr::V6(address) => serde_json::json!({ "V6": address.octets() }),
    }
}

/// Nobody asks for it.
#[derive(Serialize)]
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

fn debug<T: Debug>(value: &T) -> String {
    format!("{value:?}")
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plain {
    a: u32,
    b: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Swapped {
    b: String,
    a: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grown {
    a: Option<i64>,
    #[serde(default)]
    c: Vec<u8>,
    b: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Narrow {
    a: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Names {
    a: String,
    b: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Kind {
    Unit,
    One(i16),
    Two(u8, char),
    Named { a: u32, b: String },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Kinds {
    Named { b: String, a: u64 },
    Two(u16, char),
    Unit,
    One(i64),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tree {
    label: i32,
    children: Vec<Tree>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Deep {
    kinds: Vec<Kind>,
    map: BTreeMap<String, Option<Plain>>,
    tuple: (bool, f64, ()),
}

fn plain() -> impl Strategy<Value = Plain> {
    (any::<u32>(), ".{0,8}").prop_map(|(a, b)| Plain { a, b })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Unit),
        any::<i16>().prop_map(Kind::One),
        (any::<u8>(), any::<char>()).prop_map(|(a, b)| Kind::Two(a, b)),
        (any::<u32>(), ".{0,8}").prop_map(|(a, b)| Kind::Named { a, b }),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<i32>().prop_map(|label| Tree {
        label,
        children: Vec::new(),
    });
    leaf.prop_recursive(6, 40, 4, |inner| {
        (any::<i32>(), vec(inner, 0..4)).prop_map(|(label, children)| Tree { label, children })
    })
}

fn deep() -> impl Strategy<Value = Deep> {
    let map = btree_map(".{0,4}", proptest::option::of(plain()), 0..4);
    // Doubles that JSON's text holds exactly.
    let eighths = any::<i32>().prop_map(|number| f64::from(number) / 8.0);
    (vec(kind(), 0..4), map, any::<bool>(), eighths).prop_map(|(kinds, map, b, f)| Deep {
        kinds,
        map,
        tuple: (b, f, ()),
    })
}

/// A value of each type, by both paths.
macro_rules! round_trips {
    ($($name:ident: $type:ty = $strategy:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
            $(#[test]
            fn $name(value in $strategy) {
                let value: $type = value;
                let mut stored = Vec::new();
                encode_into(&value, &mut stored).unwrap();
                let by_position = decode_with_reference::<$type>(&stored).unwrap();
                prop_assert_eq!(debug(&by_position), debug(&value));
                prop_assert_eq!(debug(&by_name::<$type, $type>(&value).unwrap()), debug(&value));
                prop_assert!(by_name::<$type, Ignored>(&value).is_ok());
                prop_assert_eq!(shown(&stored), Ok(in_json(&value)));
                let (bytes, _) = encode_apart(&value).unwrap();
                prop_assert_eq!(bytes, postcard::to_stdvec(&value).unwrap());
            })*
        }
    };
}

round_trips! {
    bools: bool = any::<bool>();
    bytes: u8 = any::<u8>();
    signed_bytes: i8 = any::<i8>();
    shorts: u16 = any::<u16>();
    signed_shorts: i16 = any::<i16>();
    words: u32 = any::<u32>();
    signed_words: i32 = any::<i32>();
    longs: u64 = any::<u64>();
    signed_longs: i64 = any::<i64>();
    wide: u128 = any::<u128>();
    signed_wide: i128 = any::<i128>();
    floats: f32 = any::<f32>();
    doubles: f64 = any::<f64>();
    chars: char = any::<char>();
    strings: String = any::<String>();
    units: () = Just(());
    options: Option<u16> = any::<Option<u16>>();
    nested_options: Option<Option<bool>> = any::<Option<Option<bool>>>();
    lists: Vec<u32> = vec(any::<u32>(), 0..20);
    lists_of_options: Vec<Option<String>> = vec(any::<Option<String>>(), 0..8);
    lists_of_nothing: Vec<()> = vec(Just(()), 0..8);
    tuples: (u8, String, i64) = any::<(u8, String, i64)>();
    arrays: [i32; 5] = any::<[i32; 5]>();
    maps: BTreeMap<u16, String> = btree_map(any::<u16>(), any::<String>(), 0..8);
    maps_of_lists: BTreeMap<String, Vec<bool>> = btree_map(any::<String>(), vec(any::<bool>(), 0..4), 0..4);
    results: Result<u8, String> = prop_oneof![any::<u8>().prop_map(Ok), any::<String>().prop_map(Err)];
    durations: std::time::Duration = any::<std::time::Duration>();
    addresses: std::net::IpAddr = any::<std::net::IpAddr>();
    structs: Plain = plain();
    enums: Kind = kind();
    trees: Tree = tree();
    deep_ones: Deep = deep();
}

/// Another type: where both the shape and JSON can read it, they read the same.
macro_rules! changes {
    ($($name:ident: $from:ty = $strategy:expr => $($to:ty),*;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
            $(#[test]
            fn $name(value in $strategy) {
                let value: $from = value;
                $(
                    if let (Ok(read), Some(judged)) =
                        (by_name::<$from, $to>(&value), by_json::<$from, $to>(&value))
                    {
                        prop_assert_eq!(debug(&read), debug(&judged));
                    }
                )*
            })*
        }
    };
}

changes! {
    a_plain_one_as_others: Plain = plain() => Swapped, Grown, Narrow, Names, Kind, Tree, Deep, u32, String, (u32, String), Option<Plain>, BTreeMap<String, u32>;
    a_kind_as_others: Kind = kind() => Kinds, String, Plain, u8, Option<Kinds>, (u8, char), BTreeMap<String, Plain>;
    a_tree_as_others: Tree = tree() => Plain, Grown, Option<Tree>, Vec<Tree>, Deep, BTreeMap<String, i32>;
    a_deep_one_as_others: Deep = deep() => Plain, Kinds, Tree, Option<Deep>, String;
    a_number_as_others: i64 = any::<i64>() => u8, i8, u16, u32, i32, u64, u128, i128, bool, char, String, Option<i16>, (), Vec<u8>, Plain, Kind;
    a_string_as_others: String = "[A-Z][a-z]{2,4}" => Kind, Kinds, char, u8, Vec<u8>, Option<String>, Plain;
    a_list_as_others: Vec<u16> = vec(any::<u16>(), 0..5) => Vec<u8>, [u32; 3], (u16, u16), String, Option<Vec<i64>>, BTreeMap<u16, u16>, Plain;
}

/// What this much of a change must do, and does.
#[test]
fn the_judge_is_asked() {
    let plain = Plain {
        a: 7,
        b: "x".to_owned(),
    };
    assert!(
        by_name::<Plain, Swapped>(&plain).is_ok() && by_json::<Plain, Swapped>(&plain).is_some()
    );
    assert!(by_name::<Plain, Grown>(&plain).is_ok() && by_json::<Plain, Grown>(&plain).is_some());
    let named = Kind::Named {
        a: 7,
        b: "x".to_owned(),
    };
    assert!(by_name::<Kind, Kinds>(&named).is_ok() && by_json::<Kind, Kinds>(&named).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes that nobody wrote: no panic, and no more time than they are long.
    #[test]
    fn any_bytes_as_anything(bytes in vec(any::<u8>(), 0..200)) {
        // Whatever it is read as, or refused.
        let _ = decode_with_reference::<Deep>(&bytes);
        let _ = decode_with_reference::<Tree>(&bytes);
        let _ = decode_with_reference::<Vec<()>>(&bytes);
        let _ = show(&bytes);
        if let Ok(shape) = Shape::from_bytes(&bytes) {
            prop_assert_eq!(Shape::from_bytes(&shape.to_bytes()).unwrap(), shape);
        }
    }

    /// Any bytes under a shape that was recorded.
    #[test]
    fn any_bytes_under_a_shape(value in deep(), bytes in vec(any::<u8>(), 0..200)) {
        let (_, known) = encode_apart(&value).unwrap();
        let hash = ShapeHash::of(known.bytes());
        let shape = super::known::learn(hash, known.bytes()).unwrap();
        let _ = shape::resolve::<Deep>(shape.shape(), &bytes);
        let ignored = shape::resolve::<serde::de::IgnoredAny>(shape.shape(), &bytes);
        prop_assert_eq!(shape::show(shape.shape(), &bytes).is_ok(), ignored.is_ok());
    }
}
