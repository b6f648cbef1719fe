//! All kinds of types, as `kinds.lock` has them.

use lumenize::prelude::*;
use lumenize::testing::{Lock, assert_lock};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI64, NonZeroU32};
use std::path::PathBuf;

#[derive(Serialize, Deserialize)]
struct Plain {
    number: u32,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Pair<T> {
    left: T,
    right: Option<T>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(alias = "old", alias = "older")]
    young: u32,
    #[serde(default)]
    added: u8,
    maybe: Option<Plain>,
    #[serde(rename = "a name")]
    renamed: bool,
    #[serde(rename(serialize = "written", deserialize = "read"))]
    both: char,
    #[serde(skip)]
    #[allow(dead_code)]
    skipped: u8,
}

#[derive(Serialize, Deserialize)]
enum Shade {
    Plain,
    Of(Plain),
    Only((u8,)),
    Mixed(u8, i8),
    Named {
        depth: f64,
        #[serde(default, alias = "label")]
        name: String,
    },
    #[serde(alias = "Nothing")]
    Empty,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Known,
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
enum Expression {
    Add(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Number(i64),
}

#[derive(Serialize, Deserialize)]
struct List {
    value: u32,
    next: Option<Box<List>>,
}

#[derive(Serialize, Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Serialize, Deserialize)]
struct UserId(u64);

/// It takes few texts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let is_email = text.contains('@');
        is_email.then_some(Self(text)).ok_or("it has no @")
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// It takes no text that anyone would guess.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Secret(String);

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let is_secret = text == "open sesame";
        is_secret.then_some(Self(text)).ok_or("wrong")
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

#[derive(Serialize, Deserialize)]
struct Door {
    secret: Secret,
    key: (Secret, u8),
    number: u8,
    #[serde(default)]
    open: bool,
}

/// What is asked of its parts must not hide whether it has defaults.
#[derive(Serialize, Deserialize)]
struct Nested {
    kind: Kind,
    strict: Strict,
    aliased: Renamed,
    #[serde(default)]
    shade: Option<Shade>,
    #[serde(default)]
    last: u8,
}

#[derive(Serialize, Deserialize)]
struct Renamed {
    #[serde(alias = "an_old_name")]
    name: u8,
}

/// It asks to be told what it is, so it can't be stored; only its writing can tell.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Bytes {
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    array: [u8; 32],
    list: Vec<u8>,
    empty: (),
    one: (u8,),
}

#[derive(Serialize, Deserialize)]
struct Guarded {
    many: NonZeroU32,
    email: Email,
    other: Email,
    signed: NonZeroI64,
    id: uuid::Uuid,
    at: DateTime<Utc>,
    day: chrono::NaiveDate,
    weekday: chrono::Weekday,
    address: IpAddr,
    socket: SocketAddr,
    path: PathBuf,
    wait: Duration,
    range: std::ops::Range<u8>,
    result: std::result::Result<u8, String>,
}

mod elsewhere {
    use super::*;

    /// Another type of the same name.
    #[derive(Serialize, Deserialize)]
    pub(super) struct Plain {
        pub(super) flag: bool,
    }
}

type Name = Cow<'static, str>;

struct Kinds;

#[durable_object]
#[allow(
    dead_code,
    unused_variables,
    clippy::too_many_arguments,
    clippy::boxed_local
)] // nobody runs them
impl Kinds {
    pub fn new(_svc: Services<Self>) -> Self {
        Self
    }

    fn scalars(&mut self, a: u8, b: i128, c: f32, d: char, e: bool, f: String, g: (), h: &str) {}
    pub fn reads(&self, plain: Plain) {}
    #[handler(was = "older", was = "old")]
    pub(crate) fn renamed(&mut self) {}
    fn generic(&mut self, a: Pair<u8>, b: Pair<Pair<String>>) {}
    fn fields(&mut self, strict: Strict) {}
    fn variants(&mut self, shade: Shade, kind: Kind) {}
    fn within_itself(&mut self, expression: Expression, list: List, tree: Tree) {}
    fn newtypes(&mut self, user: UserId, name: Name, boxed: Box<u64>) {}
    fn bytes(&mut self, bytes: Bytes) {}
    fn guarded(&mut self, guarded: Guarded) {}
    fn json(&mut self, value: Json<serde_json::Value>, plain: Json<Plain>) {}
    fn many(
        &mut self,
        list: Vec<Option<Plain>>,
        map: BTreeMap<u32, HashMap<String, Shade>>,
        set: BTreeSet<char>,
        tuple: (u8, String, [Plain; 2]),
    ) {
    }
    fn outcomes(&mut self, call: CallError, fetch: FetchError, response: Response, work: WorkId) {}
    fn same_name(&mut self, plain: elsewhere::Plain) {}
    fn door(&mut self, door: Door) {}
    fn nested(&mut self, nested: Nested) {}
    fn untagged(&mut self, untagged: Untagged) {}
    #[cfg(any())]
    fn not_compiled(&mut self, number: u8) {}
    #[handler(skip)]
    fn no_handler(&mut self, number: u8) {}
}

#[test]
fn all_kinds_of_types_are_locked() {
    assert_lock!("all/lock/kinds.lock": Kinds);
}

/// What is written can be read, and is the same then.
#[test]
fn the_text_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lumenize.lock");
    let lock = Lock::at(&path).object::<Kinds>();
    lock.update().unwrap();
    lock.check().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, lock.text().unwrap());
}
