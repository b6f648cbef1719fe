//! How a Worker asks an object.

use super::wire;
use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::Inspection;
use crate::error::{CallError, Outcome};
use crate::host::{call_program, read_answer};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork};
use std::marker::PhantomData;
use worker::js_sys::{Error, Promise, Uint8Array};
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, js_sys = worker::js_sys, module = "/src/host/workerd/object.js")]
extern "C" {
    fn call(namespace: &JsValue, name: &str, message: Vec<u8>) -> Promise;
}

/// What a caller reads when nothing has happened; `object.js` has it too.
const NOT_EXECUTED: &str = "lumenize: not executed: ";

/// `env.object::<TaskScheduler>("main")?`, for a Worker's [`worker::Env`].
pub trait EnvExt {
    /// An object by its type and name, through the binding of the type: `TASK_SCHEDULER` for
    /// `TaskScheduler`, unless `#[durable_object(binding = "…")]` says otherwise. It begins to
    /// exist when it is first asked something.
    ///
    /// # Errors
    /// When the Worker has no such binding, or it is none of a Durable Object.
    fn object<D: Object>(&self, name: impl Into<String>) -> Result<ObjectRef<D>, BindingError>;
}

impl EnvExt for worker::Env {
    fn object<D: Object>(&self, name: impl Into<String>) -> Result<ObjectRef<D>, BindingError> {
        match self.durable_object(D::BINDING) {
            Ok(namespace) => Ok(ObjectRef {
                namespace: namespace.into(),
                name: name.into(),
                marker: PhantomData,
            }),
            Err(error) => Err(BindingError {
                class: D::CLASS,
                binding: D::BINDING,
                reason: error.to_string(),
            }),
        }
    }
}

/// The Worker has no binding for a type of objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no binding `{binding}` for `{class}` ({reason}); add it to `durable_objects.bindings` of the \
     Worker's Wrangler file"
)]
#[non_exhaustive]
pub struct BindingError {
    /// The name of the type.
    pub class: &'static str,
    /// The name of the binding.
    pub binding: &'static str,
    /// What the runtime said.
    pub reason: String,
}

impl From<BindingError> for worker::Error {
    fn from(error: BindingError) -> Self {
        worker::Error::RustError(error.to_string())
    }
}

impl From<CallError> for worker::Error {
    fn from(error: CallError) -> Self {
        worker::Error::RustError(error.to_string())
    }
}

/// An object, as a Worker knows it.
pub struct ObjectRef<D> {
    namespace: JsValue,
    name: String,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for ObjectRef<D> {
    fn clone(&self) -> Self {
        Self {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: Object> ObjectRef<D> {
    /// Runs a continuation in one transaction and returns what its last step returns, once that is
    /// on disk. It travels by Workers RPC, each time over a new stub; a message may have 32 MiB
    /// (Cloudflare's limit), a continuation has 1 MiB.
    ///
    /// # Errors
    /// [`CallError`]; nothing has happened unless its `outcome()` is `Unknown`.
    pub async fn run<R: Output>(
        &self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        let answer = self.ask(wire::run(&program)?).await?;
        read_answer(wire::read_answer(&answer)?)
    }

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list` has more.
    ///
    /// # Errors
    /// When the object can't be reached, or its database can't be read.
    pub async fn pending(&self) -> Result<Vec<PendingWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.pending)
    }

    /// What was set aside: one page, of at most 1,000 and about 2 MiB. `svc.failed.list` has more.
    ///
    /// # Errors
    /// When the object can't be reached, or its database can't be read.
    pub async fn failed(&self) -> Result<Vec<FailedWork>, CallError> {
        self.inspect().await.map(|inspection| inspection.failed)
    }

    async fn inspect(&self) -> Result<Inspection, CallError> {
        wire::read_inspection(&self.ask(wire::inspect()).await?)
    }

    async fn ask(&self, message: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let answer = call(&self.namespace, &self.name, message);
        match JsFuture::from(answer).await {
            Ok(answer) => Ok(Uint8Array::new(&answer).to_vec()),
            Err(error) => Err(unreachable(&error)),
        }
    }
}

/// What became of a call that was answered with an exception. After most it may have been executed:
/// workerd may have committed the turn of an object that it reset.
fn unreachable(error: &JsValue) -> CallError {
    let message = match error.dyn_ref::<Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    };
    let (outcome, reason) = match message.strip_prefix(NOT_EXECUTED) {
        Some(reason) => (Outcome::NotExecuted, reason.to_owned()),
        None => (Outcome::Unknown, message),
    };
    CallError::Unreachable { reason, outcome }
}
