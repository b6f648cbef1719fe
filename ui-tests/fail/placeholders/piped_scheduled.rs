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
        let alarms = &mut self.svc.alarms;
        let _ = Self::c().number().then(|number| {
            let _ = alarms.schedule(Duration::ZERO, Self::c().add(number));
            Self::c().number()
        });
    }
    fn number(&self) -> u32 {
        1
    }
    fn add(&mut self, _by: u32) {}
}

fn main() {}
