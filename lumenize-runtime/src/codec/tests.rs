//! What is written is read back, whatever path it takes, or refused when it is written.

use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;

fn encode<T: Payload>(value: &T) -> Result<Vec<u8>, CodecError> {
    encode_apart(value).map(|(bytes, _)| bytes)
}

fn refused<T: Payload>(value: &T) -> String {
    let mut out = vec![7];
    let error = encode_into(value, &mut out).unwrap_err();
    assert_eq!(out, [7], "nothing is left behind");
    error.to_string()
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Skips {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<()>,
    second: Option<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Number { value: u32 },
}

#[derive(Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[test]
fn round_trip() {
    let value = (
        1_u8,
        "two".to_owned(),
        Some(3.0_f64),
        vec![(); 4],
        u128::MAX,
    );
    let bytes = encode(&value).unwrap();
    assert_eq!(bytes, postcard::to_stdvec(&value).unwrap());
    assert_eq!(
        decode::<(u8, String, Option<f64>, Vec<()>, u128)>(&bytes).unwrap(),
        value
    );
}

#[test]
fn what_cannot_be_read_back_is_refused_and_the_remedy_named() {
    // The bytes of this one would read back, as another value.
    let skips = Skips {
        first: None,
        second: Some(0),
    };
    let skipped = postcard::to_stdvec(&skips).unwrap();
    assert_ne!(postcard::from_bytes::<Skips>(&skipped).unwrap(), skips);
    let text = refused(&skips);
    assert!(text.contains("the field `first` was skipped"), "{text}");

    for text in [
        text,
        refused(&vec![Skips {
            first: None,
            second: None,
        }]),
        refused(&BTreeMap::from([(
            1,
            Some(Skips {
                first: None,
                second: None,
            }),
        )])),
        refused(&Untagged::Number(1)),
        refused(&Internal::Number { value: 1 }),
        refused(&Flat {
            rest: BTreeMap::new(),
        }),
        refused(&serde_json::json!({"a": 1})),
    ] {
        assert!(text.contains("Json<T>"), "{text}");
    }
}

/// That one value of a type was read back proves nothing for one that takes another path.
#[test]
fn what_is_proven_is_the_path_and_not_the_type() {
    #[derive(Serialize, Deserialize)]
    enum Sometimes {
        Good(u32),
        Unit,
        Bad(serde_json::Value),
        Inner { maybe: Option<Untagged> },
    }
    for _ in 0..3 {
        for good in [
            vec![],
            vec![Sometimes::Good(1)],
            vec![Sometimes::Unit, Sometimes::Good(2)],
            vec![Sometimes::Inner { maybe: None }],
        ] {
            encode(&good).unwrap();
        }
        refused(&vec![Sometimes::Bad(serde_json::json!(1))]);
        refused(&vec![Sometimes::Unit, Sometimes::Bad(serde_json::json!(1))]);
        let maybe = Some(Untagged::Number(1));
        refused(&vec![Sometimes::Inner { maybe }]);
    }
}

/// Where one value ends a list or a variant is seen for the first time, the shape grows; then it
/// stays as it is.
#[test]
fn a_shape_grows_with_what_is_new_and_no_more() {
    #[derive(Serialize, Deserialize, Clone, Copy)]
    enum Kind {
        None,
        Some(u8),
        Named { field: i64 },
    }
    #[derive(Serialize, Deserialize)]
    struct Options {
        a: Option<u8>,
        b: Option<String>,
        c: Option<Vec<u8>>,
        d: Option<(u8, u8)>,
        e: Option<bool>,
        f: Option<Option<char>>,
        kind: Kind,
    }
    let mut rows = std::collections::BTreeSet::new();
    let mut random = crate::engine::ids::Random::seeded(7);
    for _ in 0..10_000 {
        let mut some = || random.below(2) == 1;
        let value = Options {
            a: some().then_some(1),
            b: some().then(String::new),
            c: some().then(|| vec![1; usize::from(some())]),
            d: some().then_some((1, 2)),
            e: some().then_some(true),
            f: some().then(|| some().then_some('x')),
            kind: [Kind::None, Kind::Some(1), Kind::Named { field: 1 }]
                [usize::from(some()) + usize::from(some())],
        };
        let (_, known) = encode_apart(&value).unwrap();
        rows.extend(known.beside());
    }
    assert!((2..=10).contains(&rows.len()), "{} rows", rows.len());
}

#[test]
fn a_value_travels_with_its_shape() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Here {
        first: String,
        second: Option<u32>,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct There {
        second: u64,
        first: String,
    }
    let here = Here {
        first: "x".to_owned(),
        second: Some(7),
    };
    let mut value = Vec::new();
    let len = encode_into(&here, &mut value).unwrap();
    assert_eq!(len, value.len());
    let travelling = with_shape(&value);
    assert!(travelling.len() > value.len());
    let there = There {
        second: 7,
        first: "x".to_owned(),
    };
    assert_eq!(decode_with_reference::<There>(&travelling).unwrap(), there);
    assert_eq!(decode_with_reference::<Here>(&travelling).unwrap(), here);
    for end in 0..travelling.len() {
        assert!(decode_with_reference::<There>(&travelling[..end]).is_err());
    }
    // By its hash alone, it is missed where nobody knows the shape.
    value[1] ^= 1;
    let error = decode_with_reference::<There>(&value).unwrap_err();
    assert!(
        error.to_string().contains("its shape is missing"),
        "{error}"
    );
}

/// A list in a type, and a type within itself, of any depth that is allowed.
#[test]
fn recursive_values_are_stored_by_one_shape() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Link {
        next: Option<Box<Link>>,
    }
    let chain = |depth: usize| {
        (0..depth).fold(Link { next: None }, |next, _| Link {
            next: Some(Box::new(next)),
        })
    };
    let mut first = Vec::new();
    encode_into(&chain(2), &mut first).unwrap();
    let (_, known) = encode_apart(&chain(2)).unwrap();
    // What is written is read, or else refused when it is written.
    for depth in [249, 250, 251, 300, 499, 600] {
        let mut value = Vec::new();
        let written = encode_into(&chain(depth), &mut value);
        assert_eq!(written.is_ok(), depth <= 249, "{depth}");
        if written.is_ok() {
            assert_eq!(decode_with_reference::<Link>(&value).unwrap(), chain(depth));
            assert_eq!(check(&with_shape(&value)), Ok(()));
        }
    }
    for depth in [3, 50, 200] {
        let mut value = Vec::new();
        encode_into(&chain(depth), &mut value).unwrap();
        assert!(value.starts_with(known.reference()), "{depth}");
        assert_eq!(decode_with_reference::<Link>(&value).unwrap(), chain(depth));
    }
    // Deeper than a reader's stack may be.
    let mut deep = known.reference().to_vec();
    deep.extend(vec![1; 100_000]);
    let error = decode_with_reference::<Link>(&deep).unwrap_err();
    assert!(error.to_string().contains("500 deep"), "{error}");
}

