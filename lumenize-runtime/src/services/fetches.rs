//! Fetches: a request that an executor sends outside of the object, and what to run here with the
//! response.

use super::lists::is_fetch;
use super::{Error, FetchFilter, Page, Services, Shared};
use crate::continuation::program::ProgramError;
use crate::continuation::typed::{ContinuationOf, HasStep, Placeholder};
use crate::engine::Effect;
use crate::engine::fetches::{LONGEST_ATTEMPT_MS, LONGEST_FETCH_MS, attempt};
use crate::engine::outbox::MAX_ROW_BYTES;
use crate::engine::retry::RetryPolicy;
use crate::fetch::{FetchError, IntoRequest, RequestError, Response, check};
use crate::object::Object;
use crate::store::{Blob, Detail, Fetching, Item, Kind, Timing};
use crate::views::{FetchId, PendingWork};
use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderValue, Method, Request};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What a fetch is told unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(15 * 60);
const MAX_RETRIES: u32 = 3;
const RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The most that a response's body may be allowed: a row holds it, with its headers and the handler.
const LARGEST_RESPONSE_BYTES: usize = 1_800_000;
/// More attempts than this are no retries any more.
const MOST_RETRIES: u32 = 1_000;

/// draft-ietf-httpapi-idempotency-key-header
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<D: Object> Services<D> {
    /// Begins a fetch: an HTTP request (or a URL, which is got) that is sent outside of the object, by an
    /// executor, and whose response comes back to a handler here. The object is neither billed nor kept
    /// in memory meanwhile.
    ///
    /// It is handed over once the transaction of the running handler has committed. The server may hear of
    /// it more than once: a process may end when the request has been sent and before its response is
    /// stored. So methods that are not idempotent (`POST`, `PATCH`) are sent with a key by which the
    /// server can tell, see [`idempotency_key`](Fetch::idempotency_key). The handler runs once.
    ///
    /// What it looks like stands at [`Fetch`], in the documentation of the crate `lumenize`.
    pub fn proxy_fetch(&mut self, request: impl IntoRequest) -> Fetch<'_, D> {
        Fetch {
            shared: &self.shared,
            request: request.into_request(),
            executor: String::new(),
            options: Options::default(),
            on_success: None,
            on_error: None,
            marker: PhantomData,
        }
    }
}

/// A fetch that is being built, by [`Services::proxy_fetch`].
#[must_use = "nothing is fetched before `.send()`"]
pub struct Fetch<'s, D> {
    shared: &'s Shared,
    request: Result<Request<Bytes>, RequestError>,
    executor: String,
    options: Options,
    on_success: Option<Result<Vec<u8>, ProgramError>>,
    on_error: Option<Result<Vec<u8>, ProgramError>>,
    marker: PhantomData<fn(D)>,
}

struct Options {
    timeout: Duration,
    deadline: Duration,
    max_retries: u32,
    retry_delay: Duration,
    max_response_bytes: usize,
    key: Key,
}

/// What the server can tell a second request from the first by.
enum Key {
    /// The fetch's id, for methods that need one.
    Generated,
    Given(String),
    None,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            deadline: DEADLINE,
            max_retries: MAX_RETRIES,
            retry_delay: RETRY_DELAY,
            max_response_bytes: MAX_RESPONSE_BYTES,
            key: Key::Generated,
        }
    }
}

