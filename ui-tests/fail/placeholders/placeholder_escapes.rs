//! What stands for the outcome of a call stays inside of its closure. The function below takes the
//! closure as the builders of calls do.

use lumenize::prelude::*;
use lumenize::{Object, Placeholder};

pub struct Adder;

#[durable_object]
impl Adder {
    pub fn new(_svc: Services<Self>) -> Self {
        Self
    }

    fn add(&mut self, _by: u32) {}
}

fn on_success<D: Object, T, R>(
    _handler: impl for<'c> FnOnce(Placeholder<'c, T>) -> D::Continuation<'c, R>,
) {
}

fn main() {
    let mut kept = None;
    on_success::<Adder, u32, ()>(|sum| {
        kept = Some(sum);
        Adder::c().add(sum)
    });
    let _ = kept;
}
