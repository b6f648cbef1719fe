use lumenize::prelude::*;

pub enum Either<A, B> {
    Left(A),
    Right(B),
}

#[durable_object]
impl<A, B> Either<A, B> {
    pub fn new(_svc: Services<Self>) -> Self {
        loop {}
    }
}

fn main() {}