impl<D: Object> Fetch<'_, D> {
    /// What to run here with the response, whatever its status, in the commit that ends the fetch. The
    /// closure runs at once; what it is given stands for the response. A handler that fails is tried
    /// again (5 attempts, from 1 s), and then stands among the failed work with the response: it never
    /// leads to `on_error`, nor to another request.
    pub fn on_success<R: HasStep>(
        mut self,
        handler: impl for<'c> FnOnce(Placeholder<'c, Response>) -> D::Continuation<'c, R>,
    ) -> Self {
        let steps = handler(Placeholder::new()).into_steps();
        self.on_success = Some(steps.encode_awaiting());
        self
    }

    /// What to run here if there is no response, as [`on_success`](Self::on_success).
    pub fn on_error<R: HasStep>(
        mut self,
        handler: impl for<'c> FnOnce(Placeholder<'c, FetchError>) -> D::Continuation<'c, R>,
    ) -> Self {
        let steps = handler(Placeholder::new()).into_steps();
        self.on_error = Some(steps.encode_awaiting());
        self
    }

    /// How long one attempt may take, from when it is handed over until the last byte of the response's
    /// body, in whole milliseconds: 30 s unless it is said, 1 ms to 1 h. Where nothing is heard of an
    /// attempt within this time and 5 s more, it is given up for lost. On Cloudflare's runtime an attempt
    /// takes 28 s at most, as what goes on after an answer is ended there after 30 s ("Workers limits").
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// How long the fetch may take in all, its retries included, from now, in whole milliseconds: 15 min
    /// unless it is said, 1 ms to 30 days. No attempt begins after it, and none lasts longer.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// How often it is tried again, at most: 3 times unless it is said, up to 1,000. Tried again are
    /// connections that fail, attempts that time out, and the statuses 408, 425, 429 and 5xx. So are
    /// attempts that end with the process that makes them, and these count as any. When none is left,
    /// the last response or error is the outcome.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.max_retries = retries;
        self
    }

    /// How long to wait before it is tried again, in whole milliseconds: drawn between 0 and this ("full
    /// jitter", from Brooker, _Exponential Backoff And Jitter_), which is 1 s unless it is said and
    /// doubles each time, up to 5 min. A server that says `Retry-After` (RFC 9110, 10.2.3) is
    /// given at least that time; if it is beyond the [deadline](Self::deadline), the response is the
    /// outcome.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.options.retry_delay = delay;
        self
    }

    /// How many bytes the response's body may have, decompressed: 1 MiB unless it is said, at most
    /// 1,800,000, as it is stored in one row. One that has more is [`FetchError::TooLarge`], and is not
    /// cut off.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.options.max_response_bytes = bytes;
        self
    }

    /// The `Idempotency-Key` that all attempts carry, as the value of the header. Unless it is said, it is
    /// the fetch's id, in quotes (a String of RFC 8941, as draft-ietf-httpapi-idempotency-key-header
    /// wants it), for methods that are not idempotent by themselves (RFC 9110, 9.2.2), and there is none
    /// for others. A header of that name in the request is as good.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.key = Key::Given(key.into());
        self
    }

    /// Sends no `Idempotency-Key`. A `POST` is then not tried again: one of which nothing is heard ends as
    /// [`FetchError::Unknown`].
    pub fn no_idempotency_key(mut self) -> Self {
        self.options.key = Key::None;
        self
    }

    /// By which executor: HTTP unless it is said. Others are known to the host by a name, and decide
    /// which URLs they take.
    pub fn via(mut self, executor: impl Into<String>) -> Self {
        self.executor = executor.into();
        self
    }

    /// Stores the fetch in the transaction of the running handler, and hands it over when that has
    /// committed. If the handler fails, nothing was fetched. Without any handler of the outcome it is
    /// fetched all the same, and nobody hears of what came of it.
    ///
    /// # Errors
    /// [`Error::Request`] if the request can't be sent as it is, [`Error::FetchOption`],
    /// [`Error::FetchTooLarge`], [`Error::Continuation`] if a handler's is over a limit or an argument
    /// can't be stored, [`Error::TooMuchWork`], [`Error::ReadOnly`], [`Error::Building`],
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn send(self) -> Result<FetchId, Error> {
        add(
            self.shared,
            self.request?,
            &self.executor,
            self.options,
            self.on_success.transpose()?,
            self.on_error.transpose()?,
        )
    }
}

/// Stores a fetch. Compiled once, whatever is done with the response.
fn add(
    shared: &Shared,
    mut request: Request<Bytes>,
    executor: &str,
    options: Options,
    on_success: Option<Vec<u8>>,
    on_error: Option<Vec<u8>>,
) -> Result<FetchId, Error> {
    shared.writing_work()?;
    check(&request, !executor.is_empty())?;
    let limits = options.limits()?;
    let id = shared.next_id();
    let repeatable = identify(&mut request, options.key, id)?;
    let now = shared.now();
    let url = request.uri().to_string();
    let headers = request.headers().iter();
    let fetching = Fetching {
        executor,
        method: request.method().as_str(),
        url: &url,
        headers: headers
            .map(|(name, value)| (name.as_str(), Blob(value.as_bytes())))
            .collect(),
        body: Blob(request.body()),
        timeout_ms: limits.timeout_ms,
        max_retries: options.max_retries,
        retry_delay_ms: limits.retry_delay_ms,
        max_response_bytes: options.max_response_bytes as u64,
        repeatable,
        deadline: now + limits.deadline_ms,
        on_success: on_success.as_deref().map(Blob),
        on_error: on_error.as_deref().map(Blob),
    };
    let program = fetching.encode();
    if program.len() > MAX_ROW_BYTES {
        return Err(Error::FetchTooLarge {
            bytes: program.len(),
            limit: MAX_ROW_BYTES,
        });
    }
    let hops = shared.begets();
    // What begets itself too often is not sent at once, but when its slower turn comes.
    let slowed = shared.not_before(hops);
    let first = match slowed > now {
        true => None,
        false => attempt(&fetching, id, 1, shared.token(), now),
    };
    let item = Item {
        id,
        due: first
            .as_ref()
            .map_or(slowed.min(fetching.deadline), |(_, lost)| *lost),
        kind: Kind::Fetch as i64,
        scheduled: now,
        attempts: u32::from(first.is_some()),
        program: program.clone(),
        detail: Detail {
            retry: RetryPolicy::default(),
            when: Timing::Once,
            name: None,
            hops,
            token: first.as_ref().map(|(attempt, _)| attempt.token),
        }
        .encode(),
        error: None,
    };
    shared.add_awaiting(&item, None, [&on_success, &on_error])?;
    if let Some((first, _)) = first {
        shared.after_commit(Effect::Fetch(first));
    }
    Ok(id.into())
}

