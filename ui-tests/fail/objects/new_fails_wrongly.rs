use lumenize::prelude::*;

pub struct Wrong;

pub struct Desk(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Result<Self, Wrong> {
        Ok(Self(svc))
    }
}

fn main() {}
