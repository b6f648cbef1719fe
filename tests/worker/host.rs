//! workerd as a host under test, from within a Worker.

use lumenize::prelude::*;
use lumenize::{CallError, ContinuationOf, Object, Output, PendingWork};
use lumenize_tests::conformance::TestHost;
use worker::{Delay, Env};

/// The bindings, and the URL of the server to fetch from.
pub(crate) struct Workerd(pub(crate) Env, pub(crate) String);

impl TestHost for Workerd {
    async fn run<D: Object, R: Output>(
        &mut self,
        object: &str,
        continuation: D::Continuation<'static, R>,
    ) -> Result<R, CallError>
    where
        D::Continuation<'static, R>: ContinuationOf<'static, D, R>,
    {
        find::<D>(&self.0, object)?.run(continuation).await
    }

    async fn pending<D: Object>(&mut self, object: &str) -> Result<Vec<PendingWork>, CallError> {
        find::<D>(&self.0, object)?.pending().await
    }

    async fn failed<D: Object>(&mut self, object: &str) -> Result<Vec<FailedWork>, CallError> {
        find::<D>(&self.0, object)?.failed().await
    }

    async fn pass(&mut self, time: Duration) {
        Delay::from(time).await;
    }

    fn server(&self) -> String {
        self.1.clone()
    }
}

fn find<D: Object>(env: &Env, object: &str) -> Result<lumenize::workerd::ObjectRef<D>, CallError> {
    env.object::<D>(object).map_err(|error| CallError::Refused {
        reason: error.to_string(),
    })
}
