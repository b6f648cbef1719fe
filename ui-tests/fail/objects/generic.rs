use lumenize::prelude::*;

pub struct Generic<T>(T);

#[durable_object]
impl<T> Generic<T> {
    pub fn new(_svc: Services<Self>, it: T) -> Self {
        Self(it)
    }
    pub async fn get(self) -> T {
        self.0
    }
}

#[durable_object]
impl Generic<u8> {}

fn main() {}
