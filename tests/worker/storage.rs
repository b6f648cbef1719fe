//! A plain Durable Object that holds workerd's database against what the engine relies on.

use lumenize_runtime::host::workerd::WorkerdStorage;
use lumenize_tests::conformance::storage::contract;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object, wasm_bindgen};

/// The object.
#[durable_object(fetch)]
pub struct Databases(State);

impl DurableObject for Databases {
    fn new(state: State, _env: Env) -> Self {
        Self(state)
    }

    async fn fetch(&self, _request: Request) -> Result<Response> {
        let storage = WorkerdStorage::new(self.0.as_raw().storage()?.into());
        let parts = contract(&storage, || storage.begin_turn());
        let told: Vec<_> = parts
            .into_iter()
            .map(|(name, verdict)| (name, verdict.err().map(|failure| failure.0)))
            .collect();
        Response::from_json(&told)
    }
}
