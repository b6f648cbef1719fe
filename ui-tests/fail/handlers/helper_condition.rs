use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet("Ada"))?;
        Ok(())
    }
    #[cfg_attr(target_family = "wasm", handler(skip))]
    pub fn log<T>(&self, _value: T) {}
    #[cfg_attr(all(), inline, cfg_attr(test, handler(was = "welcome")))]
    fn greet(&mut self, #[cfg_attr(test, handler(default))] name: String) {
        let _ = name;
    }
    #[cfg_attr(all(), on_failed)]
    fn failed(&mut self, _work: FailedWork) {}
    #[cfg_attr(all(), doc = "The `handler`s of others stay as they are.", inline)]
    pub fn told(#[cfg_attr(test, handler(default))] &self) {}
}

fn main() {}
