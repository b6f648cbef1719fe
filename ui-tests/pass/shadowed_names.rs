//! The object's own names may be those that the generated code uses inside.

use lumenize::durable_object;
use lumenize::{Services, Result as Outcome};

mod core {}
mod std {}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct R(u8);
#[derive(serde::Serialize, serde::Deserialize)]
pub struct R2;
#[allow(dead_code)]
type Result = ();
#[allow(dead_code)]
struct Ok;
#[allow(dead_code)]
struct Err;
#[allow(dead_code)]
struct Option;
#[allow(dead_code, non_camel_case_types)]
struct str;

pub struct Shadows(Services<Self>);

#[durable_object]
impl Shadows {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn locals(&mut self, lowering: u8, args: u8, object: R, returned: R2, handler: u8, piped: u8, pipe: u8, svc: u8) -> R {
        let _ = (lowering, args, returned, handler, piped, pipe, svc);
        object
    }
    pub fn r#type(&self, r#match: R) {
        let _ = r#match;
    }
    pub fn self_(&self) {}
    pub fn _1(&self) {}
    pub fn step(&self) {}
    pub fn into_steps(&self) {}
    pub fn lower(&self) {}
    pub fn decode(&self) {}
    pub fn run(&self) {}
    pub fn create(&self) {}
}

fn main() {
    let _: fn(Services<Shadows>) -> Outcome<Shadows> = <Shadows as lumenize::Object>::create;
    let _ = Shadows::c()
        .locals(1, 2, R(3), R2, 5, 6, 7, 8)
        .then(|r| Shadows::c().r#type(r))
        .self_()._1().step().into_steps().lower().decode().run().create();
}
