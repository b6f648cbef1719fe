//! HTTP outside of the object: what is asked for and what comes of it, on every host.
//!
//! - `request`: what can be asked for, and what is refused before anything is stored;
//! - `response`, `error`: what a handler is given;
//! - `executor`: what does the fetching, outside of all objects;
//! - `http`: the executor that is the default.

mod error;
#[cfg(not(target_family = "wasm"))]
mod executor;
#[cfg(not(target_family = "wasm"))]
mod http;
mod request;
mod response;

pub use error::{FetchError, Phase};
#[cfg(not(target_family = "wasm"))]
pub use executor::{Attempt, Executor};
#[cfg(not(target_family = "wasm"))]
pub use http::{AllowAll, HttpExecutor, HttpExecutorBuilder, HttpSetupError, Policy, PublicOnly};
pub use request::{IntoRequest, RequestError};
pub(crate) use request::{check, shown};
pub(crate) use response::is_passing;
pub use response::{BodyError, Response};
