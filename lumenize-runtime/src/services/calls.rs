//! Calls of other objects: a continuation of theirs, and what to run here with what it returns.

use super::lists::is_call;
use super::{CallFilter, Error, Page, Services, Shared};
use crate::continuation::program::{Program, ProgramError};
use crate::continuation::typed::{ContinuationOf, HasStep, Placeholder};
use crate::engine::LONGEST_TIMEOUT_MS;
use crate::engine::outbox::{MAX_ROW_BYTES, send, silence};
use crate::engine::retry::RetryPolicy;
use crate::error::CallError;
use crate::object::Object;
use crate::services::alarms::MAX_NAME_BYTES;
use crate::store::{Blob, Detail, Item, Kind, Name, Outgoing, Timing};
use crate::views::{CallId, PendingWork};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a call waits for its outcome unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Which object of a type: by its name, or by its id.
///
/// ```
/// # use lumenize_runtime::services::Instance;
/// let by_name: Instance = "main".into();
/// let by_id = Instance::id("0a1b…");
/// # assert_ne!(by_name, by_id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    text: String,
    by_id: bool,
}

impl Instance {
    /// The object with this id, 64 hexadecimal digits. Only Cloudflare's runtime knows objects by ids;
    /// elsewhere the call ends as [`CallError::Unreachable`], `NotExecuted`.
    pub fn id(id: impl Into<String>) -> Self {
        Self {
            text: id.into(),
            by_id: true,
        }
    }
}

impl From<String> for Instance {
    fn from(name: String) -> Self {
        Self {
            text: name,
            by_id: false,
        }
    }
}

impl From<&str> for Instance {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<&String> for Instance {
    fn from(name: &String) -> Self {
        name.clone().into()
    }
}

impl<D: Object> Services<D> {
    /// Begins a call: the continuation of another object (or of this one) that is to run there, and
    /// whose result comes back to a handler here. Its handlers must be `pub`.
    ///
    /// It is sent once the transaction of the running handler has committed, and again until there
    /// is an outcome or its [time](Call::timeout) is over; it is executed at most once, whatever is
    /// lost, repeated or restarted in between. Two calls, also of the same object, arrive in any
    /// order: what must follow is another step of one continuation.
    ///
    /// What it looks like stands at [`Call`], in the documentation of the crate `lumenize`.
    pub fn call<T: Object, R: HasStep>(
        &mut self,
        instance: impl Into<Instance>,
        continuation: impl ContinuationOf<'static, T, R>,
    ) -> Call<'_, D, R> {
        let program = continuation.into_steps().encode();
        let public = |handler: &str| {
            let mut handlers = T::HANDLERS.iter();
            handlers.any(|info| info.name == handler && info.public)
        };
        Call {
            shared: &self.shared,
            to: To {
                instance: instance.into(),
                class: T::CLASS,
                binding: T::BINDING.into(),
            },
            request: request(program, T::CLASS, &public),
            on_success: None,
            on_error: None,
            timeout: TIMEOUT,
            retry: RetryPolicy::default(),
            key: None,
            marker: PhantomData,
        }
    }
}

/// The program as it travels, each value with its shape: the callee may be of another release.
fn request(
    program: Result<Vec<u8>, ProgramError>,
    class: &'static str,
    public: &dyn Fn(&str) -> bool,
) -> Result<Vec<u8>, Error> {
    let bytes = program?;
    let program = Program::decode(&bytes)?;
    if let Some(step) = program.steps().find(|step| !public(step.handler)) {
        return Err(Error::NotPublic {
            class,
            handler: step.handler.to_owned(),
        });
    }
    let whole = program.with_shapes();
    Ok(whole.ok_or(ProgramError::TooLarge { bytes: bytes.len() })?)
}

struct To {
    instance: Instance,
    class: &'static str,
    binding: std::borrow::Cow<'static, str>,
}

