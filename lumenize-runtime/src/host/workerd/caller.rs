//! How a Worker asks an object.

use super::calls::{Answer, Call};
use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::{CallHeader, Delivered, Engine, Inspection};
use crate::error::{CallError, Outcome};
use crate::host::wire::letters;
use crate::host::{IdempotencyKey, call_program, read_answer, wire};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork};
use std::marker::PhantomData;
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/rpc.js")]
extern "C" {
    fn route(namespace: &JsValue, address: &str, is_id: bool) -> JsValue;
    fn call(route: &JsValue, message: &[u8], again: i32, id: u32, done: &JsValue);
}

/// `env.object::<TaskScheduler>("main")?`, for a Worker's [`worker::Env`].
pub trait EnvExt {
    /// An object by its type and name, through the binding of the type: `TASK_SCHEDULER` for
    /// `TaskScheduler`, unless `#[durable_object(binding = "…")]` says otherwise. It begins to
    /// exist when it is first asked something.
    ///
    /// # Errors
    /// When the Worker has no such binding, or it is none of a Durable Object.
    fn object<D: Object>(&self, name: impl Into<String>) -> Result<ObjectRef<D>, BindingError>;

    /// An object by its type and its id, 64 hexadecimal digits, through the same binding: one that has
    /// no name (`newUniqueId()` of the binding makes such ids), or any other. Without a name,
    /// `svc.name()` is the id.
    ///
    /// # Errors
    /// As [`object`](Self::object); and when it is no id of this binding's objects.
    fn object_by_id<D: Object>(&self, id: impl Into<String>) -> Result<ObjectRef<D>, AddressError>;
}

impl EnvExt for worker::Env {
    fn object<D: Object>(&self, name: impl Into<String>) -> Result<ObjectRef<D>, BindingError> {
        let namespace = namespace::<D>(self)?;
        Ok(ObjectRef {
            route: route(&namespace.into(), &name.into(), false),
            marker: PhantomData,
        })
    }

    fn object_by_id<D: Object>(&self, id: impl Into<String>) -> Result<ObjectRef<D>, AddressError> {
        let (namespace, id) = (namespace::<D>(self)?, id.into());
        if let Err(error) = namespace.id_from_string(&id) {
            return Err(AddressError::Id {
                class: D::CLASS,
                id,
                reason: error.to_string(),
            });
        }
        Ok(ObjectRef {
            route: route(&namespace.into(), &id, true),
            marker: PhantomData,
        })
    }
}

fn namespace<D: Object>(env: &worker::Env) -> Result<worker::ObjectNamespace, BindingError> {
    env.durable_object(D::BINDING)
        .map_err(|error| BindingError {
            class: D::CLASS,
            binding: D::BINDING,
            reason: error.to_string(),
        })
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

/// Why no object can be asked for by an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The Worker has no binding for the type.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// It is no id of the binding's objects.
    #[error("`{id}` is no id of a `{class}`: {reason}")]
    Id {
        /// The name of the type.
        class: &'static str,
        /// What was given.
        id: String,
        /// What the runtime said.
        reason: String,
    },
}

impl From<AddressError> for worker::Error {
    fn from(error: AddressError) -> Self {
        worker::Error::RustError(error.to_string())
    }
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
    route: JsValue,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for ObjectRef<D> {
    fn clone(&self) -> Self {
        Self {
            route: self.route.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: Object> ObjectRef<D> {
    /// Runs a continuation in one transaction and returns what its last step returns, once that is
    /// on disk. It travels by Workers RPC, each time over a new stub (what only reads may have the one
    /// before); a message may have 32 MiB (Cloudflare's limit), a continuation has 1 MiB.
    ///
    /// It is sent again, up to three times within a second, where that is harmless: if another
    /// object's trap came in between, so that nothing has happened; and if the runtime calls its
    /// error `retryable` and all handlers take `&self`. Never if it calls it `overloaded`.
    ///
    /// # Errors
    /// [`CallError`]; nothing has happened unless its `outcome()` is `Unknown`.
    /// [`CallError::Overloaded`] when the object has too much to do.
    pub async fn run<R: Output>(
        &self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        let again = Engine::<D>::only_reads(&program).then_some(wire::RUN_AGAIN);
        read_answer(self.exchange(program, again).await?)
    }

    /// As [`run`](Self::run), and may be asked again with the same key, also by another Worker: it is
    /// executed once, and each attempt has its answer.
    ///
    /// # Errors
    /// As `run`; [`CallError::Timeout`] from the key's deadline on. An attempt whose outcome is `Unknown` can
    /// be followed by another, and none is here.
    pub async fn run_idempotent<R: Output>(
        &self,
        key: &mut IdempotencyKey,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        read_answer(self.attempt(&key.next_attempt(), &program).await?)
    }

    async fn attempt(&self, call: &CallHeader, program: &[u8]) -> Result<Vec<u8>, CallError> {
        // Of an attempt before nothing is known by what becomes of this one.
        let unknown = |error| match error {
            CallError::Unreachable { reason, .. } if call.attempt > 1 => unreachable(reason, false),
            error => error,
        };
        let message = wire::run_idempotent(call, program)?;
        let answer = self.ask(&message, None).await.map_err(unknown)?;
        match letters::read_answer(&answer) {
            Delivered::Answered { answer, .. } => answer.map_err(unknown),
            Delivered::Lost { reason, .. } | Delivered::Impossible { reason } => {
                Err(unreachable(reason, false))
            }
        }
    }

    /// Compiled once for each object, not for each type that a handler returns.
    async fn exchange(&self, program: Vec<u8>, again: Option<u8>) -> Result<Vec<u8>, CallError> {
        wire::read_answer(&self.ask(&wire::run(&program)?, again).await?)
    }

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list`,
    /// `svc.calls.list` and `svc.fetches.list` have more.
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
        wire::read_inspection(&self.ask(&wire::inspect(), Some(wire::INSPECT)).await?)
    }

    /// `again` is the kind of message to ask by when the first one was lost, if it may be asked again.
    async fn ask(&self, message: &[u8], again: Option<u8>) -> Result<Vec<u8>, CallError> {
        let again = again.map_or(-1, i32::from);
        match Call::begin(|id, done| call(&self.route, message, again, id, done)).await {
            Answer::Bytes(bytes) => Ok(bytes),
            Answer::Overloaded { reason } => Err(CallError::Overloaded { reason }),
            Answer::Thrown { reason, nothing } => Err(unreachable(reason, nothing)),
        }
    }
}

/// What became of a call that was answered with an exception. After most it may have been executed:
/// workerd may have committed the turn of an object that it reset.
fn unreachable(reason: String, nothing: bool) -> CallError {
    let outcome = match nothing {
        true => Outcome::NotExecuted,
        false => Outcome::Unknown,
    };
    CallError::Unreachable { reason, outcome }
}
