use lumenize::prelude::*;

pub struct NoParameter;
#[durable_object]
impl NoParameter {
    pub fn new() -> Self {
        Self
    }
}

pub struct Receiver;
#[durable_object]
impl Receiver {
    pub fn new(&self) {}
}

pub struct Waits;
#[durable_object]
impl Waits {
    pub async fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Nothing;
#[durable_object]
impl Nothing {
    pub fn new(_svc: Services<Self>) {}
}

fn main() {}
