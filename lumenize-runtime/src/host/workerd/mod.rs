//! Cloudflare's runtime: objects as Durable Objects with SQLite storage, in wasm.
//!
//! - `object.js`: the class that workerd sees, with every promise and the alarm; `post.js`: what it sends to
//!   other objects and to executors; `rpc.js`: how that, and what a Worker sends, travels; `fetch.js`: what an
//!   executor is handed, and what it tells;
//! - here: what it calls, and what the macro exports;
//! - `executor`: the class that workerd sees as what fetches by HTTP, which is `executor.js`;
//! - `storage`: the [`Storage`] over `ctx.storage`, and `sql.js`, how statements get there;
//! - [`console`]: what `tracing` is told;
//! - `caller`: [`EnvExt`], for Workers; `calls`: what waits there for an answer.
//!
//! What travels by RPC is in `host/wire`, which knows nothing of workerd.
//!
//! What workerd was seen to do, and what follows from it, stands in `docs/workerd.md`.

mod caller;
mod calls;
mod console;
mod executor;
mod storage;

pub use caller::{AddressError, BindingError, EnvExt, ObjectRef};
pub use console::{Level, console};
pub use storage::WorkerdStorage;
#[doc(hidden)]
pub use worker::wasm_bindgen;

use crate::engine::{
    Address, CallHeader, Effect, Engine, Event, FetchAttempt, Mail, Request, Start, Turns,
};
use crate::error::CallError;
use crate::host::wire::fetched;
use crate::host::wire::letters::{self, Letter};
use crate::host::wire::{self, Message};
use crate::host::{Identity, SqlErrorKind, Storage, Tick};
use crate::object::Object;
use std::cell::RefCell;
use std::sync::{Arc, Once};
use uuid::Uuid;
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::prelude::*;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/object.js")]
extern "C" {
    #[wasm_bindgen(js_name = register)]
    fn register_class(sample: JsValue, name: &str, open: JsValue, alive: JsValue);
    #[wasm_bindgen(js_name = construct)]
    fn construct_object(ctx: JsValue, env: JsValue, name: &str) -> JsValue;
    fn panicked(message: &str);
    fn outcome(
        answer: &JsValue,
        resume: &JsValue,
        alarm: &JsValue,
        lost: &JsValue,
        destroyed: bool,
    ) -> JsValue;
}

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/post.js")]
extern "C" {
    fn send(binding: &str, class: &str, instance: &str, by_id: bool, key: &[u8], message: &[u8]);
    fn acknowledge(binding: &str, class: &str, instance: &str, by_id: bool, call: &[u8]);
}

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/fetch.js")]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_outside(
        binding: &str,
        executor: &str,
        id: &str,
        attempt: u32,
        reply: &[u8],
        method: &str,
        url: &str,
        headers: &str,
        body: &[u8],
        timeout_ms: f64,
        max_response_bytes: f64,
    );
    fn cancel(id: &str);
}

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/rpc.js")]
extern "C" {
    fn pack(bytes: &[u8]) -> JsValue;
}

/// Tells the JavaScript class how to open engines of this type. `sample` is an instance of the
/// exported class. Called by generated code when a wasm instance starts.
#[doc(hidden)]
pub fn register<D: Object>(sample: JsValue) {
    static PANICS: Once = Once::new();
    PANICS.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            panicked(&info.to_string());
            before(info);
        }));
    });
    let open = Closure::<dyn Fn(JsValue, String, u32, Vec<u8>, String) -> JsValue>::new(open::<D>);
    let alive = Closure::<dyn Fn()>::new(|| ());
    register_class(
        sample,
        D::CLASS,
        open.into_js_value(),
        alive.into_js_value(),
    );
}

/// What the exported class's constructor returns. Called by generated code.
#[doc(hidden)]
pub fn construct<D: Object>(ctx: JsValue, env: JsValue) -> JsValue {
    construct_object(ctx, env, D::CLASS)
}

/// A new engine, as the function that gives it its turns.
fn open<D: Object>(
    storage: JsValue,
    name: String,
    start: u32,
    item: Vec<u8>,
    reason: String,
) -> JsValue {
    let storage = Arc::new(WorkerdStorage::new(storage));
    let identity = Identity {
        class: D::CLASS,
        name,
    };
    let start = match (start, Uuid::from_slice(&item)) {
        (1, Ok(item)) => Start::Interrupted { item, reason },
        (1, Err(_)) => Start::Trapped,
        (2, Ok(item)) => Start::NotRun { item },
        _ => Start::Unknown,
    };
    let engine = Engine::<D>::new(Arc::clone(&storage) as Arc<dyn Storage>, identity, start);
    let engine = RefCell::new(engine);
    let turn = move |event: u32, now: f64, entropy: Vec<u8>, scheduled: f64, message: Vec<u8>| {
        let tick = Tick {
            now: now as i64,
            entropy: entropy.try_into().map_or(0, u128::from_ne_bytes),
        };
        let happens = happens(event, scheduled, &message, Engine::<D>::only_reads);
        turn(
            &mut *engine.borrow_mut(),
            &storage,
            tick,
            happens,
            D::BINDING,
        )
    };
    Closure::<dyn Fn(u32, f64, Vec<u8>, f64, Vec<u8>) -> JsValue>::new(turn).into_js_value()
}

/// What a turn is for.
enum Happens {
    Turn(Event),
    Look,
    Refusal(CallError),
}