/// Gives the request a key if it needs one, and says whether the server takes a second one like it for the
/// first.
fn identify(request: &mut Request<Bytes>, key: Key, id: Uuid) -> Result<bool, Error> {
    // RFC 9110, 9.2.2. `TRACE` is refused.
    let idempotent = [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
    ];
    let idempotent = idempotent.contains(request.method());
    let has_one = request.headers().contains_key(IDEMPOTENCY_KEY);
    let key = match key {
        Key::Given(key) => key,
        Key::Generated if !idempotent && !has_one => format!("\"{id}\""),
        Key::Generated => return Ok(true),
        Key::None => {
            request.headers_mut().remove(IDEMPOTENCY_KEY);
            return Ok(idempotent);
        }
    };
    let value = HeaderValue::try_from(key).map_err(|_| RequestError::IdempotencyKey)?;
    request.headers_mut().insert(IDEMPOTENCY_KEY, value);
    Ok(true)
}

/// What was asked for, in milliseconds.
struct Limits {
    timeout_ms: i64,
    deadline_ms: i64,
    retry_delay_ms: u64,
}

impl Options {
    fn limits(&self) -> Result<Limits, Error> {
        let refuse = |what, is, must| Err(Error::FetchOption { what, is, must });
        let within = |time: Duration, limit| {
            let ms = i64::try_from(time.as_millis()).ok();
            ms.filter(|ms| (1..=limit).contains(ms))
        };
        let Some(timeout_ms) = within(self.timeout, LONGEST_ATTEMPT_MS) else {
            let is = format!("{:?}", self.timeout);
            return refuse("timeout", is, "at least 1 ms and at most 1 h");
        };
        let Some(deadline_ms) = within(self.deadline, LONGEST_FETCH_MS) else {
            let is = format!("{:?}", self.deadline);
            return refuse("deadline", is, "at least 1 ms and at most 30 days");
        };
        if self.max_retries > MOST_RETRIES {
            let is = self.max_retries.to_string();
            return refuse("number of retries", is, "at most 1,000");
        }
        if self.max_response_bytes > LARGEST_RESPONSE_BYTES {
            let is = self.max_response_bytes.to_string();
            return refuse("limit of response bytes", is, "at most 1,800,000");
        }
        Ok(Limits {
            timeout_ms,
            deadline_ms,
            retry_delay_ms: u64::try_from(self.retry_delay.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// The fetches of an object that have not ended: `self.svc.fetches`.
pub struct Fetches {
    shared: Arc<Shared>,
}

impl Fetches {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Ends a fetch whose outcome has not been handled, and says whether there was one: none of its
    /// handlers runs any more. After the commit its executor is told to stop; the server may have heard of
    /// it, unless this is the handler that sends it.
    ///
    /// One whose outcome was set aside or parked has ended: `svc.failed` has that, and forgets it by `discard`. What is
    /// parked goes on when there is code that understands it.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn cancel(&mut self, id: FetchId) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        let id = Uuid::from(id);
        match store.item(id)? {
            Some(item) if is_fetch(&item) => {
                store.remove(id)?;
                self.shared.do_not_send(id);
                self.shared.after_commit(Effect::CancelFetch(id));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// A fetch that has not ended: what is fetched ([`Why::Fetching`]), why it is to be tried again
    /// ([`Why::Retrying`]), or the handler that has its outcome and is to run.
    ///
    /// [`Why::Fetching`]: crate::views::Why::Fetching
    /// [`Why::Retrying`]: crate::views::Why::Retrying
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get(&self, id: FetchId) -> Result<Option<PendingWork>, Error> {
        let store = self.shared.reading()?;
        let item = store.item(id.into())?.filter(is_fetch);
        let view = item.map(|item| PendingWork::of(&item, store, None, self.shared.now()));
        Ok(view.transpose()?)
    }

    /// A page of the fetches that have not ended.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn list(&self, filter: FetchFilter) -> Result<Page<PendingWork>, Error> {
        Ok(filter.page(self.shared.reading()?, self.shared.now())?)
    }
}
