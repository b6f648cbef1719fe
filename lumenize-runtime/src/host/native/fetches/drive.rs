//! One attempt, from the line to its end.

use super::{Key, Shared};
use crate::fetch::{Attempt, Executor, FetchError, Phase, Response};
use crate::sync::lock;
use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// How long after its time an executor is dropped that does not keep to it: enough for one that does to
/// say what it was waiting for.
const GRACE: Duration = Duration::from_millis(100);

/// Longer than anybody waits, and short enough to be added to any time.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

type Fetching = Pin<Box<dyn Future<Output = Result<Response, FetchError>> + Send>>;

/// An [`Executor`] of any type.
pub(super) trait AnyExecutor: Send + Sync {
    fn begin(&self, attempt: Attempt) -> Fetching;
}

impl<E: Executor> AnyExecutor for E {
    fn begin(&self, attempt: Attempt) -> Fetching {
        Box::pin(self.fetch(attempt))
    }
}

/// A place in the line, and then among those that run. Dropping it gives it up.
pub(super) struct Ticket {
    shared: Arc<Shared>,
    host: Arc<str>,
    serial: u64,
    begin: oneshot::Receiver<()>,
}

impl Ticket {
    pub(super) fn new(
        shared: Arc<Shared>,
        host: Arc<str>,
        serial: u64,
        begin: oneshot::Receiver<()>,
    ) -> Self {
        Self {
            shared,
            host,
            serial,
            begin,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.shared.state).line.leave(&self.host, self.serial);
    }
}

/// The task of an attempt. It ends early where it is aborted.
pub(super) fn drive(
    mut ticket: Ticket,
    executor: Arc<dyn AnyExecutor>,
    attempt: Attempt,
    key: Key,
) -> impl Future<Output = ()> + Send {
    let deadline = Instant::now() + attempt.timeout.min(LONGEST);
    async move {
        let result = make(&mut ticket.begin, executor, attempt, deadline).await;
        let (shared, serial) = (Arc::clone(&ticket.shared), ticket.serial);
        // The next may begin before anybody hears of this one.
        drop(ticket);
        shared.finish(key, serial, result);
    }
}

async fn make(
    begin: &mut oneshot::Receiver<()>,
    executor: Arc<dyn AnyExecutor>,
    mut attempt: Attempt,
    deadline: Instant,
) -> Result<Response, FetchError> {
    let in_time = timeout_at(deadline, begin).await;
    attempt.timeout = deadline.saturating_duration_since(Instant::now());
    if in_time.is_err() || attempt.timeout.is_zero() {
        let phase = Phase::Queue;
        return Err(FetchError::Timeout { phase });
    }
    let made = timeout_at(deadline + GRACE, guarded(executor, attempt)).await;
    made.unwrap_or(Err(FetchError::Timeout {
        // All that is known: there was no response.
        phase: Phase::Headers,
    }))
}

/// Runs the executor; a panic of its is an error.
async fn guarded(executor: Arc<dyn AnyExecutor>, attempt: Attempt) -> Result<Response, FetchError> {
    let begun = catch_unwind(AssertUnwindSafe(|| executor.begin(attempt)));
    let mut fetching = Guarded(Some(begun.map_err(panicked)?));
    poll_fn(|context| {
        let Some(future) = &mut fetching.0 else {
            return Poll::Pending;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await
}

/// A future whose end may panic, too, wherever it is dropped. It is there until then.
struct Guarded(Option<Fetching>);

impl Drop for Guarded {
    fn drop(&mut self) {
        let fetching = self.0.take();
        // What came of it, if anything did, is known already.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(fetching)));
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> FetchError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    FetchError::Unknown {
        reason: format!("the executor panicked: {}", text.unwrap_or("no text")),
    }
}