/// A newtype has no part of its own, and is known by its name all the same.
#[test]
fn recursive_newtypes_are_stored_by_one_shape() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Lists(Vec<Lists>);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Maps(BTreeMap<String, Option<Maps>>);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Outer(Inner);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Inner(Option<Box<Outer>>, u8);

    fn one_shape<T: Payload + PartialEq + std::fmt::Debug>(nested: impl Fn(usize) -> T) {
        // Two levels are met, then any number.
        let (_, known) = encode_apart(&nested(2)).unwrap();
        for depth in [3, 4, 100, 200] {
            let mut value = Vec::new();
            encode_into(&nested(depth), &mut value).unwrap();
            assert!(value.starts_with(known.reference()), "{depth}");
            assert_eq!(decode_with_reference::<T>(&value).unwrap(), nested(depth));
            assert_eq!(check(&with_shape(&value)), Ok(()));
        }
        let error = encode_into(&nested(600), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("500 deep"), "{error}");
    }
    one_shape(|depth| (1..depth).fold(Lists(vec![]), |inner, _| Lists(vec![inner, Lists(vec![])])));
    one_shape(|depth| {
        (1..depth).fold(Maps(BTreeMap::new()), |inner, _| {
            Maps(BTreeMap::from([("a".to_owned(), Some(inner))]))
        })
    });
    one_shape(|depth| {
        (1..depth).fold(Outer(Inner(None, 0)), |outer, _| {
            Outer(Inner(Some(Box::new(outer)), 7))
        })
    });
}

