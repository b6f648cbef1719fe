//! What handlers were called before.
#![deny(warnings)]

use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Twice renamed.
    #[handler(was = "open")]
    #[handler(was = "r", was = "begin")]
    pub fn start(&mut self, at: &str) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().r#type(1).then(|kind| Self::c().close(kind)))?;
        Ok(self.svc.put("at", &at.to_owned())?)
    }

    // What was a keyword, and what is one.
    #[handler(was = "kind", was = "match")]
    fn r#type(&self, kind: u8) -> u8 {
        kind
    }

    #[handler(was = "type_")]
    fn close(&mut self, _kind: u8) {}

    // A helper may have the name that a handler had.
    #[handler(was = "help")]
    fn helped(&self) {
        self.help();
    }
    #[handler(skip)]
    fn help(&self) {}

    // Never both.
    #[cfg(all())]
    #[handler(was = "old")]
    fn young(&self) {}
    #[cfg(any())]
    #[handler(was = "old")]
    fn younger(&self) {}
    #[cfg(any())]
    fn old(&self) {}
}

fn main() {
    let mut world = lumenize::testing::World::new(1);
    world.object::<Desk>("main").run(Desk::c().start("ten")).unwrap();
    world.run_until_idle().unwrap();
}
