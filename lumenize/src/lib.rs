//! Typed, durable continuations for Durable Objects.
//!
//! Write `#[durable_object]` above an `impl` block. Every method with a receiver becomes a handler,
//! and `Self::c()` begins a continuation of them: schedule it with [`Services::alarms`], or let an
//! object of a host run it. Begin with [`prelude`]; the crates `serde` and (for dates) `chrono` go
//! beside this one, and `uuid` for an [`IdempotencyKey`].
//!
//! ```
//! use lumenize::prelude::*;
//!
//! pub struct Counter {
//!     svc: Services<Self>,
//! }
//!
//! #[durable_object]
//! impl Counter {
//!     pub fn new(svc: Services<Self>) -> Self {
//!         Self { svc }
//!     }
//!
//!     /// Others may run this: it is `pub`.
//!     pub fn start(&mut self) -> Result<()> {
//!         let tick = Self::c().tick(5);
//!         self.svc.alarms.schedule(Every(Duration::from_secs(1)), tick)?;
//!         Ok(())
//!     }
//!
//!     /// It reads: `&self`.
//!     pub fn sum(&self) -> Result<u32> {
//!         Ok(self.svc.get("sum")?.unwrap_or(0))
//!     }
//!
//!     /// Only the object itself may run this.
//!     fn tick(&mut self, by: u32) -> Result<()> {
//!         let sum = self.sum()? + by;
//!         Ok(self.svc.put("sum", &sum)?)
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut world = lumenize::testing::World::new(1);
//! world.object::<Counter>("main").run(Counter::c().start())?;
//! world.advance(Duration::from_secs(3));
//! assert_eq!(world.object::<Counter>("main").run(Counter::c().sum())?, 15);
//! # Ok(())
//! # }
//! ```
//!
//! Tests use `testing::World`, programs `native::Host`, and Workers on Cloudflare's runtime
//! `workerd::EnvExt`: the modules `testing` and `native` are there everywhere but in wasm, `workerd`
//! in wasm alone.

pub use lumenize_cron::{Cron, CronError};
/// ```
/// use lumenize::prelude::*;
///
/// let weekdays = cron!("30 9 * * mon-fri");
/// assert_eq!(weekdays, Cron::new("30 9 * * mon-fri")?);
/// # Ok::<(), lumenize::CronError>(())
/// ```
#[cfg_attr(
    feature = "timezone",
    doc = r#"
In a time zone:

```
use lumenize::prelude::*;

let weekdays = cron!("30 9 * * mon-fri", "Europe/Berlin");
assert_eq!(weekdays, Cron::new("30 9 * * mon-fri")?.in_zone("Europe/Berlin")?);
# Ok::<(), lumenize::CronError>(())
```

```compile_fail
let _ = lumenize::cron!("30 9 * * mon-fri", "Europe/Berlim");
```
"#
)]
///
pub use lumenize_macros::cron;
pub use lumenize_macros::durable_object;
pub use lumenize_runtime::codec::{CodecError, Json, Payload};
pub use lumenize_runtime::continuation::program::ProgramError;
pub use lumenize_runtime::continuation::typed::{
    Arg, ContinuationOf, HasStep, NoStep, Output, Piped, Placeholder,
};
pub use lumenize_runtime::engine::retry::RetryPolicy;
pub use lumenize_runtime::error::{CallError, ErrorCode, HandlerError, Outcome, Result};
pub use lumenize_runtime::fetch::{
    BodyError, FetchError, IntoRequest, Phase, RequestError, Response,
};
pub use lumenize_runtime::host::{IdempotencyKey, SqlError, SqlErrorKind};
pub use lumenize_runtime::object::Object;
/// ```
/// use lumenize::prelude::*;
///
/// pub struct Directory { svc: Services<Self> }
///
/// #[durable_object]
/// impl Directory {
///     pub fn new(svc: Services<Self>) -> Self { Self { svc } }
///     pub fn name_of(&self, id: String) -> Result<Option<String>> { Ok(self.svc.get(&id)?) }
/// }
///
/// pub struct Desk { svc: Services<Self> }
///
/// #[durable_object]
/// impl Desk {
///     pub fn new(svc: Services<Self>) -> Self { Self { svc } }
///     pub fn welcome(&mut self, id: String) -> Result<CallId> {
///         Ok(self.svc
///             .call("main", Directory::c().name_of(id))
///             .timeout(Duration::from_secs(300))
///             .on_success(|name| Self::c().greet(name))
///             .on_error(|error| Self::c().explain(error))
///             .send()?)
///     }
///     fn greet(&mut self, name: Option<String>) {}
///     fn explain(&mut self, error: CallError) {}
/// }
/// ```
pub use lumenize_runtime::services::Call;
/// ```
/// use lumenize::prelude::*;
///
/// pub struct Weather { svc: Services<Self> }
///
/// #[durable_object]
/// impl Weather {
///     pub fn new(svc: Services<Self>) -> Self { Self { svc } }
///     pub fn ask(&mut self, city: String) -> Result<FetchId> {
///         let body = format!(r#"{{"city":"{city}"}}"#);
///         let request = http::Request::post("https://weather.example.com/now").body(body)?;
///         Ok(self.svc
///             .proxy_fetch(request)
///             .timeout(Duration::from_secs(10))
///             .max_retries(5)
///             .on_success(|response| Self::c().keep(city.clone(), response))
///             .on_error(|error| Self::c().explain(city, error))
///             .send()?)
///     }
///     fn keep(&mut self, city: String, response: Response) -> Result<()> {
///         if !response.status().is_success() {
///             return self.explain(city, FetchError::Network { reason: response.status().to_string() });
///         }
///         Ok(self.svc.put(&city, &response.json::<u8>()?)?)
///     }
///     fn explain(&mut self, city: String, error: FetchError) -> Result<()> { Ok(()) }
/// }
/// ```
pub use lumenize_runtime::services::Fetch;
pub use lumenize_runtime::services::{
    AlarmOptions, Alarms, CallFilter, Calls, Cursor, Edit, EditError, Error, Every, Failed,
    FailedFilter, FetchFilter, Fetches, Instance, IntoWhen, Page, Schedule, ScheduleFilter,
    ScheduleKind, Services, When,
};
pub use lumenize_runtime::store::sql::{BindError, RowError};
pub use lumenize_runtime::store::statement::StatementError;
pub use lumenize_runtime::views::{
    ArgView, CallId, Caller, FailedWork, FetchId, PendingWork, Recurrence, ScheduleId, StepView,
    Why, WorkId,
};

