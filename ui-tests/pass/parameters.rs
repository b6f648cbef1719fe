//! Borrowed parameters, patterns, and `Self` in types.

use lumenize::prelude::*;

#[derive(Serialize, Deserialize)]
pub struct Task {
    name: String,
}

#[derive(Serialize, Deserialize, Clone)]
pub struct Note(Services0);
#[derive(Serialize, Deserialize, Clone)]
pub struct Services0;

pub struct Takes(#[allow(dead_code)] Services<Self>);

impl Takes {
    const LENGTH: usize = 3;
}

#[durable_object]
impl Takes {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn borrowed(&mut self, text: &str, many: &[Task], one: &Task, string: &String) -> u64 {
        (text.len() + many.len() + one.name.len() + string.len()) as u64
    }
    pub fn patterns(&self, mut count: u32, (a, b): (u8, u8), _: String, Note(_note): Note, arg2: u8) -> u32 {
        count += u32::from(a) + u32::from(b) + u32::from(arg2);
        count
    }
    pub fn own_constant(&self, bytes: [u8; Self::LENGTH]) -> [u8; Self::LENGTH] {
        bytes
    }
    pub fn typed_self(self: &mut Self, _this: u8) {}
    #[handler(skip)]
    pub fn skipped<T>(self, f: impl Fn() -> T) -> T {
        f()
    }
    pub fn associated<T>(it: T) -> T {
        it
    }
    pub const ANSWER: u32 = 42;
    pub const fn constant(&self) -> u32 {
        Self::ANSWER
    }
}

macro_rules! object {
    ($name:ident, $handler:ident, $argument:ident: $ty:ty, $returns:ty) => {
        pub struct $name(#[allow(dead_code)] Services<Self>);
        #[durable_object]
        impl $name {
            fn new(svc: Services<Self>) -> Self {
                Self(svc)
            }
            pub fn $handler(&self, $argument: $ty) -> $returns {
                let _ = $argument;
                Ok(String::new())
            }
            pub fn local(&self, object: $ty, returned: String) {
                let _ = (object, returned);
            }
        }
    };
}
object!(ByMacro, handle, name: &str, Result<String>);

fn main() {
    let _ = Takes::c()
        .borrowed("a", vec![Task { name: "b".into() }], Task { name: "c".into() }, "d")
        .patterns(1, (2, 3), "x", Note(Services0), 4)
        .own_constant([1, 2, 3])
        .typed_self(1)
        .constant();
    let _ = ByMacro::c().handle("a").then(|text| ByMacro::c().local("b", text));
}