/// The mark of a request that a Worker waits for, and of one that is part of an object's call.
const RUN: u64 = 0;
const CALL: u64 = 1;

/// The event, by its number in `object.js`.
fn happens(event: u32, scheduled: f64, message: &[u8], only_reads: fn(&[u8]) -> bool) -> Happens {
    match event {
        0 => match wire::read_request(message, only_reads) {
            Ok(Message::Run(program)) => {
                Happens::Turn(Event::Mail(vec![request(RUN, program, None)]))
            }
            Ok(Message::Letter(letter)) => Happens::Turn(Event::Mail(mail(letter))),
            Ok(Message::Fetched(fetched)) => {
                Happens::Turn(Event::Mail(vec![Mail::Fetched(fetched)]))
            }
            Ok(Message::Inspect) => Happens::Look,
            Err(error) => Happens::Refusal(error),
        },
        1 => Happens::Turn(Event::Alarm {
            scheduled: scheduled as i64,
        }),
        2 => Happens::Turn(Event::Resume),
        _ => match what_became(message) {
            Some(mail) => Happens::Turn(Event::Mail(vec![mail])),
            None => Happens::Refusal(CallError::refused("an event of an unknown kind")),
        },
    }
}

/// What `post.js` tells of what it has sent.
fn what_became(message: &[u8]) -> Option<Mail> {
    match letters::read_outcome(message) {
        Some(delivery) => Some(Mail::Outcome(delivery)),
        None => fetched::read_not_taken(message).map(Mail::Fetched),
    }
}

fn mail(letter: Letter<'_>) -> Vec<Mail> {
    let call = letter.call;
    let call = call.map(|(header, program)| request(CALL, program, Some(header)));
    let acknowledged = letter.acknowledged.into_iter().map(Mail::Acknowledged);
    call.into_iter().chain(acknowledged).collect()
}

fn request(token: u64, program: &[u8], call: Option<CallHeader>) -> Mail {
    Mail::Request(Request {
        token,
        program: program.to_vec(),
        call,
    })
}

/// One turn. The answer is `[answer, resume, alarm, lost, destroyed]`: the packed bytes for the
/// caller, the id of what `RESUME` is to run, if it is to follow, the alarm (`null` clears it,
/// `undefined` leaves it), what ended the transaction before its time ("disk" or "statement"), and
/// whether the object was destroyed. What is to be sent was given to `post.js` by then. `binding` is that
/// of the object's class, by which executors find it.
fn turn(
    engine: &mut dyn Turns,
    storage: &WorkerdStorage,
    tick: Tick,
    happens: Happens,
    binding: &str,
) -> JsValue {
    storage.begin_turn();
    let mut answer = JsValue::UNDEFINED;
    let mut resume = JsValue::UNDEFINED;
    let mut destroyed = false;
    let effects = match happens {
        Happens::Turn(event) => engine.turn(tick, event),
        Happens::Look => {
            answer = pack(&wire::inspection(engine.inspect(tick)));
            Vec::new()
        }
        Happens::Refusal(error) => {
            answer = pack(&wire::answer(Err(error)));
            Vec::new()
        }
    };
    for effect in effects {
        match effect {
            Effect::Reply(reply) if reply.token == CALL => {
                answer = pack(&letters::answer(reply.answer, reply.kept));
            }
            Effect::Reply(reply) => answer = pack(&wire::answer(reply.answer)),
            Effect::Resume { item } => resume = bytes(item.as_bytes()),
            Effect::Destroyed => destroyed = true,
            Effect::Send { to, call, program } => {
                let Address {
                    class,
                    binding,
                    instance,
                    by_id,
                } = &to;
                let message = letters::call(&call, &program);
                let key = letters::key(&call);
                send(binding, class, instance, *by_id, &key, &message);
            }
            Effect::Acknowledge { to, call } => {
                let Address {
                    class,
                    binding,
                    instance,
                    by_id,
                } = &to;
                acknowledge(binding, class, instance, *by_id, call.as_bytes());
            }
            Effect::Fetch(attempt) => fetch(binding, &attempt),
            Effect::CancelFetch(fetch) => cancel(&fetch.to_string()),
        }
    }
    let alarm = match storage.staged_alarm() {
        None => JsValue::UNDEFINED,
        Some(None) => JsValue::NULL,
        Some(Some(at)) => (at as f64).into(),
    };
    let lost = match storage.lost_by() {
        None => JsValue::UNDEFINED,
        Some(SqlErrorKind::Disk) => "disk".into(),
        Some(SqlErrorKind::Statement | SqlErrorKind::Constraint) => "statement".into(),
    };
    outcome(&answer, &resume, &alarm, &lost, destroyed)
}

fn fetch(binding: &str, attempt: &FetchAttempt) {
    let request = &attempt.request;
    // No header's name has a colon, and none's value the end of a line.
    let mut headers = String::new();
    for (name, value) in request.headers() {
        headers.push_str(name.as_str());
        headers.push(':');
        headers.push_str(&String::from_utf8_lossy(value.as_bytes()));
        headers.push('\n');
    }
    fetch_outside(
        binding,
        &attempt.executor,
        &attempt.fetch.to_string(),
        attempt.attempt,
        &fetched::reply(attempt),
        request.method().as_str(),
        &request.uri().to_string(),
        &headers,
        request.body(),
        attempt.timeout.as_millis() as f64,
        attempt.max_response_bytes as f64,
    );
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
