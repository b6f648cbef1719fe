use lumenize::Piped;
use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

pub struct Keeps(Option<Piped<'static, 'static, u32>>);

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) {
        let _ = &self.svc;
        let mut keeps = Keeps(None);
        let _ = Self::c().number().then(|number| {
            keeps.0 = Some(number);
            Self::c().number()
        });
    }
    fn number(&self) -> u32 {
        1
    }
}

fn main() {}
