//! HTTP over the sockets of this process.
//!
//! - [`HttpExecutor`], here; `builder`: how it is set up;
//! - `policy`: what may be fetched; `addresses`: which addresses are public;
//! - `connect`: names, sockets and TLS, each address asked of the policy;
//! - `exchange`: one attempt, from its first request to the last redirect's response; `redirect`: where
//!   that leads; `body`: what is read of it, and no more;
//! - `failure`: what went wrong, in our words.

mod addresses;
mod body;
mod builder;
mod connect;
mod exchange;
mod failure;
mod policy;
mod redirect;

pub use builder::{HttpExecutorBuilder, HttpSetupError};
pub use policy::{AllowAll, Policy, PublicOnly};

use super::executor::{Attempt, Executor};
use super::{FetchError, Response};
use http::HeaderValue;
use std::fmt;
use std::sync::Arc;

/// The default executor: HTTP/1.1 and HTTP/2 over TCP and TLS.
///
/// - **Connections** are kept and used again, for 30 s after their last use; HTTP/2 where the server
///   agrees to it during the TLS handshake (ALPN). Dropping a fetch closes its connection, or with HTTP/2
///   its stream.
/// - **TLS** 1.2 and 1.3 by rustls with ring. The roots are Mozilla's, built in, so that they don't depend on
///   the machine; others can be [added](HttpExecutorBuilder::root_certificate).
/// - **Redirects** (RFC 9110, 15.4) are followed as in the Fetch Standard, ten at most unless
///   [told otherwise](HttpExecutorBuilder::max_redirects).
/// - **gzip** is asked for and decompressed, unless the request has a header `Accept-Encoding` or `Range` of
///   its own; `Content-Encoding` and `Content-Length` are then taken out of the response.
/// - **Nothing else**: no cookies, no cache, no proxy (not that of the environment's variables either), no
///   credentials but those in the request's headers.
/// - **What may be fetched** says a [`Policy`]; by default everything may.
///
/// The headers of a response may have 64 KiB in all; more than 128 KiB is a [`FetchError::Network`].
///
/// It must be run on a tokio runtime with time and I/O enabled. It keeps to the
/// [timeout](Attempt::timeout) of the attempt by itself, for only it knows what it was waiting for.
#[derive(Clone)]
pub struct HttpExecutor {
    shared: Arc<Shared>,
}

struct Shared {
    client: connect::Client,
    policy: Arc<dyn Policy>,
    max_redirects: usize,
    user_agent: HeaderValue,
}

impl HttpExecutor {
    /// Begins to set one up.
    pub fn builder() -> HttpExecutorBuilder {
        HttpExecutorBuilder::default()
    }
}

impl Executor for HttpExecutor {
    fn fetch(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static {
        let shared = Arc::clone(&self.shared);
        async move { exchange::run(&shared, attempt).await }
    }
}

impl fmt::Debug for HttpExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpExecutor")
            .field("max_redirects", &self.shared.max_redirects)
            .field("user_agent", &self.shared.user_agent)
            .finish_non_exhaustive()
    }
}
