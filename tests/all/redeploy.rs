//! What was stored as one type is read as another: right, or refused with the reason, never wrong.

use lumenize::prelude::*;
use lumenize::testing::{Impact, Lock, LockError, World};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Write as _};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// A row of the table.
struct Change {
    what: &'static str,
    old: &'static str,
    new: &'static str,
    outcome: Result<String, String>,
    expected: Result<String, &'static str>,
    /// What a lock file of the old type says of the new one, if anything.
    plan: Option<Impact>,
}

/// An object whose handler takes a `T`, and its lock file.
macro_rules! locked {
    ($path:expr) => {{
        struct Desk;

        #[durable_object]
        impl Desk {
            pub fn new(_svc: Services<Self>) -> Self {
                Self
            }

            #[allow(dead_code)] // nobody runs it
            pub fn take(&mut self, _value: T) {}
        }
        Lock::at(&$path).object::<Desk>()
    }};
}

/// Stores a value of the old type and reads it as the new one.
macro_rules! change {
    ($svc:ident, $table:ident, $what:literal,
        { $($old:tt)* } $value:expr, { $($new:tt)* } => $expected:expr) => {
        change!(@ $svc, $table, $what, { $($old)* } $value, { $($new)* }, {
            let expected: T = $expected;
            Ok(format!("{expected:?}"))
        });
    };
    ($svc:ident, $table:ident, $what:literal,
        { $($old:tt)* } $value:expr, { $($new:tt)* } ! $reason:literal) => {
        change!(@ $svc, $table, $what, { $($old)* } $value, { $($new)* }, Err($reason));
    };
    (@ $svc:ident, $table:ident, $what:literal,
        { $($old:tt)* } $value:expr, { $($new:tt)* }, $expected:expr) => {{
        let directory = tempfile::tempdir().unwrap();
        let lock = directory.path().join("lumenize.lock");
        {
            #[derive(Serialize, Deserialize)]
            #[allow(dead_code)] // not every variant is stored
            $($old)*
            let value: T = $value;
            $svc.put("value", &value)?;
            locked!(lock).update().unwrap();
        }
        #[derive(Serialize, Deserialize, Debug)]
        $($new)*
        // Twice: what was resolved is read by position from then on, where that is possible.
        let read: Result<Option<T>, lumenize::Error> = $svc.get("value");
        let again: Result<Option<T>, lumenize::Error> = $svc.get("value");
        assert_eq!(format!("{read:?}"), format!("{again:?}"), $what);
        $table.push(Change {
            what: $what,
            old: stringify!($($old)*),
            new: stringify!($($new)*),
            outcome: match read {
                Ok(value) => Ok(format!("{:?}", value.unwrap())),
                Err(error) => Err(error.to_string()),
            },
            expected: $expected,
            plan: match locked!(lock).check() {
                Ok(()) => None,
                Err(LockError::Differs { plan, .. }) => Some(plan.impact()),
                Err(error) => panic!("{}: {error}", $what),
            },
        });
    }};
}

pub struct Changes {
    svc: Services<Self>,
}

#[durable_object]
impl Changes {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn try_all(&mut self) -> Result<String> {
        let table = table(&mut self.svc)?;
        plans_agree(&table)?;
        let mut text = String::new();
        for change in &table {
            let outcome = match (&change.outcome, &change.expected) {
                (Ok(read), Ok(expected)) if read == expected => format!("`{read}`"),
                (Err(error), Err(reason)) if error.contains(reason) => {
                    let reason = error
                        .split_once(": ")
                        .map_or(&**error, |(_, reason)| reason);
                    format!("refused: {reason}")
                }
                (outcome, expected) => {
                    let what = change.what;
                    return Err(format!("{what}: {outcome:?} instead of {expected:?}").into());
                }
            };
            let cell = |text: &str| text.replace('|', "\\|");
            writeln!(
                text,
                "| {} | `{}` | `{}` | {} | {} |",
                change.what,
                cell(change.old),
                cell(change.new),
                cell(&outcome),
                change.plan.map_or("—".to_owned(), |plan| plan.to_string())
            )?;
        }
        Ok(text)
    }
}

/// What a type takes is its own code's to say, and no lock file has that.
const UNSEEN: &[&str] = &[
    "a zero becomes a non-zero value",
    "a value must be valid from now on, and is not",
];

