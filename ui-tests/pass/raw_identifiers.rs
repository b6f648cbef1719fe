//! Keywords as names: of the object, its handlers, their arguments and the builder's methods.

use lumenize::prelude::*;

#[allow(non_camel_case_types)]
pub struct r#struct {
    svc: Services<Self>,
}

#[durable_object]
impl r#struct {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn r#type(&mut self, r#fn: String) -> Result<ScheduleId> {
        let steps = Self::c().r#match(r#fn).r#loop();
        Ok(self.svc.alarms.schedule(Duration::ZERO, steps)?.id)
    }
    fn r#match(&mut self, r#in: String) -> String {
        r#in
    }
    fn r#loop(&self) {}
    fn self_(&self) {}
    fn r#await(&self, _: u8, r#dyn: u8) -> u8 {
        r#dyn
    }
}

fn main() {
    let mut world = lumenize::testing::World::new(1);
    world.object::<r#struct>("main").run(r#struct::c().r#type("a")).unwrap();
    let seen = world.object::<r#struct>("main").pending();
    assert!(format!("{seen:?}").contains("match"));
    world.run_until_idle().unwrap();
    let _ = r#struct::c().self_().r#await(1, 2);
}
