use lumenize::prelude::*;

pub struct Desk(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
}

mod more {
    use super::*;

    #[durable_object]
    impl Desk {
        pub fn start(&mut self) {}
    }
}

fn main() {}
