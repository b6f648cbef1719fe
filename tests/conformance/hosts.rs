//! The hosts that run in this process.

use super::report::Report;
use super::{Failure, NAMES, TestHost, run};
use crate::Lab;
use crate::payloads::Payloads;
use crate::phone::Phone;
use crate::planner::Planner;
use crate::tables::Tables;
use lumenize::native::Host;
use lumenize::testing::World;
use lumenize::{CallError, ContinuationOf, FailedWork, Object, Output, PendingWork};
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
}

/// The embedded host, on a directory.
pub struct Native(Host);

impl Native {
    /// Starts it.
    ///
    /// # Panics
    /// If it can't.
    pub fn start(directory: &Path) -> Self {
        let host = Host::open(directory).unwrap();
        Self(
            host.register::<Lab>()
                .register::<Payloads>()
                .register::<Phone>()
                .register::<Planner>()
                .register::<Tables>()
                .start()
                .unwrap(),
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
}
