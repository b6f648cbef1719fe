use lumenize::prelude::*;

#[derive(Serialize, Deserialize)]
pub struct Name(String);

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn greet(&mut self, #[handler(default)] name: Name) {
        let _ = (&self.svc, name);
        let _ = Self::c().greet(Name(String::new()));
    }
}

fn main() {}
