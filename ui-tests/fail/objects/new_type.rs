use lumenize::prelude::*;

pub struct OtherParameter;
#[durable_object]
impl OtherParameter {
    pub fn new(_name: String) -> Self {
        Self
    }
}

fn main() {}