/// What a plan calls safe is read, always, and what it calls breaking is not, at least once.
fn plans_agree(table: &[Change]) -> std::result::Result<(), String> {
    let mut wrong = Vec::new();
    for change in table.iter().filter(|change| !UNSEEN.contains(&change.what)) {
        let is_same = |other: &&Change| {
            (other.old, other.new) == (change.old, change.new) && !UNSEEN.contains(&other.what)
        };
        let mut same = table.iter().filter(is_same);
        let is_right = match change.plan {
            None | Some(Impact::Safe) => same.all(|change| change.outcome.is_ok()),
            // What was stored may be lost without a word.
            Some(Impact::NeedsName) => true,
            Some(_) => same.any(|change| change.outcome.is_err()),
        };
        if !is_right {
            wrong.push((change.what, change.plan, &change.outcome));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{wrong:#?}")),
    }
}

fn table(svc: &mut Services<Changes>) -> Result<Vec<Change>, lumenize::Error> {
    let mut t = Vec::new();
    change!(svc, t, "nothing changes", { struct T { a: u32, b: String } } T { a: 1, b: "x".into() },
        { struct T { a: u32, b: String } } => T { a: 1, b: "x".into() });
    change!(svc, t, "a field is added, with a default", { struct T { a: u32 } } T { a: 1 },
        { struct T { a: u32, #[serde(default)] b: u32 } } => T { a: 1, b: 0 });
    change!(svc, t, "an optional field is added", { struct T { a: u32 } } T { a: 1 },
        { struct T { a: u32, b: Option<u32> } } => T { a: 1, b: None });
    change!(svc, t, "a field is added, without a default", { struct T { a: u32 } } T { a: 1 },
        { struct T { a: u32, b: u32 } } ! "missing field `b`");
    change!(svc, t, "a field is removed", { struct T { a: Vec<String>, b: u32 } } T { a: vec!["x".into()], b: 7 },
        { struct T { b: u32 } } => T { b: 7 });
    change!(svc, t, "fields with all kinds of values are removed",
        { struct T { a: Vec<Colour>, b: Option<Shade>, c: Shade, d: Shade, e: Shade, f: BTreeMap<u8, (char, f32)>, g: (), h: u128, i: bool, z: u8 } }
        T { a: vec![Colour::Red], b: Some(Shade::Plain), c: Shade::Of(Colour::Red), d: Shade::Mixed(1, -2),
            e: Shade::Named { depth: 3.5, name: "x".into() }, f: BTreeMap::from([(1, ('x', 0.5))]), g: (), h: u128::MAX, i: true, z: 9 },
        { struct T { z: u8 } } => T { z: 9 });
    change!(svc, t, "a field is removed and unknown ones are denied", { struct T { a: u32, b: u32 } } T { a: 1, b: 7 },
        { #[serde(deny_unknown_fields)] struct T { b: u32 } } ! "unknown field `a`");
    change!(svc, t, "fields change places", { struct T { a: String, b: String } } T { a: "a".into(), b: "b".into() },
        { struct T { b: String, a: String } } => T { b: "b".into(), a: "a".into() });
    change!(svc, t, "a field is renamed, with an alias", { struct T { old: u32 } } T { old: 1 },
        { struct T { #[serde(alias = "old")] new: u32 } } => T { new: 1 });
    change!(svc, t, "a field is renamed, without", { struct T { old: u32 } } T { old: 1 },
        { struct T { new: u32 } } ! "missing field `new`");
    change!(svc, t, "two fields swap their names", { struct T { a: u32, b: u32 } } T { a: 1, b: 2 },
        { struct T { #[serde(rename = "b")] a: u32, #[serde(rename = "a")] b: u32 } } => T { a: 2, b: 1 });
    change!(svc, t, "a newtype becomes a transparent struct", { struct T(u32); } T(5), { #[serde(transparent)] struct T { a: u32 } } => T { a: 5 });
    change!(svc, t, "a value becomes a newtype", { struct T { a: u32 } } T { a: 5 },
        { struct T { a: std::num::Wrapping<u32> } } => T { a: std::num::Wrapping(5) });
    change!(svc, t, "a struct becomes a newtype", { struct T { a: u32 } } T { a: 5 },
        { struct T(u32); } ! "a struct was stored");
    change!(svc, t, "a newtype becomes a struct", { struct T(u32); } T(5),
        { struct T { a: u32 } } ! "a u32 was stored");
    change!(svc, t, "a tuple struct becomes a struct", { struct T(String, String); } T("a".into(), "b".into()),
        { struct T { a: String, b: String } } ! "a tuple was stored");
    change!(svc, t, "a struct becomes a map", { struct T { a: u32, b: u32 } } T { a: 1, b: 2 },
        { struct T(BTreeMap<String, u32>); } => T(BTreeMap::from([("a".into(), 1), ("b".into(), 2)])));
    change!(svc, t, "a map becomes a struct", { struct T(BTreeMap<String, u32>); } T(BTreeMap::from([("a".into(), 1)])),
        { struct T { a: u32 } } => T { a: 1 });
    change!(svc, t, "a map becomes a struct, and lacks an entry", { struct T(BTreeMap<String, u32>); } T(BTreeMap::new()),
        { struct T { a: u32 } } ! "missing field `a`");
    change!(svc, t, "a variant is added in front", { enum T { A, B(u32) } } T::B(1),
        { enum T { New, A, B(u32) } } => T::B(1));
    change!(svc, t, "variants change places", { enum T { A(u32), B(u32) } } T::A(1),
        { enum T { B(u32), A(u32) } } => T::A(1));
    change!(svc, t, "a variant is removed that was not stored", { enum T { A, B } } T::B, { enum T { B } } => T::B);
    change!(svc, t, "the stored variant is removed", { enum T { A, B } } T::A,
        { enum T { B } } ! "unknown variant `A`");
    change!(svc, t, "the stored variant is removed, and another takes all", { enum T { A, B } } T::A,
        { enum T { B, #[serde(other)] Other } } => T::Other);
    change!(svc, t, "a variant is renamed, with an alias", { enum T { Old(u32) } } T::Old(1),
        { enum T { #[serde(alias = "Old")] New(u32) } } => T::New(1));
    change!(svc, t, "a unit variant gets fields with defaults", { enum T { A } } T::A,
        { enum T { A { #[serde(default)] b: u32 } } } => T::A { b: 0 });
    change!(svc, t, "a unit variant gets a field without", { enum T { A } } T::A,
        { enum T { A { b: u32 } } } ! "missing field `b`");
    change!(svc, t, "a variant loses its content", { enum T { A(u32) } } T::A(1),
        { enum T { A } } ! "one value, nothing is expected");
    change!(svc, t, "a variant's fields change places", { enum T { A { a: u8, b: u8 } } } T::A { a: 1, b: 2 },
        { enum T { A { b: u8, a: u8 } } } => T::A { b: 2, a: 1 });
    change!(svc, t, "a field becomes optional", { struct T { a: u32 } } T { a: 1 },
        { struct T { a: Option<u32> } } => T { a: Some(1) });
    change!(svc, t, "an optional field becomes required, and was there", { struct T { a: Option<u32> } } T { a: Some(1) },
        { struct T { a: u32 } } => T { a: 1 });
    change!(svc, t, "an optional field becomes required, and was not", { struct T { a: Option<u32> } } T { a: None },
        { struct T { a: u32 } } ! "at `a`: invalid type: Option value");
    change!(svc, t, "an integer is widened", { struct T { a: u8 } } T { a: 200 },
        { struct T { a: Option<u64> } } => T { a: Some(200) });
    change!(svc, t, "an integer is narrowed, and fits", { struct T { a: u64 } } T { a: 200 },
        { struct T { a: u8 } } => T { a: 200 });
    change!(svc, t, "an integer is narrowed, and does not", { struct T { a: u64 } } T { a: 256 },
        { struct T { a: u8 } } ! "at `a`: invalid value: integer `256`");
    change!(svc, t, "an integer becomes signed", { struct T { a: u32 } } T { a: u32::MAX },
        { struct T { a: i64 } } => T { a: 4_294_967_295 });
    change!(svc, t, "a negative integer becomes unsigned", { struct T { a: i32 } } T { a: -1 },
        { struct T { a: u32 } } ! "integer `-1`");
    change!(svc, t, "an integer becomes a float, exactly", { struct T { a: i32 } } T { a: -3 },
        { struct T { a: f64 } } => T { a: -3.0 });
    change!(svc, t, "a large integer becomes a float, exactly", { struct T { a: u64 } } T { a: 1 << 53 },
        { struct T { a: f64 } } => T { a: 9_007_199_254_740_992.0 });
    change!(svc, t, "a large integer becomes a float, inexactly", { struct T { a: u64 } } T { a: (1 << 53) + 1 },
        { struct T { a: f64 } } ! "9007199254740993 is not exact");
    change!(svc, t, "a float becomes an integer", { struct T { a: f64 } } T { a: 1.0 },
        { struct T { a: u32 } } ! "floating point `1.0`");
    change!(svc, t, "a float is narrowed, exactly", { struct T { a: f64, b: f64 } } T { a: 0.5, b: f64::NAN },
        { struct T { a: f32, b: f32 } } => T { a: 0.5, b: f32::NAN });
    change!(svc, t, "a float is narrowed, inexactly", { struct T { a: f64, b: f64 } } T { a: 0.1, b: 0.5 },
        { struct T { a: f32, b: f32 } } ! "floating point `0.1`");
    change!(svc, t, "a 128-bit integer becomes smaller, and fits", { struct T { a: u128, b: i128 } } T { a: 1 << 63, b: -1 },
        { struct T { a: u64, b: i8 } } => T { a: 1 << 63, b: -1 });
    change!(svc, t, "a 128-bit integer becomes smaller, and does not fit", { struct T { a: u128, b: i128 } } T { a: 1, b: 1 << 100 },
        { struct T { a: u64, b: i8 } } ! "1267650600228229401496703205376");
    change!(svc, t, "a 128-bit integer stays", { struct T { a: u128, b: i128, c: u32 } } T { a: u128::MAX, b: i128::MIN, c: 1 },
        { struct T { b: i128, a: u128 } } => T { b: i128::MIN, a: u128::MAX });
    change!(svc, t, "a string becomes an enum", { struct T { a: String } } T { a: "Red".into() },
        { struct T { a: Colour } } => T { a: Colour::Red });
    change!(svc, t, "an enum becomes a string", { struct T { a: Colour } } T { a: Colour::Red },
        { struct T { a: String } } => T { a: "Red".into() });
    change!(svc, t, "a string becomes an enum that has no such variant", { struct T { a: String } } T { a: "Pink".into() },
        { struct T { a: Colour } } ! "unknown variant `Pink`");
    change!(svc, t, "a string becomes a number", { struct T { a: String } } T { a: "1".into() },
        { struct T { a: u32 } } ! "at `a`: a string was stored, u32 is expected");
    change!(svc, t, "a bool becomes a number", { struct T { a: bool } } T { a: true },
        { struct T { a: u8 } } ! "a bool was stored");
    change!(svc, t, "a char becomes a string", { struct T { a: char } } T { a: 'ä' },
        { struct T { a: String } } => T { a: "ä".into() });
    change!(svc, t, "a tuple grows", { struct T { a: (u8, u8) } } T { a: (1, 2) },
        { struct T { a: (u8, u8, u8) } } ! "invalid length 2");
    change!(svc, t, "a tuple shrinks", { struct T { a: (u8, u8, u8) } } T { a: (1, 2, 3) },
        { struct T { a: (u8, u8) } } ! "3 values were stored, 2 are taken");
    change!(svc, t, "an array becomes a list", { struct T { a: [u8; 3] } } T { a: [1, 2, 3] },
        { struct T { a: Vec<u32> } } => T { a: vec![1, 2, 3] });
    change!(svc, t, "a list becomes an array that is shorter", { struct T { a: Vec<u8> } } T { a: vec![1, 2, 3] },
        { struct T { a: [u8; 2] } } ! "3 values were stored, 2 are taken");
    change!(svc, t, "a map's keys and values are widened", { struct T { a: BTreeMap<u32, u8> } } T { a: BTreeMap::from([(1, 2)]) },
        { struct T { a: HashMap<u64, Option<u16>> } } => T { a: HashMap::from([(1, Some(2))]) });
    change!(svc, t, "a list of pairs becomes a map", { struct T { a: Vec<(u8, u8)> } } T { a: vec![(1, 2)] },
        { struct T { a: BTreeMap<u8, u8> } } ! "a list was stored, a map is expected");
    change!(svc, t, "a nested struct changes", { struct T { a: Vec<Inner> } } T { a: vec![Inner { x: 1, y: "y".into() }] },
        { struct T { a: Vec<Grown> } } => T { a: vec![Grown { y: "y".into(), z: 0, x: 1 }] });
    change!(svc, t, "a recursive type changes", { struct T { n: u32, next: Option<Box<T>> } }
        T { n: 1, next: Some(Box::new(T { n: 2, next: Some(Box::new(T { n: 3, next: None })) })) },
        { struct T { next: Option<Box<T>>, n: u64, #[serde(default)] label: String } }
        => T { n: 1, label: String::new(), next: Some(Box::new(T { n: 2, label: String::new(),
            next: Some(Box::new(T { n: 3, label: String::new(), next: None })) })) });
    change!(svc, t, "a recursive enum's variants change places", { enum T { Num(i64), Neg(Box<T>), Add(Box<T>, Box<T>) } }
        T::Add(Box::new(T::Neg(Box::new(T::Num(1)))), Box::new(T::Num(2))),
        { enum T { Add(Box<T>, Box<T>), Neg(Box<T>), Num(i64) } }
        => T::Add(Box::new(T::Neg(Box::new(T::Num(1)))), Box::new(T::Num(2))));
    change!(svc, t, "a generic type in two instances", { struct T { a: Pair<u8>, b: Pair<Pair<String>> } }
        T { a: Pair { left: 1, right: 2 }, b: Pair { left: Pair { left: "a".into(), right: "b".into() },
            right: Pair { left: "c".into(), right: "d".into() } } },
        { struct T { b: Pair<Pair<String>>, a: Pair<u16> } }
        => T { b: Pair { left: Pair { left: "a".into(), right: "b".into() },
            right: Pair { left: "c".into(), right: "d".into() } }, a: Pair { left: 1, right: 2 } });
    change!(svc, t, "ids, dates, durations and addresses stay", { struct T { a: uuid::Uuid, b: DateTime<Utc>, c: Duration, d: IpAddr, e: u8 } }
        T { a: uuid::Uuid::from_u128(7), b: DateTime::from_timestamp(7, 0).unwrap(), c: Duration::from_nanos(7), d: IpAddr::from([127, 0, 0, 1]), e: 1 },
        { struct T { d: IpAddr, c: Duration, b: DateTime<Utc>, a: uuid::Uuid } }
        => T { d: IpAddr::from([127, 0, 0, 1]), c: Duration::from_nanos(7), b: DateTime::from_timestamp(7, 0).unwrap(), a: uuid::Uuid::from_u128(7) });
    change!(svc, t, "owned, boxed and non-zero values", { struct T { a: String, b: u32, c: u64 } } T { a: "x".into(), b: 5, c: 6 },
        { struct T { c: Box<u64>, b: NonZeroU32, a: Cow<'static, str> } }
        => T { c: Box::new(6), b: NonZeroU32::new(5).unwrap(), a: "x".into() });
    change!(svc, t, "a zero becomes a non-zero value", { struct T { a: u32 } } T { a: 0 },
        { struct T { a: NonZeroU32 } } ! "at `a`: invalid value: integer `0`");
    change!(svc, t, "a value must be valid from now on, and is", { struct T { a: u32 } } T { a: 3 },
        { struct T { #[serde(default)] b: bool, a: Odd } } => T { b: false, a: Odd(3) });
    change!(svc, t, "a value must be valid from now on, and is not", { struct T { a: u32 } } T { a: 2 },
        { struct T { #[serde(default)] b: bool, a: Odd } } ! "at `a`: 2 is even");
    change!(svc, t, "bytes become a list", { struct T { #[serde(with = "serde_bytes")] a: Vec<u8>, b: u8 } } T { a: vec![1, 2], b: 0 },
        { struct T { a: Vec<u16> } } => T { a: vec![1, 2] });
    change!(svc, t, "a list becomes bytes", { struct T { a: Vec<u8>, b: u8 } } T { a: vec![1, 2], b: 0 },
        { struct T { #[serde(with = "serde_bytes")] a: Vec<u8> } } => T { a: vec![1, 2] });
    Ok(t)
}

#[derive(Serialize, Deserialize, Debug)]
enum Colour {
    Red,
}

#[derive(Serialize, Deserialize, Debug)]
enum Shade {
    Plain,
    Of(Colour),
    Mixed(u8, i16),
    Named { depth: f64, name: String },
}

#[derive(Serialize, Deserialize, Debug)]
struct Inner {
    x: u8,
    y: String,
}

#[derive(Serialize, Deserialize, Debug)]
struct Grown {
    y: String,
    #[serde(default)]
    z: u8,
    x: u32,
}

#[derive(Serialize, Deserialize, Debug)]
struct Pair<P> {
    left: P,
    right: P,
}

use lumenize_tests::Odd;

/// `UPDATE=1` writes the table into the guide.
#[test]
fn each_change_is_right_or_refused_with_the_reason() {
    let mut world = World::new(1);
    let table = world
        .object::<Changes>("main")
        .run(Changes::c().try_all())
        .unwrap();
    assert!(table.lines().count() >= 40);
    hold_table(
        "<!-- the table: written by tests/all/redeploy.rs -->\n\n",
        "| What changes | Stored as | Read as | Outcome | In the plan |\n",
        &table,
    );
}

/// Holds a table of four columns against the one behind `begin` in the guide, which ends before an empty
/// line or with the guide. `UPDATE=1` writes it there.
pub(crate) fn hold_table(begin: &str, head: &str, rows: &str) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/redeploy.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let (text, behind) = guide.split_once(begin).unwrap();
    let end = behind.find("\n\n").map_or(behind.len(), |end| end + 1);
    let (shown, rest) = behind.split_at(end);
    let columns = "| --- ".repeat(head.matches('|').count() - 1);
    let expected = format!("{head}{columns}|\n{rows}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{text}{begin}{expected}{rest}")).unwrap();
    } else {
        assert_eq!(shown, expected, "run it again with UPDATE=1");
    }
}

/// Three releases of one object.
pub(crate) mod releases {
    macro_rules! release {
        ($module:ident { $($person:tt)* } $text:expr) => {
            pub mod $module {
                use lumenize::prelude::*;

                #[derive(Serialize, Deserialize)]
                pub struct Person { $($person)* }

                pub struct Greeter { svc: Services<Self> }

                #[durable_object]
                impl Greeter {
                    pub fn new(svc: Services<Self>) -> Self { Self { svc } }

                    pub fn greet_at(&mut self, due: DateTime<Utc>, person: Person) -> Result<()> {
                        let steps = Self::c().same(person).then(|person| Self::c().greet(person));
                        self.svc.alarms.schedule(due, steps)?;
                        Ok(())
                    }

                    pub fn greeted(&self) -> Result<Vec<String>> {
                        Ok(self.svc.get("greeted")?.unwrap_or_default())
                    }

                    fn same(&mut self, person: Person) -> Person { person }

                    fn greet(&mut self, person: Person) -> Result<()> {
                        let mut greeted = self.greeted()?;
                        let text: fn(Person) -> String = $text;
                        greeted.push(text(person));
                        Ok(self.svc.put("greeted", &greeted)?)
                    }
                }
            }
        };
    }

    release!(first { pub name: String, pub age: u8, pub nick: String } |person| person.name);
    release!(second { pub nick: String, pub age: u64, pub name: String, pub email: String }
        |person| format!("{} {}", person.name, person.email));
    release!(third { pub nick: String, pub age: u64, pub name: String, #[serde(default)] pub email: String }
        |person| format!("{} alias {}, {}{}", person.name, person.nick, person.age, person.email));
}

/// What the first release stored, the second can't read, and the third can.
#[tokio::test]
async fn stored_arguments_are_read_by_name_by_later_releases() {
    use lumenize::native::Host;
    use releases::{first, second, third};

    let directory = tempfile::tempdir().unwrap();
    let open = || Host::open(directory.path()).unwrap();
    let host = open().register::<first::Greeter>().start().unwrap();
    let person = first::Person {
        name: "Ada".to_owned(),
        age: 36,
        nick: "A.".to_owned(),
    };
    let now = DateTime::<Utc>::from(std::time::SystemTime::now());
    let due = now + Duration::from_millis(200);
    host.object::<first::Greeter>("main")
        .run(first::Greeter::c().greet_at(due, person))
        .await
        .unwrap();
    host.shutdown().unwrap();

    let host = open().register::<second::Greeter>().start().unwrap();
    let greeter = host.object::<second::Greeter>("main");
    let begin = std::time::Instant::now();
    let failed = loop {
        let failed = greeter.failed().await.unwrap();
        if !failed.is_empty() || begin.elapsed() > Duration::from_secs(10) {
            break failed;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(
        (failed.len(), failed[0].parked, failed[0].attempts),
        (1, true, 0)
    );
    let reason = &failed[0].why.message;
    assert!(reason.contains("`same`: the argument `person`"), "{reason}");
    assert!(reason.contains("missing field `email`"), "{reason}");
    host.shutdown().unwrap();

    let host = open().register::<third::Greeter>().start().unwrap();
    let greeter = host.object::<third::Greeter>("main");
    let begin = std::time::Instant::now();
    let greeted = loop {
        let greeted = greeter.run(third::Greeter::c().greeted()).await.unwrap();
        if !greeted.is_empty() || begin.elapsed() > Duration::from_secs(10) {
            break greeted;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(greeted, ["Ada alias A., 36"]);
    assert_eq!(greeter.failed().await.unwrap(), []);
}
