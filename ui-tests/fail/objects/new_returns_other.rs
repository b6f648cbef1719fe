use lumenize::prelude::*;

pub struct Desk(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Desk {
    pub fn new(_svc: Services<Self>) -> String {
        String::new()
    }
}

fn main() {}
