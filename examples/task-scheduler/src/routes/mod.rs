//! The routes, written once for whatever serves them: `body` is read, `request` says what is asked,
//! the object is asked, `response` writes what it said. Nothing here does I/O or knows a server.
//!
//! | Method and path | Answer |
//! |---|---|
//! | `POST /objects/{name}/tasks` | 201 `{"id", "due"}`; see [`NewTask`] |
//! | `GET /objects/{name}/tasks?limit=&after=` | 200 `{"tasks": […], "next"}`, as they will run |
//! | `DELETE /objects/{name}/tasks/{id}` | 204 |
//! | `GET /objects/{name}/log` | 200 `[{"task", "at", "attempt"}, …]`, as they ran |
//! | `GET /objects/{name}/failed?limit=&after=` | 200 `{"failed": […], "next"}`, the oldest id first |
//! | `POST /objects/{name}/failed/{id}/retry` | 204 |
//! | `DELETE /objects/{name}` | 204; all that it kept is gone |
//!
//! Times are written as RFC 3339 has them, in UTC. `next` is what `after` takes for the page that
//! follows, and null at the end. A refusal is `{"error": reason}`, with 400 for what the caller can
//! mend, 404 for what there is not, 413 for a body of more than 64 KiB, 503 for an object that can't
//! be reached or has too much to do.

mod body;
mod request;
mod response;

pub use request::NewTask;

use crate::{Entry, TaskScheduler, TaskSchedulerContinuation};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use lumenize::{CallError, Output};
use request::Asked;
use response::{Refusal, failed, json, nothing, scheduled, tasks};
use std::error::Error;

/// The objects of this type, wherever they are: in a host of this process, or behind the binding of a
/// Worker.
pub trait Objects {
    /// Runs a continuation on the object of this name, as the `run` of the hosts does.
    fn run<R: Output>(
        &self,
        name: &str,
        steps: TaskSchedulerContinuation<'static, R>,
    ) -> impl Future<Output = Result<R, CallError>>;
}

/// Answers a request.
pub async fn answer<B>(objects: &impl Objects, request: Request<B>) -> Response<Bytes>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let answered = match body::read(request).await.and_then(request::read) {
        Ok((name, asked)) => ask(objects, &name, asked).await,
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(Refusal::into_response)
}

async fn ask(objects: &impl Objects, name: &str, asked: Asked) -> Result<Response<Bytes>, Refusal> {
    let object = TaskScheduler::c();
    match asked {
        Asked::Schedule(plan) => scheduled(objects.run(name, object.schedule(plan)).await?),
        Asked::Tasks(filter) => tasks(objects.run(name, object.tasks(filter)).await?),
        Asked::Cancel(id) => {
            objects.run(name, object.cancel(id)).await?;
            nothing()
        }
        Asked::Log => json(StatusCode::OK, &log(objects, name).await?),
        Asked::Failed(filter) => failed(objects.run(name, object.failed(filter)).await?),
        Asked::Retry(id) => {
            objects.run(name, object.retry(id)).await?;
            nothing()
        }
        Asked::Destroy => {
            objects.run(name, object.destroy()).await?;
            nothing()
        }
    }
}

/// The whole log, page by page, so that no turn of the object takes long. It only grows, so the pages
/// belong together.
async fn log(objects: &impl Objects, name: &str) -> Result<Vec<Entry>, CallError> {
    let mut log = Vec::new();
    loop {
        let from = log.len() as u64;
        let page = objects.run(name, TaskScheduler::c().log(from)).await?;
        let last = (page.len() as u64) < TaskScheduler::LOG_PAGE;
        log.extend(page);
        if last {
            return Ok(log);
        }
    }
}