/// A newtype in itself that is another type there, and what hides that it is recursive.
#[test]
fn what_only_looks_recursive_is_stored_right_and_what_has_no_name_is_bounded() {
    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    struct Maybe<T>(Option<T>);
    type Twice = Maybe<Maybe<u32>>;
    let values = [
        Maybe(None),
        Maybe(Some(Maybe(None))),
        Maybe(Some(Maybe(Some(5)))),
        Maybe(Some(Maybe(None))),
    ];
    let mut stored = Vec::new();
    for value in &values {
        let mut bytes = Vec::new();
        encode_into(value, &mut bytes).unwrap();
        stored.push(bytes);
    }
    for (value, stored) in values.iter().zip(&stored) {
        assert_eq!(decode_with_reference::<Twice>(stored).unwrap(), *value);
        let all = (value.clone(), value.clone(), 7_u8);
        let mut bytes = Vec::new();
        encode_into(&all, &mut bytes).unwrap();
        let read = decode_with_reference::<(Twice, Twice, u8)>(&bytes).unwrap();
        assert_eq!(read, all);
    }

    #[derive(PartialEq, Debug)]
    struct Nameless(Vec<Nameless>);
    impl Serialize for Nameless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer)
        }
    }
    impl<'de> Deserialize<'de> for Nameless {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Vec::deserialize(deserializer).map(Nameless)
        }
    }
    let nested = |depth| (0..depth).fold(Nameless(vec![]), |inner, _| Nameless(vec![inner]));
    let mut shapes = std::collections::BTreeSet::new();
    for depth in 0..300 {
        match encode_apart(&nested(depth)) {
            Ok((bytes, known)) => {
                assert_eq!(decode::<Nameless>(&bytes).unwrap(), nested(depth));
                shapes.insert(known.bytes().to_vec());
            }
            Err(error) => {
                assert!(depth >= 100, "{depth}: {error}");
                assert!(error.to_string().contains("nested more than"), "{error}");
            }
        }
    }
    assert_eq!(
        shapes.len(),
        100,
        "one for each depth that a shape may have"
    );
}

/// A type within itself whose values were all flat: bytes that go deeper are not of its shape.
#[test]
fn what_comes_from_elsewhere_is_held_against_its_shape() {
    #[derive(Serialize, Deserialize)]
    enum Nested {
        Flat(u8),
        Deeper(Box<Nested>),
    }
    let mut value = Vec::new();
    encode_into(&Nested::Flat(1), &mut value).unwrap();
    let honest = with_shape(&value).into_owned();
    assert_eq!(check(&honest), Ok(()));
    let mut hostile = honest[..honest.len() - 2].to_vec();
    hostile.extend(vec![1; 100_000]);
    assert_eq!(
        check(&hostile),
        Err(Unread::Damaged("it is not of the shape that it says"))
    );
    assert!(check(&honest[..honest.len() - 1]).is_err());
    assert!(check(&[&honest[..], &[0]].concat()).is_err());
    // Read by position, it is the type that says how deep.
    encode_into(&Nested::Deeper(Box::new(Nested::Flat(1))), &mut value).unwrap();
}

#[test]
fn elements_that_take_no_bytes_are_bounded() {
    let mut value = Vec::new();
    encode_into(&vec![(); 3], &mut value).unwrap();
    assert_eq!(decode_with_reference::<Vec<()>>(&value).unwrap(), [(); 3]);
    value.pop();
    value.extend(postcard::to_stdvec(&(1_u64 << 60)).unwrap());
    let error = decode_with_reference::<Vec<()>>(&value).unwrap_err();
    assert!(error.to_string().contains("too many parts"), "{error}");

    type Nothings = BTreeMap<(), ()>;
    let mut value = Vec::new();
    encode_into(&Nothings::from([((), ())]), &mut value).unwrap();
    assert_eq!(decode_with_reference::<Nothings>(&value).unwrap().len(), 1);
    value.pop();
    value.extend(postcard::to_stdvec(&(1_u64 << 60)).unwrap());
    let error = decode_with_reference::<Nothings>(&value).unwrap_err();
    assert!(error.to_string().contains("too many parts"), "{error}");
}

