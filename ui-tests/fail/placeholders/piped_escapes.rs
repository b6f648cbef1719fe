use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) {
        let _ = &self.svc;
        let mut kept = None;
        let _ = Self::c().number().then(|number| {
            kept = Some(number);
            Self::c().add(number)
        });
        let _ = Self::c().add(kept.unwrap());
    }
    fn number(&self) -> u32 {
        1
    }
    fn add(&mut self, _by: u32) {}
}

fn main() {}
