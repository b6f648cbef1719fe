use lumenize::prelude::*;

pub struct Unknown;
#[durable_object(name = "A")]
impl Unknown {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Twice;
#[durable_object(binding = "A", binding = "B")]
impl Twice {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Number;
#[durable_object(binding = 1)]
impl Number {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Bare;
#[durable_object(binding)]
impl Bare {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Empty;
#[durable_object(binding = "")]
impl Empty {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Dash;
#[durable_object(binding = "my-object")]
impl Dash {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Digit;
#[durable_object(binding = "1A")]
impl Digit {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Path;
#[durable_object(crate = "not a path")]
impl Path {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

pub struct Several;
#[durable_object(one = "1", two, binding = "-")]
impl Several {
    fn new(_svc: Services<Self>) -> Self {
        Self
    }
}

fn main() {}
