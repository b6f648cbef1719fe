//! What does the fetching, outside of all objects.

use super::request::shown;
use super::{FetchError, Response};
use crate::views::FetchId;
use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// Something that takes a request and later gives a response: HTTP, or a way of your own to send mail, ask a
/// model, or fill a bucket, with the same durability. The object that asks is neither billed nor kept in
/// memory meanwhile, and the attempt that a restart interrupts is made again.
///
/// A future that is dropped ends the attempt: it was cancelled, or its time is over. What it returns after
/// that, nobody hears.
pub trait Executor: Send + Sync + 'static {
    /// Makes one attempt.
    fn fetch(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Response, FetchError>> + Send + 'static;
}

/// One attempt at a fetch, as an executor is given it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// The fetch that it is part of.
    pub id: FetchId,
    /// Which one it is, from 1. Attempts of one fetch may overlap, if one was given up for lost.
    pub number: u32,
    /// What to ask for. Its headers have the idempotency key, if there is one.
    pub request: http::Request<Bytes>,
    /// How long the attempt may take from now on, its body included. An executor that keeps to it by itself
    /// can say what it was waiting for; one that does not is dropped a little later.
    pub timeout: Duration,
    /// How many bytes the response's body may have, decompressed. Of a longer one the executor says
    /// [`FetchError::TooLarge`]; or, if the status is one that is tried again (408, 425, 429 and 5xx), it gives the
    /// response with so much of the body that it is longer than this: then it is tried again, too.
    pub max_response_bytes: u64,
}

impl Attempt {
    /// The first attempt at a request, with 30 s and 1 MiB: for programs and tests that run an executor
    /// themselves.
    pub fn new(id: FetchId, request: http::Request<Bytes>) -> Self {
        Self {
            id,
            number: 1,
            request,
            timeout: Duration::from_secs(30),
            max_response_bytes: 1 << 20,
        }
    }
}

/// Not the URL's query, nor the headers' values, which may be secret, nor the body, which may be long.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        f.debug_struct("Attempt")
            .field("id", &self.id)
            .field("number", &self.number)
            .field("method", request.method())
            .field("url", &shown(&request.uri().to_string()))
            .field("headers", &request.headers().keys().collect::<Vec<_>>())
            .field("body", &format_args!("<{} bytes>", request.body().len()))
            .field("timeout", &self.timeout)
            .field("max_response_bytes", &self.max_response_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let request = http::Request::post("https://a.example/b?key=secret")
            .header("authorization", "Bearer secret")
            .body(Bytes::from_static(b"secret"));
        let attempt = Attempt::new(uuid::Uuid::nil().into(), request.unwrap());
        let shown = format!("{attempt:?}");
        assert!(shown.contains("https://a.example/b"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