/// The crate whose requests are fetched.
pub use http;

/// What makes the attempts at fetches on the embedded host.
#[cfg(not(target_family = "wasm"))]
pub mod fetch {
    pub use lumenize_runtime::fetch::{
        AllowAll, Attempt, Executor, HttpExecutor, HttpExecutorBuilder, HttpSetupError, Policy,
        PublicOnly,
    };
}

#[cfg(not(target_family = "wasm"))]
pub use lumenize_runtime::host::native;
#[cfg(not(target_family = "wasm"))]
pub use lumenize_runtime::testing;

#[cfg(target_family = "wasm")]
pub use lumenize_runtime::host::workerd;

/// What an object's source file needs: `use lumenize::prelude::*;`.
pub mod prelude {
    #[cfg(target_family = "wasm")]
    pub use crate::workerd::EnvExt;
    pub use crate::{
        CallError, CallId, Caller, Cron, ErrorCode, Every, FailedFilter, FailedWork, FetchError,
        FetchId, HandlerError, Instance, Json, Response, Result, RetryPolicy, ScheduleFilter,
        ScheduleId, Services, WorkId, cron, durable_object, http,
    };
    pub use chrono::{DateTime, Utc};
    pub use serde::{Deserialize, Serialize};
    pub use std::time::Duration;
}

/// What generated code refers to. Not for people, and not stable.
#[doc(hidden)]
pub mod __private {
    pub use lumenize_cron::Cron;
    pub use lumenize_runtime::codec::Payload;
    pub use lumenize_runtime::continuation::typed::{
        Arg, Begun, ContinuationOf, Lowered, Lowering, NoStep, Piped, Steps,
    };
    pub use lumenize_runtime::error::HandlerError;
    pub use lumenize_runtime::object::{
        Args, Argument, Handler, HandlerInfo, NotResult, NotStorable, Object, OnFailed, ParamInfo,
        Probe, ResultOk, Returned, StepError, Stored, Visitor, fallback, outcome, stored,
    };
    pub use lumenize_runtime::services::Services;

    #[cfg(target_family = "wasm")]
    pub mod workerd {
        pub use lumenize_runtime::host::workerd::{construct, register, wasm_bindgen};
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/continuations.md")]
struct Continuations;

#[cfg(doctest)]
#[doc = include_str!("../../docs/state.md")]
struct State;

#[cfg(doctest)]
#[doc = include_str!("../../docs/native.md")]
struct Native;

#[cfg(doctest)]
#[doc = include_str!("../../docs/alarms.md")]
struct AlarmsGuide;

#[cfg(doctest)]
#[doc = include_str!("../../docs/porting.md")]
struct Porting;

#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;

#[cfg(doctest)]
#[doc = include_str!("../../docs/determinism.md")]
struct Determinism;

#[cfg(doctest)]
#[doc = include_str!("../../docs/redeploy.md")]
struct RedeployGuide;

#[cfg(doctest)]
#[doc = include_str!("../../docs/call.md")]
struct CallGuide;

#[cfg(doctest)]
#[doc = include_str!("../../docs/proxy-fetch.md")]
struct FetchGuide;
