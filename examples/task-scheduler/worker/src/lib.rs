//! The example as a Worker: workerd around the routes, Durable Objects behind them. Natively it is
//! empty.
#![cfg(target_family = "wasm")]

use lumenize::prelude::EnvExt as _;
use lumenize::{CallError, Output};
use task_scheduler::routes::{self, Objects};
use task_scheduler::{TaskScheduler, TaskSchedulerContinuation};
use worker::{Context, Env, HttpRequest, Response, event};

/// The objects behind the binding.
struct Bound(Env);

impl Objects for Bound {
    async fn run<R: Output>(
        &self,
        name: &str,
        steps: TaskSchedulerContinuation<'static, R>,
    ) -> Result<R, CallError> {
        let object = self.0.object::<TaskScheduler>(name);
        let object = object.map_err(|error| CallError::Refused {
            reason: error.to_string(),
        })?;
        object.run(steps).await
    }
}

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _ctx: Context) -> worker::Result<Response> {
    let answer = routes::answer(&Bound(env), request).await;
    let (head, body) = answer.into_parts();
    let response = Response::builder()
        .with_status(head.status.as_u16())
        .with_headers(head.headers.into());
    // In one piece, or none where there is no body: nothing of it is left for Rust to send.
    Ok(match body.is_empty() {
        true => response.empty(),
        false => response.fixed(body.into()),
    })
}