/// A call that is being built, by [`Services::call`].
#[must_use = "nothing is sent before `.send()`"]
pub struct Call<'s, D, R> {
    shared: &'s Shared,
    to: To,
    request: Result<Vec<u8>, Error>,
    on_success: Option<Result<Vec<u8>, ProgramError>>,
    on_error: Option<Result<Vec<u8>, ProgramError>>,
    timeout: Duration,
    retry: RetryPolicy,
    key: Option<String>,
    marker: PhantomData<fn(D) -> R>,
}

impl<D: Object, R: HasStep> Call<'_, D, R> {
    /// What to run here with what the call returns, in the commit that ends the call. The closure runs
    /// at once; what it is given stands for the result. A handler that fails is tried again by the
    /// call's [policy](Self::retry), and then stands among the failed work with the result: it never
    /// leads to `on_error`.
    pub fn on_success<R2: HasStep>(
        mut self,
        handler: impl for<'c> FnOnce(Placeholder<'c, R>) -> D::Continuation<'c, R2>,
    ) -> Self {
        let steps = handler(Placeholder::new()).into_steps();
        self.on_success = Some(steps.encode_awaiting());
        self
    }

    /// What to run here if the call ends with an error, as [`on_success`](Self::on_success).
    pub fn on_error<R2: HasStep>(
        mut self,
        handler: impl for<'c> FnOnce(Placeholder<'c, CallError>) -> D::Continuation<'c, R2>,
    ) -> Self {
        let steps = handler(Placeholder::new()).into_steps();
        self.on_error = Some(steps.encode_awaiting());
        self
    }
}

impl<D: Object, R> Call<'_, D, R> {
    /// How long to wait for the outcome, from now, in whole milliseconds: 60 s unless it is said, 1 ms
    /// to 30 days. After that the call ends as [`CallError::Timeout`], and is not executed any more if
    /// it was not before.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How the handler of the outcome is tried again when it fails. (A call that is lost on its way is
    /// sent again until its time is over, whatever this says.)
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self {
            retry: policy,
            ..self
        }
    }

    /// Under a key of 1 to 256 bytes, of which one call is in flight at a time: if there is one, `send`
    /// returns its id and sends nothing. The key is free again in the commit that ends the call,
    /// whatever the outcome.
    pub fn named(self, key: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }

    /// The binding under which a Worker finds the callee, if it is not that of its type. Only
    /// Cloudflare's runtime asks for it.
    pub fn binding(mut self, binding: impl Into<String>) -> Self {
        self.to.binding = binding.into().into();
        self
    }

    /// Stores the call in the transaction of the running handler, and sends it when that has
    /// committed. If the handler fails, nothing was called. Without any handler of the outcome it is
    /// sent all the same until it is executed, and nobody hears of the result.
    ///
    /// # Errors
    /// [`Error::Continuation`] if the continuation or a handler's is over a limit or an argument can't
    /// be stored, [`Error::NotPublic`], [`Error::Timeout`], [`Error::Name`], [`Error::CallTooLarge`],
    /// [`Error::TooMuchWork`], [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`],
    /// [`Error::Storage`].
    pub fn send(self) -> Result<CallId, Error> {
        add(
            self.shared,
            &self.to,
            &self.request?,
            self.on_success.transpose()?,
            self.on_error.transpose()?,
            self.timeout,
            self.retry,
            self.key.as_deref(),
        )
    }
}

