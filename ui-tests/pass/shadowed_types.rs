//! Types of the user's own that are called as those of the standard library.

use lumenize::{Services, durable_object};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Option(u8);
#[derive(Serialize, Deserialize)]
pub struct String(u8);
#[derive(Serialize, Deserialize)]
pub struct Vec;
#[derive(Serialize, Deserialize)]
pub struct Box;
#[derive(Serialize, Deserialize)]
pub struct Arg;
#[derive(Serialize, Deserialize)]
pub struct Handler;
#[derive(Serialize, Deserialize)]
pub struct ObjectHandler;
#[allow(non_camel_case_types)]
#[derive(Serialize, Deserialize)]
pub struct u8_;

pub type Result<T> = std::result::Result<T, std::string::String>;

/// Its names are those of what it generates.
pub struct Object(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Result<Self> {
        Ok(Self(svc))
    }
    pub fn all(&mut self, a: Option, b: String, c: &Vec, d: Box, e: Arg, f: Handler, g: u8_) -> Option {
        let _ = (b, c, d, e, f, g);
        a
    }
    pub fn borrowed(&mut self, text: &str, many: &[u8]) -> Result<String> {
        let _ = (text, many);
        Ok(String(1))
    }
    pub fn handler(&mut self, it: ObjectHandler) -> ObjectHandler {
        it
    }
    pub fn take(&mut self, a: Option, b: String) {
        let _ = (a, b);
    }
}

fn main() {
    let _ = Object::c().handler(Object::c().handler(ObjectHandler));
    let all = Object::c().all(Option(1), String(2), Vec, Box, Arg, Handler, u8_);
    let _ = all.then(|option| Object::c().take(option, Object::c().borrowed("a", std::vec![1])));
}
