use lumenize::prelude::*;

pub struct Object;

#[durable_object]
impl Object {
    pub fn start(&mut self) {
        let _ = Self::c().start();
    }
}

fn main() {
    let _ = Object::c().start();
}
