//! The calls that wait for an answer. One JavaScript function hears of all of them: a promise of its own
//! for each would need two.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use worker::wasm_bindgen::prelude::*;

/// What came of a call.
pub(super) enum Answer {
    Bytes(Vec<u8>),
    /// The object has too much to do.
    Overloaded {
        reason: String,
    },
    /// What was thrown, and whether it is known that nothing has happened.
    Thrown {
        reason: String,
        nothing: bool,
    },
}

enum State {
    Waits(Option<Waker>),
    Done(Answer),
}

#[derive(Default)]
struct Calls {
    last: u32,
    states: HashMap<u32, State>,
    done: Option<JsValue>,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// A call under way.
pub(super) struct Call(u32);

impl Call {
    /// Begins one: `send` is told its number, and the function to call with it in the end.
    pub(super) fn begin(send: impl FnOnce(u32, &JsValue)) -> Self {
        let (id, done) = CALLS.with_borrow_mut(|calls| {
            calls.last = calls.last.wrapping_add(1);
            calls.states.insert(calls.last, State::Waits(None));
            let done = calls.done.get_or_insert_with(|| {
                let done =
                    Closure::<dyn Fn(u32, Option<Vec<u8>>, Option<String>, bool, bool)>::new(done);
                done.into_js_value()
            });
            (calls.last, done.clone())
        });
        send(id, &done);
        Self(id)
    }
}

fn done(id: u32, bytes: Option<Vec<u8>>, reason: Option<String>, nothing: bool, overloaded: bool) {
    let reason = reason.unwrap_or_default();
    let answer = match (bytes, overloaded) {
        (Some(bytes), _) => Answer::Bytes(bytes),
        (None, true) => Answer::Overloaded { reason },
        (None, false) => Answer::Thrown { reason, nothing },
    };
    let waker = CALLS.with_borrow_mut(|calls| {
        let state = calls.states.get_mut(&id)?;
        match std::mem::replace(state, State::Done(answer)) {
            State::Waits(waker) => waker,
            State::Done(_) => None,
        }
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Future for Call {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        CALLS.with_borrow_mut(|calls| match calls.states.remove(&self.0) {
            Some(State::Done(answer)) => Poll::Ready(answer),
            _ => {
                let waits = State::Waits(Some(context.waker().clone()));
                calls.states.insert(self.0, waits);
                Poll::Pending
            }
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLS.with_borrow_mut(|calls| calls.states.remove(&self.0));
    }
}
