//! Typed, durable continuations for Durable Objects.

pub use lumenize_macros::durable_object;
pub use lumenize_runtime::codec::{CodecError, Json, Payload};
pub use lumenize_runtime::continuation::program::ProgramError;
pub use lumenize_runtime::continuation::typed::{Arg, ContinuationOf, Output, Piped, Placeholder};
pub use lumenize_runtime::engine::retry::RetryPolicy;
pub use lumenize_runtime::error::{CallError, ErrorCode, HandlerError, Outcome, Result};
pub use lumenize_runtime::object::Object;
pub use lumenize_runtime::services::{
    AlarmOptions, Alarms, Error, Every, Failed, Schedule, Services, When,
};
pub use lumenize_runtime::views::{
    ArgView, FailedWork, PendingWork, ScheduleId, StepView, Why, WorkId,
};

#[cfg(not(target_family = "wasm"))]
pub use lumenize_runtime::host::native;
#[cfg(not(target_family = "wasm"))]
pub use lumenize_runtime::testing;

/// What an object's source file needs: `use lumenize::prelude::*;`.
pub mod prelude {
    pub use crate::{
        ErrorCode, Every, FailedWork, HandlerError, Json, Result, RetryPolicy, ScheduleId,
        Services, WorkId, durable_object,
    };
    pub use chrono::{DateTime, Utc};
    pub use serde::{Deserialize, Serialize};
    pub use std::time::Duration;
}

/// What generated code refers to. Not for people, and not stable.
#[doc(hidden)]
pub mod __private {
    pub use lumenize_runtime::codec::Payload;
    pub use lumenize_runtime::continuation::typed::{
        Arg, ContinuationOf, Lowered, Lowering, NoStep, Output, Piped, Steps,
    };
    pub use lumenize_runtime::error::HandlerError;
    pub use lumenize_runtime::object::{
        Args, Handler, HandlerInfo, NotResult, Object, Probe, ResultOk, Returned, StepError,
    };
    pub use lumenize_runtime::services::Services;
}
