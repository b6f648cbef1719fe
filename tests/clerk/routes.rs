//! What the tests ask a Worker of a release over HTTP.

use crate::clerks::{ClerkAsk, Clerked, DeskAsk};
#[cfg(feature = "first")]
use crate::first as release;
#[cfg(feature = "renamed")]
use crate::renamed as release;
#[cfg(feature = "second")]
use crate::second as release;
use lumenize::CallError;
use lumenize::prelude::EnvExt as _;
use lumenize::workerd::ObjectRef;
use release::{Clerk, Desk, asking, calling, planning};
use worker::{Context, Env, Request, Response, Result, event};

type Told = std::result::Result<Clerked, CallError>;

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = request.path();
    match path.trim_start_matches('/').split_once('/') {
        Some(("clerk", name)) => {
            let clerk = env.object::<Clerk>(name)?;
            let told = order(&clerk, &request.json().await?).await;
            Response::from_json(&told)
        }
        Some(("desk", name)) => {
            let desk = env.object::<Desk>(name)?;
            let told = commission(&desk, &request.json().await?).await;
            Response::from_json(&told)
        }
        _ => Response::error("there is no such route", 404),
    }
}

/// What is told of a clerk that is asked.
async fn order(clerk: &ObjectRef<Clerk>, ask: &ClerkAsk) -> Told {
    let mut told = Clerked::default();
    match (planning(ask), asking(ask), ask) {
        (Some(steps), ..) => clerk.run(steps).await?,
        (_, Some(steps), _) => told.answer = Some(format!("{:?}", clerk.run(steps).await?)),
        (.., ClerkAsk::Look | ClerkAsk::Inspect) => {}
        _ => return Err(speechless()),
    }
    if matches!(ask, ClerkAsk::PlanStamps(..)) {
        return Ok(told);
    }
    told.pending = clerk.pending().await?;
    told.failed = clerk.failed().await?;
    if !matches!(ask, ClerkAsk::Inspect) {
        told.log = clerk.run(Clerk::c().log()).await?;
    }
    Ok(told)
}

/// What is told of a desk that is asked to call.
async fn commission(desk: &ObjectRef<Desk>, ask: &DeskAsk) -> Told {
    match (calling(ask), ask) {
        (Some(steps), _) => desk.run(steps).await?,
        (None, DeskAsk::Look) => {}
        _ => return Err(speechless()),
    }
    if matches!(ask, DeskAsk::Stamps(..)) {
        return Ok(Clerked::default());
    }
    Ok(Clerked {
        answer: None,
        pending: desk.pending().await?,
        failed: desk.failed().await?,
        log: desk.run(Desk::c().log()).await?,
    })
}

fn speechless() -> CallError {
    CallError::Refused {
        reason: "the release that asks has no words for it".to_owned(),
    }
}
