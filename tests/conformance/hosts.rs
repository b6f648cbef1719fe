//! The hosts that run in this process.

use super::report::Report;
use super::{Failure, NAMES, TestHost, run};
use crate::Lab;
use crate::fetcher::Fetcher;
use crate::origin::Origin;
use crate::payloads::Payloads;
use crate::phone::Phone;
use crate::planner::Planner;
use crate::tables::Tables;
use lumenize::native::Host;
use lumenize::testing::{Asked, Served, World};
use lumenize::{
    CallError, ContinuationOf, FailedWork, FetchError, Object, Output, PendingWork, Phase,
};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs every scenario on a host.
pub async fn run_on(name: &str, host: &mut impl TestHost, report: &mut Report) {
    for scenario in NAMES {
        let begin = Instant::now();
        let verdict = run(scenario, host, "").await;
        let verdict = verdict.unwrap_or_else(|| Err(Failure("there is no such scenario".into())));
        report.add(name, scenario, verdict, begin.elapsed());
    }
}

/// A world with a server that answers as [`Origin`] does, as far as the scenarios ask.
pub fn world() -> World {
    let mut world = World::new(1);
    let mut tries = HashMap::<String, u32>::new();
    world.serve(move |asked| serve(asked, &mut tries));
    world
}

/// What is said by the path. That the executor follows redirects and decompresses is its own tests' matter.
fn serve(asked: &Asked, tries: &mut HashMap<String, u32>) -> Served {
    let url = asked.request.uri().to_string();
    if !asked.executor.is_empty() {
        return Served::error(FetchError::HandOver {
            reason: format!("there is no executor `{}`", asked.executor),
        });
    }
    let Some(path) = url.strip_prefix(SERVER) else {
        let reason = "refused".to_owned();
        return Served::error(FetchError::Connect { reason });
    };
    let times = tries.entry(path.to_owned()).or_default();
    *times += 1;
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    let number = parts.last().and_then(|part| part.parse::<u64>().ok());
    let number = number.unwrap_or_default();
    let broken = || FetchError::Network {
        reason: path.to_owned(),
    };
    let redirect = |reason: &str| FetchError::Redirect {
        reason: reason.to_owned(),
    };
    match parts[0] {
        "ok" => Served::status(200, "ok"),
        "status" => Served::status(number as u16, number.to_string()),
        "echo" => Served::response(echo(asked)),
        "flaky" if u64::from(*times) <= number => Served::status(503, "not yet"),
        "flaky" => Served::status(200, "now"),
        "limited" if *times > 1 => Served::status(200, "now"),
        "limited" => {
            let mut response = http::Response::new("too often");
            *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert("retry-after", number.into());
            Served::response(response)
        }
        "slow" => Served::status(200, "at last").after(Duration::from_millis(number)),
        "stalled" => Served::error(FetchError::Timeout { phase: Phase::Body }),
        "cut" | "reset" => Served::error(broken()),
        "chain" if number > 10 => Served::error(redirect("there were more than 10")),
        "chain" => Served::status(200, "end"),
        "loop" | "ping" => Served::error(redirect("it leads in circles")),
        "bytes" | "chunked" | "gzip" | "bomb" => Served::status(200, vec![b'.'; number as usize]),
        _ => Served::status(404, "there is no such path"),
    }
}

fn echo(asked: &Asked) -> http::Response<bytes::Bytes> {
    let mut response = http::Response::new(asked.request.body().clone());
    let method = asked.request.method().as_str();
    let method = http::HeaderValue::from_str(method).unwrap();
    response.headers_mut().insert("x-echo-method", method);
    for (name, value) in asked.request.headers() {
        let name = http::HeaderName::try_from(format!("x-echo-{name}")).unwrap();
        response.headers_mut().append(name, value.clone());
    }
    response
}

const SERVER: &str = "http://server.test";

impl TestHost for World {
    async fn run<D: Object, R: Output>(
        &mut self,
        object: &str,
        continuation: D::Continuation<'static, R>,
    ) -> Result<R, CallError>
    where
        D::Continuation<'static, R>: ContinuationOf<'static, D, R>,
    {
        self.object::<D>(object).run(continuation)
    }

    async fn pending<D: Object>(&mut self, object: &str) -> Result<Vec<PendingWork>, CallError> {
        self.object::<D>(object).pending()
    }

    async fn failed<D: Object>(&mut self, object: &str) -> Result<Vec<FailedWork>, CallError> {
        self.object::<D>(object).failed()
    }

    async fn pass(&mut self, time: Duration) {
        self.advance(time);
    }

    fn server(&self) -> String {
        SERVER.to_owned()
    }
}

/// The embedded host, on a directory, and a server to fetch from.
pub struct Native(Host, Origin);

impl Native {
    /// Starts it.
    ///
    /// # Panics
    /// If it can't.
    pub fn start(directory: &Path) -> Self {
        let host = Host::open(directory).unwrap();
        Self(
            host.register::<Lab>()
                .register::<Fetcher>()
                .register::<Payloads>()
                .register::<Phone>()
                .register::<Planner>()
                .register::<Tables>()
                .start()
                .unwrap(),
            Origin::start(),
        )
    }
}

impl TestHost for Native {
    async fn run<D: Object, R: Output>(
        &mut self,
        object: &str,
        continuation: D::Continuation<'static, R>,
    ) -> Result<R, CallError>
    where
        D::Continuation<'static, R>: ContinuationOf<'static, D, R>,
    {
        self.0.object::<D>(object).run(continuation).await
    }

    async fn pending<D: Object>(&mut self, object: &str) -> Result<Vec<PendingWork>, CallError> {
        self.0.object::<D>(object).pending().await
    }

    async fn failed<D: Object>(&mut self, object: &str) -> Result<Vec<FailedWork>, CallError> {
        self.0.object::<D>(object).failed().await
    }

    async fn pass(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn server(&self) -> String {
        self.1.url("")
    }
}
