//! What is made to take much more memory than it has bytes.

use crate::memory::{alone, bounded};
use crate::types::{Defaults, Empty, Tree, read_bounded, whole};
use lumenize_runtime::codec::{Payload, encode_into};
use lumenize_runtime::continuation::program::Program;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The tags of the stable form of a shape.
const U8: u8 = 7;
const STR: u8 = 15;
const UNIT: u8 = 17;
const OPTION: u8 = 32;
const SEQ: u8 = 33;
const MAP: u8 = 34;
const TUPLE: u8 = 35;
const STRUCT: u8 = 36;
const ENUM: u8 = 37;
const BEFORE: u8 = 38;

const HUGE: u64 = 1 << 60;

/// A value that says its shape in full.
fn of_shape(shape: &[u8], bytes: &[u8]) -> Vec<u8> {
    let shape = [&[1], shape].concat();
    let len = (shape.len() as u32).to_le_bytes();
    [&[254], &len[..], &shape, bytes].concat()
}

fn number(number: u64) -> Vec<u8> {
    postcard::to_stdvec(&number).unwrap()
}

fn text(text: &str) -> Vec<u8> {
    postcard::to_stdvec(text).unwrap()
}

fn refused<T: Payload>(value: &[u8]) -> String {
    match read_bounded::<T>(value) {
        Ok(_) => panic!("it was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn elements_that_take_no_bytes_are_bounded_whatever_they_are_read_as() {
    let _alone = alone();
    for shape in [vec![SEQ, UNIT], vec![SEQ, STRUCT, 0], vec![SEQ, TUPLE, 0]] {
        for elements in [2_100, 1 << 20, HUGE] {
            let value = of_shape(&shape, &number(elements));
            for error in [
                refused::<Vec<()>>(&value),
                refused::<Vec<Empty>>(&value),
                refused::<Vec<Defaults>>(&value),
                refused::<Vec<Vec<Defaults>>>(&value),
                refused::<Vec<[Defaults; 0]>>(&value),
                refused::<Option<Vec<Option<Defaults>>>>(&value),
            ] {
                assert!(error.starts_with("the bytes are not a "), "{error}");
            }
        }
    }
    let few = of_shape(&[SEQ, STRUCT, 0], &number(2_000));
    let read = read_bounded::<Vec<Defaults>>(&few).unwrap();
    assert_eq!(read, vec![Defaults::default(); 2_000]);
    let error = refused::<Vec<Defaults>>(&of_shape(&[SEQ, STRUCT, 0], &number(HUGE)));
    assert!(
        error.contains("too many parts that take no bytes"),
        "{error}"
    );
    // What has a byte beside has no such bound.
    let beside = vec![(Empty {}, 1_u8); 100_000];
    assert_eq!(
        read_bounded::<Vec<(Empty, u8)>>(&whole(&beside)).unwrap(),
        beside
    );
    let entries = of_shape(&[MAP, UNIT, UNIT], &number(HUGE));
    assert!(refused::<BTreeMap<(), ()>>(&entries).contains("too many parts"));
    // And it is refused when it is stored: never found out a month later.
    let many = vec![Empty {}; 2_100];
    let error = encode_into(&many, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("too many parts"), "{error}");
}

/// Each list in a list says that it is as long as all that is left.
#[test]
fn lists_that_lie_about_their_length_get_no_room_for_it() {
    let _alone = alone();
    let tree = whole(&Tree {
        label: 1,
        children: vec![Tree {
            label: 1,
            children: Vec::new(),
        }],
    });
    let shape = tree.len() - 4;
    for claim in [HUGE, 20_000, 100] {
        let mut lies = tree[..shape].to_vec();
        for _ in 0..240 {
            lies.push(2);
            lies.extend(number(claim));
        }
        // What is no number, so that the first of the elements is the last.
        lies.extend(vec![0xff; 30_000]);
        assert!(read_bounded::<Tree>(&lies).is_err());
        assert!(read_bounded::<IgnoredTree>(&lies).is_err());
    }
    // By position, too.
    let lists = whole(&vec![vec![vec![1_u64]]]);
    let lies = [&lists[..lists.len() - 4], &number(HUGE).repeat(3)].concat();
    assert!(read_bounded::<Vec<Vec<Vec<u64>>>>(&lies).is_err());
    let honest = vec![vec![vec![7_u64; 100]; 10]; 10];
    assert_eq!(
        read_bounded::<Vec<Vec<Vec<u64>>>>(&whole(&honest)).unwrap(),
        honest
    );
}

/// The largest honest value that takes room is one of elements of a byte each that are large in memory.
#[test]
fn a_list_takes_its_own_room_and_once_more_the_half_while_it_is_moved() {
    let _alone = alone();
    // serde begins with 1 MiB of elements at most; then it is twice as many each time.
    let first = (1 << 20) / size_of::<Option<String>>();
    for many in [first, first + 1, 16 * first, 16 * first + 1] {
        let list = vec![None::<String>; many];
        assert_eq!(read_bounded::<Vec<Option<String>>>(&whole(&list)), Ok(list));
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Lists(Vec<Lists>);

/// With room in memory for each side, whether there is one or not.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Sides {
    left: Option<Box<Sides>>,
    right: Option<Box<Sides>>,
    label: String,
}

fn fields(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut shape = vec![STRUCT, parts.len() as u8];
    for (name, part) in parts {
        shape.extend(text(name));
        shape.extend(*part);
    }
    shape
}

/// A shape may have a part many times, and a value of it not a byte.
#[test]
fn parts_that_have_no_bytes_are_bounded_whatever_they_are_read_as() {
    let _alone = alone();
    let tuple = |parts: u64, of: &[u8]| [&[TUPLE], &number(parts)[..], of].concat();
    let mut shapes = Vec::new();
    for parts in [1, 354, 4_000] {
        // A tuple of itself many times, and one with others before it, all the way down.
        shapes.push(tuple(parts, &[BEFORE, 0].repeat(parts as usize)));
        for one in [&[UNIT][..], &[TUPLE, 0], &[STRUCT, 0]] {
            let before = [one.repeat(parts as usize), vec![BEFORE, 0]].concat();
            shapes.push(tuple(parts + 1, &before));
            shapes.push([&[SEQ], &tuple(parts, &one.repeat(parts as usize))[..]].concat());
        }
    }
    // Each part is twice the next.
    for last in [&[UNIT][..], &[TUPLE, 0], &[STRUCT, 0]] {
        let tuples: Vec<u8> = [TUPLE, 2].repeat(18);
        let twice: Vec<u8> = (1..=18).rev().flat_map(|part| [BEFORE, part]).collect();
        shapes.push([&tuples[..], last, &twice].concat());
        let sides = (1..=18_u8).rev().fold(last.to_vec(), |inner, part| {
            fields(&[("left", &inner), ("right", &[BEFORE, part])])
        });
        shapes.push([&[SEQ], &sides[..]].concat());
        shapes.push(sides);
    }
    // Names that are read as texts, again and again.
    let names: Vec<String> = (0..200).map(|name| format!("{name}")).collect();
    let units: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &[UNIT][..])).collect();
    let units = fields(&units);
    let again = [BEFORE, 1].repeat(3_000);
    shapes.push(tuple(3_001, &[units, again].concat()));
    let mut refused = 0;
    for shape in shapes {
        for bytes in [vec![], number(3), [number(100), vec![0; 99]].concat()] {
            let value = of_shape(&shape, &bytes);
            let readers: [fn(&[u8]) -> bool; 6] = [
                |value| read_bounded::<Lists>(value).is_ok(),
                |value| read_bounded::<Sides>(value).is_ok(),
                |value| read_bounded::<Vec<Sides>>(value).is_ok(),
                |value| read_bounded::<Vec<BTreeMap<String, ()>>>(value).is_ok(),
                |value| read_bounded::<serde_json::Value>(value).is_ok(),
                |value| read_bounded::<IgnoredTree>(value).is_ok(),
            ];
            refused += readers.iter().filter(|reads| !reads(&value)).count();
        }
    }
    // Others are small, and read.
    assert!(refused > 500, "{refused}");
}

/// A reader refuses what has too many, so it is never stored, however it is found to be alike to what
/// was stored before.
#[test]
fn what_has_too_many_parts_without_bytes_is_not_stored() {
    let _alone = alone();
    let store = |many: usize| encode_into(&vec![(1_u8, (), Empty {}, ()); many], &mut Vec::new());
    assert!(store(1_000).is_ok());
    let error = store(1_100).unwrap_err().to_string();
    assert!(
        error.contains("too many parts that take no bytes"),
        "{error}"
    );
    assert!(store(1_000).is_ok());
}

#[derive(Serialize)]
struct IgnoredTree;

impl<'de> Deserialize<'de> for IgnoredTree {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A name of a field or variant is in the shape once, and may be read as a text in each element.
#[test]
fn names_are_read_as_texts_so_often_and_no_more() {
    let _alone = alone();
    let name = "n".repeat(60_000);
    let variant = [&[ENUM, 1, 0], &text(&name)[..], &[0]].concat();
    let variants = of_shape(
        &[&[SEQ], &variant[..]].concat(),
        &[&number(50)[..], &[0; 50]].concat(),
    );
    let error = refused::<Vec<String>>(&variants);
    assert!(error.contains("too many names"), "{error}");
    let field = [&[STRUCT, 1], &text(&name)[..], &[U8]].concat();
    let fields = of_shape(
        &[&[SEQ], &field[..]].concat(),
        &[&number(50)[..], &[0; 50]].concat(),
    );
    let error = refused::<Vec<BTreeMap<String, u8>>>(&fields);
    assert!(error.contains("too many names"), "{error}");
    let few = of_shape(
        &[&[SEQ], &field[..]].concat(),
        &[&number(5)[..], &[0; 5]].concat(),
    );
    assert_eq!(
        read_bounded::<Vec<BTreeMap<String, u8>>>(&few)
            .unwrap()
            .len(),
        5
    );
}

/// Where it failed, however long the names on the way are.
#[test]
fn what_an_error_says_is_bounded() {
    let _alone = alone();
    #[derive(Serialize)]
    struct Chain;
    impl<'de> Deserialize<'de> for Chain {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            BTreeMap::<String, Chain>::deserialize(deserializer).map(|_| Self)
        }
    }
    let name = "é".repeat(10_000);
    let shape = [&[OPTION, STRUCT, 1], &text(&name)[..], &[BEFORE, 0]].concat();
    let bytes = [vec![1; 40], vec![9]].concat();
    let error = refused::<Chain>(&of_shape(&shape, &bytes));
    assert!(error.len() < 2_000, "{} bytes", error.len());
    assert!(error.contains("at `éé"), "{error}");
}

#[test]
fn shapes_of_many_parts_are_refused_or_fit() {
    let _alone = alone();
    let parts = |tag: u8, count: usize, part: &[u8]| {
        [&[tag], &number(count as u64)[..], &part.repeat(count)].concat()
    };
    let variants: Vec<u8> = (0..50_000_u64)
        .flat_map(|index| [number(index), vec![0, 0]].concat())
        .collect();
    for shape in [
        parts(TUPLE, 100_000, &[BEFORE, 0]),
        parts(TUPLE, 16_000, &[BEFORE, 0]),
        parts(STRUCT, 80_000, &[0, BEFORE, 0]),
        parts(STRUCT, 16_000, &[0, BEFORE, 0]),
        parts(TUPLE, 4_000, &[U8]),
        parts(TUPLE, 4_000, &[SEQ, TUPLE, 0]),
        [&[ENUM], &number(50_000)[..], &variants].concat(),
        vec![OPTION; 200_000],
        [&parts(TUPLE, 60, &[TUPLE, 2])[..], &[UNIT]].concat(),
        [&[STRUCT, 1], &text(&"n".repeat(200_000))[..], &[STR]].concat(),
    ] {
        let value = of_shape(&shape, &[0; 100]);
        assert!(read_bounded::<Vec<Defaults>>(&value).is_err());
        assert!(read_bounded::<Tree>(&value).is_err());
    }
}

#[test]
fn programs_of_many_arguments_fit() {
    let _alone = alone();
    let names: Vec<String> = (0..64).map(|name| format!("{name}")).collect();
    let names = text(&names.join(","));
    for (version, names) in [(2, &[][..]), (3, &names)] {
        let step = [&text("h")[..], &[64], names, &[2; 64]].concat();
        let program = [&[version], &number(256)[..], &step.repeat(256)].concat();
        let read = bounded(program.len(), || Program::decode(&program)).unwrap();
        assert_eq!(read.steps().len(), 256);
    }
    for claims in [
        [&[2], &number(HUGE)[..]].concat(),
        [&[2], &number(256)[..]].concat(),
        [&[2, 1], &number(HUGE)[..]].concat(),
        [&[2, 1], &text("h")[..], &number(HUGE)].concat(),
        [&[2, 1], &text("h")[..], &[1, 3], &number(HUGE)].concat(),
        [&[3, 1], &text("h")[..], &[1], &number(HUGE)].concat(),
        [
            &[3, 1],
            &text("h")[..],
            &[2],
            &text(&",".repeat(500_000)),
            &[2, 2],
        ]
        .concat(),
        [
            &[3, 1],
            &text("h")[..],
            &[64],
            &text(&"a,".repeat(250_000)),
            &[2; 64],
        ]
        .concat(),
    ] {
        assert!(bounded(claims.len(), || Program::decode(&claims)).is_err());
    }
}
