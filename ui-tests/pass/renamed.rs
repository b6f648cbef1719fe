//! The crate under another name, and a binding of one's own.

mod renamed {
    pub use lumenize::*;
}

use renamed::{Object, Services, durable_object};

pub struct Counter(Services<Self>);

#[durable_object(crate = "crate::renamed", binding = "my_Counter_2")]
impl Counter {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn add(&mut self, by: u32) -> u32 {
        by
    }
}

fn main() {
    assert_eq!(Counter::BINDING, "my_Counter_2");
    let _ = Counter::c().add(1);
}
