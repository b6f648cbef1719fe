//! The placeholder of a call stays usable within `.then`, beside what is piped; a function may take one.

use lumenize::Placeholder;
use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self, id: String) -> Result<CallId> {
        let own = id.clone();
        Ok(self.svc
            .call("main", Self::c().name(&id))
            .on_success(|name| {
                Self::c().length(name).then(|length| {
                    Self::c().both(name, length).then(|both| Self::c().keep(both, &own, name, length))
                })
            })
            .on_error(Self::explain)
            .send()?)
    }
    fn explain(error: Placeholder<'_, CallError>) -> DeskContinuation<'_, ()> {
        Self::c().told(error)
    }
    pub fn name(&self, id: &str) -> String {
        id.to_owned()
    }
    fn length(&self, name: &str) -> u64 {
        name.len() as u64
    }
    fn both(&self, name: String, length: u64) -> String {
        format!("{name}{length}")
    }
    fn keep(&mut self, both: String, own: &str, name: &str, length: u64) {
        let _ = (both, own, name, length);
    }
    fn told(&mut self, error: CallError) {
        let _ = error;
    }
}

fn main() {}
