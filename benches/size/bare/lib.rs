//! A Durable Object of the worker crate that does next to nothing. Natively it is empty.
#![cfg(target_family = "wasm")]
#![allow(missing_docs)] // the methods that the macro of the worker crate adds have none

use worker::{
    Context, DurableObject, Env, Request, Response, Result, State, durable_object, event,
    wasm_bindgen,
};

/// The object.
#[durable_object(alarm)]
pub struct Counter;

impl DurableObject for Counter {
    fn new(_state: State, _env: Env) -> Self {
        Self
    }

    async fn fetch(&self, _request: Request) -> Result<Response> {
        Response::ok("0")
    }

    async fn alarm(&self) -> Result<Response> {
        Response::ok("0")
    }
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _ctx: Context) -> Result<Response> {
    let stub = env.durable_object("COUNTER")?.get_by_name("main")?;
    stub.fetch_with_request(request).await
}