/// Stores a call. Compiled once, whatever is called.
#[allow(clippy::too_many_arguments)]
fn add(
    shared: &Shared,
    to: &To,
    request: &[u8],
    on_success: Option<Vec<u8>>,
    on_error: Option<Vec<u8>>,
    timeout: Duration,
    retry: RetryPolicy,
    key: Option<&str>,
) -> Result<CallId, Error> {
    let store = shared.writing_work()?;
    let timeout = match i64::try_from(timeout.as_millis()) {
        Ok(timeout @ 1..=LONGEST_TIMEOUT_MS) => timeout,
        _ => return Err(Error::Timeout { timeout }),
    };
    if let Some(key) = key {
        if !(1..=MAX_NAME_BYTES).contains(&key.len()) {
            return Err(Error::Name {
                bytes: key.len(),
                limit: MAX_NAME_BYTES,
            });
        }
        if let Some(item) = store.named(Name::Call(key))? {
            return Ok(item.id.into());
        }
    }
    let now = shared.now();
    let outgoing = Outgoing {
        class: to.class,
        binding: &to.binding,
        instance: &to.instance.text,
        by_id: to.instance.by_id,
        deadline: now + timeout,
        request: Blob(request),
        on_success: on_success.as_deref().map(Blob),
        on_error: on_error.as_deref().map(Blob),
        key,
    };
    let program = outgoing.encode();
    if program.len() > MAX_ROW_BYTES {
        return Err(Error::CallTooLarge {
            bytes: program.len(),
            limit: MAX_ROW_BYTES,
        });
    }
    let hops = shared.begets();
    let detail = Detail {
        retry,
        when: Timing::Once,
        name: None,
        hops,
        token: None,
    }
    .encode();
    // What begets itself too often is not sent at once, but when its slower turn comes.
    let slowed = shared.not_before(hops);
    let (due, attempts) = match slowed > now {
        true => (slowed, 0),
        false => (now + silence(1), 1),
    };
    let item = Item {
        id: shared.next_id(),
        due: due.min(outgoing.deadline),
        kind: Kind::Call as i64,
        scheduled: now,
        attempts,
        program: program.clone(),
        detail,
        error: None,
    };
    shared.add_awaiting(&item, key.map(Name::Call), [&on_success, &on_error])?;
    if attempts > 0 {
        shared.after_commit(send(&shared.identity, &outgoing, item.id, attempts, hops));
    }
    Ok(item.id.into())
}

/// The calls of an object that have not ended: `self.svc.calls`.
pub struct Calls {
    shared: Arc<Shared>,
}

impl Calls {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Ends a call whose outcome has not been handled, and says whether there was one: none of its
    /// handlers runs any more. It can't be taken back from the callee, which may have executed it or
    /// be about to, unless this is the handler that sends it.
    ///
    /// One whose outcome was set aside or parked has ended: `svc.failed` has that, and forgets it by `discard`. What is
    /// parked goes on when there is code that understands it.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Building`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn cancel(&mut self, id: CallId) -> Result<bool, Error> {
        let store = self.shared.writing_work()?;
        let id = Uuid::from(id);
        match store.item(id)? {
            Some(item) if is_call(&item) => {
                store.remove(id)?;
                self.shared.do_not_send(id);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// A call that has not ended: what it runs at the callee and waits for ([`Why::Awaiting`]), or the
    /// handler that has its outcome and is to run.
    ///
    /// [`Why::Awaiting`]: crate::views::Why::Awaiting
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get(&self, id: CallId) -> Result<Option<PendingWork>, Error> {
        let item = self.shared.reading()?.item(id.into())?;
        self.view(item)
    }

    /// The call that is in flight under this key.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn get_named(&self, key: &str) -> Result<Option<PendingWork>, Error> {
        let item = self.shared.reading()?.named(Name::Call(key))?;
        self.view(item)
    }

    /// A page of the calls that have not ended.
    ///
    /// # Errors
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn list(&self, filter: CallFilter) -> Result<Page<PendingWork>, Error> {
        Ok(filter.page(self.shared.reading()?, self.shared.now())?)
    }

    fn view(&self, item: Option<Item>) -> Result<Option<PendingWork>, Error> {
        let store = self.shared.reading()?;
        let item = item.filter(is_call);
        let view = item.map(|item| PendingWork::of(&item, store, None, self.shared.now()));
        Ok(view.transpose()?)
    }
}