/// A name is written once, and may be read as a text as often as there are elements.
#[test]
fn texts_made_of_names_are_bounded() {
    const NAME: &str = match std::str::from_utf8(&[b'x'; 1_000]) {
        Ok(name) => name,
        Err(_) => "",
    };
    struct Long;
    impl Serialize for Long {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit_variant("Long", 0, NAME)
        }
    }
    impl<'de> Deserialize<'de> for Long {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            enum Any {
                Long,
            }
            Any::deserialize(deserializer).map(|Any::Long| Long)
        }
    }
    let read = |elements: usize| {
        let mut value = Vec::new();
        encode_into(&Vec::from_iter((0..elements).map(|_| Long)), &mut value).unwrap();
        decode_with_reference::<Vec<String>>(&value)
    };
    assert_eq!(read(1_000).unwrap(), vec![NAME; 1_000]);
    let error = read(3_000).unwrap_err();
    assert!(error.to_string().contains("too many names"), "{error}");
}

/// No value has the shape of which nothing is known, so none is read by it, neither by name nor by
/// position.
#[test]
fn bytes_of_no_shape_are_refused() {
    type Unmet = Vec<(((),), ())>;
    let huge = postcard::to_stdvec(&(1_u64 << 60)).unwrap();
    let value = [&reference::in_full(&[1, 0]), huge.as_slice()].concat();
    assert!(decode_with_reference::<Unmet>(&value).is_err());
    let error = decode_with_reference::<u64>(&value).unwrap_err();
    assert!(error.to_string().contains("nothing"), "{error}");
}

#[test]
fn json_is_the_remedy() {
    let value = Json(serde_json::json!({"a": [1, null]}));
    assert_eq!(
        decode::<Json<serde_json::Value>>(&encode(&value).unwrap()).unwrap(),
        value
    );
    let skips = Json(Skips {
        first: None,
        second: Some(0),
    });
    assert_eq!(
        decode::<Json<Skips>>(&encode(&skips).unwrap()).unwrap(),
        skips
    );
}

#[test]
fn every_byte_is_consumed() {
    let mut bytes = encode(&5_u32).unwrap();
    bytes.push(0);
    assert!(decode::<u32>(&bytes).is_err());
    assert!(decode::<u32>(&[]).is_err());
    assert!(decode::<String>(&[200, 1, b'x']).is_err());
}

/// What is read by position, and fails, is read once more, by its names; and if that fails, too, that says where.
#[test]
fn what_cannot_be_read_by_position_is_read_by_its_names() {
    thread_local! {
        static FAILS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    #[derive(Serialize, PartialEq, Debug)]
    struct Moody(u32);
    impl<'de> Deserialize<'de> for Moody {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u32::deserialize(deserializer)?;
            match FAILS.get().checked_sub(1) {
                Some(left) => {
                    FAILS.set(left);
                    Err(serde::de::Error::custom("not now"))
                }
                None => Ok(Self(number)),
            }
        }
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Holds {
        moody: Moody,
    }
    let value = Holds { moody: Moody(7) };
    let mut stored = Vec::new();
    encode_into(&value, &mut stored).unwrap();
    // Met before, so that it is read by position.
    decode_with_reference::<Holds>(&stored).unwrap();
    for (fails, read) in [(0, true), (1, true), (2, false)] {
        FAILS.set(fails);
        match decode_with_reference::<Holds>(&stored) {
            Ok(again) => assert!(read && again == value, "{fails}"),
            Err(error) => {
                assert!(!read, "{error}");
                assert!(error.to_string().contains("at `moody`: not now"), "{error}");
            }
        }
        assert_eq!(FAILS.get(), 0, "it was asked as often as it failed");
    }
}

/// What stands for an argument that was not stored.
#[test]
fn none_is_read_as_what_can_be_none_and_as_nothing_else() {
    assert_eq!(decode_with_reference::<Option<u8>>(NONE), Ok(None));
    assert_eq!(
        decode_with_reference::<Option<Option<String>>>(NONE),
        Ok(None)
    );
    assert!(decode_with_reference::<()>(NONE).is_err());
    assert!(decode_with_reference::<Vec<u8>>(NONE).is_err());
    assert!(decode_with_reference::<std::collections::BTreeMap<u8, u8>>(NONE).is_err());
    assert!(decode_with_reference::<Json<Option<u8>>>(NONE).is_err());
    assert_eq!(check(NONE), Ok(()));
    assert_eq!(
        serde_json::to_value(show(NONE).unwrap()).unwrap(),
        serde_json::Value::Null
    );
}
