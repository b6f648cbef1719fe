//! A Lumenize object that counts, and a Worker that asks it. Natively it is empty.
#![cfg(target_family = "wasm")]

use lumenize::prelude::{Duration, EnvExt as _, Every, Services, durable_object};
use worker::{Context, Env, Request, Response, event};

/// The object.
pub struct Counter {
    svc: Services<Self>,
}

#[durable_object]
impl Counter {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Begins to count, if it doesn't yet: of a name there is one schedule.
    pub fn start(&mut self) -> lumenize::Result<u32> {
        let each_second = Every(Duration::from_secs(1));
        let ticking = self.svc.alarms.named("ticking");
        ticking.schedule(each_second, Self::c().tick(1))?;
        self.sum()
    }

    /// The sum so far.
    pub fn sum(&self) -> lumenize::Result<u32> {
        Ok(self.svc.get("sum")?.unwrap_or(0))
    }

    fn tick(&mut self, by: u32) -> lumenize::Result<()> {
        let sum = self.sum()? + by;
        Ok(self.svc.put("sum", &sum)?)
    }
}

#[event(fetch)]
async fn fetch(_request: Request, env: Env, _ctx: Context) -> worker::Result<Response> {
    let counter = env.object::<Counter>("main")?;
    let sum = counter.run(Counter::c().start().sum()).await?;
    Response::ok(sum.to_string())
}
