//! An object of a host, as its callers have it.

use super::mail::{Message, ReplyTo};
use super::pool::Pool;
use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::{CallHeader, Inspection};
use crate::error::{CallError, Outcome};
use crate::host::{IdempotencyKey, call_program, read_answer};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork};
use std::marker::PhantomData;
use std::sync::Arc;

/// An object of a [`Host`](super::Host).
///
/// At most 10,000 requests may wait for one object, and 64 MiB of them; the next is refused with
/// [`CallError::Unreachable`], `NotExecuted`, whose reason begins with `overloaded`. So are requests
/// once the host stops, those for a type that is not registered, and those whose object can't be
/// opened.
pub struct ObjectRef<D> {
    pool: Arc<Pool>,
    name: String,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for ObjectRef<D> {
    fn clone(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            name: self.name.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: Object> ObjectRef<D> {
    pub(super) fn new(pool: Arc<Pool>, name: String) -> Self {
        Self {
            pool,
            name,
            marker: PhantomData,
        }
    }

    /// Runs a continuation in one transaction and returns what its last step returns, once that is
    /// committed ([`Durability`](super::Durability) says what that survives). The future may be
    /// awaited in any executor; dropping it does not undo what was sent.
    ///
    /// # Errors
    /// [`CallError`]; nothing has happened unless its `outcome()` is `Unknown`.
    pub async fn run<R: Output>(
        &self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        read_answer(self.execute(program, None).await?)
    }

    /// As [`run`](Self::run), and may be asked again with the same key, also after the host was started
    /// anew: it is executed once, and each attempt has its answer.
    ///
    /// # Errors
    /// As `run`; [`CallError::Timeout`] from the key's deadline on. An attempt whose outcome is
    /// `Unknown` can be followed by another.
    pub async fn run_idempotent<R: Output>(
        &self,
        key: &mut IdempotencyKey,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        read_answer(self.execute(program, Some(key.next_attempt())).await?)
    }

    async fn execute(
        &self,
        program: Vec<u8>,
        call: Option<CallHeader>,
    ) -> Result<Vec<u8>, CallError> {
        self.ask(|reply| Message::Run {
            program,
            call,
            reply: ReplyTo::Caller(reply),
        })
        .await
    }

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list`,
    /// `svc.calls.list` and `svc.fetches.list` have more.
    ///
    /// # Errors
    /// When the object's database can't be read.
    pub async fn pending(&self) -> Result<Vec<PendingWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.pending)
    }

    /// What was set aside: one page, of at most 1,000 and about 2 MiB. `svc.failed.list` has more.
    ///
    /// # Errors
    /// When the object's database can't be read.
    pub async fn failed(&self) -> Result<Vec<FailedWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.failed)
    }

    async fn inspect(&self) -> Result<Inspection, CallError> {
        self.ask(|reply| Message::Inspect { reply }).await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(tokio::sync::oneshot::Sender<Result<T, CallError>>) -> Message,
    ) -> Result<T, CallError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.pool.send(D::CLASS, &self.name, message(reply))?;
        let answer = answer.await;
        answer.unwrap_or_else(|_| {
            Err(CallError::Unreachable {
                reason: "the host gave up the request, for a panic outside of handlers".to_owned(),
                outcome: Outcome::Unknown,
            })
        })
    }
}
