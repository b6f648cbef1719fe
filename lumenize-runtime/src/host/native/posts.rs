//! What objects send each other: gathered while one runs, put into mailboxes when a thread gives it back.

use super::mail::{Came, Message, ReplyTo};
use super::pool::Pool;
use super::slots::{Key, State};
use crate::engine::{
    Address, CallHeader, Delivered, Delivery, Effect, FetchAttempt, Fetched, Tried,
};
use crate::error::CallError;
use crate::fetch::Attempt;
use crate::host::SqlError;
use std::sync::{Arc, Weak};
use uuid::Uuid;

/// What is to be put into mailboxes.
#[derive(Default)]
pub(super) struct Posts {
    messages: Vec<(Key, Message)>,
    acknowledged: Vec<(Key, Uuid)>,
    /// In this order.
    outside: Vec<Outside>,
}

/// What an object asks of executors.
pub(super) enum Outside {
    Attempt(Box<FetchAttempt>),
    Cancel(Uuid),
}

impl Posts {
    /// Answers those whose object could not be opened.
    pub(super) fn refuse(&mut self, mail: Vec<Message>, error: &SqlError) {
        let refused = mail.into_iter();
        self.messages
            .extend(refused.filter_map(|one| one.refuse(CallError::not_executed(error))));
    }

    pub(super) fn take_outside(&mut self) -> Vec<Outside> {
        std::mem::take(&mut self.outside)
    }

    /// Puts everything into its mailbox, and says how many threads are needed for it. From a host that
    /// stops nothing is sent: it is in the senders' databases, for the next.
    pub(super) fn post(self, state: &mut State, now: i64) -> usize {
        if state.stopping {
            return 0;
        }
        let mut needed = 0;
        for (key, message) in self.messages {
            match state.post(key, message) {
                Ok(needs) => needed += usize::from(needs),
                Err(refused) => {
                    // What tells the sender is never too much.
                    if let Some((key, told)) = refused.message.refuse(refused.error)
                        && let Ok(needs) = state.post(key, told)
                    {
                        needed += usize::from(needs);
                    }
                }
            }
        }
        for (key, call) in self.acknowledged {
            state.acknowledge(&key, call, now);
        }
        needed
    }
}

impl Pool {
    /// Takes what an object's turns ask to be sent.
    pub(super) fn gather(&self, from: &Key, came: Came, posts: &mut Posts) {
        posts.messages.extend(came.answers);
        for effect in came.sent {
            match effect {
                Effect::Send { to, call, program } => {
                    posts.messages.push(self.attempt(from, &to, call, program));
                }
                Effect::Acknowledge { to, call } => {
                    if let Ok(key) = self.callee(&to) {
                        posts.acknowledged.push((key, call));
                    }
                }
                Effect::Fetch(attempt) => posts.outside.push(Outside::Attempt(Box::new(attempt))),
                Effect::CancelFetch(fetch) => posts.outside.push(Outside::Cancel(fetch)),
                Effect::Reply(_) | Effect::Resume { .. } | Effect::Destroyed => {}
            }
        }
    }

    /// Hands attempts at fetches to their executors, and cancels others; what comes of them goes into the mailbox.
    pub(super) fn hand_over(&self, from: &Key, outside: Vec<Outside>) {
        for one in outside {
            match one {
                Outside::Attempt(attempt) => self.begin(from, *attempt),
                Outside::Cancel(fetch) => {
                    self.fetches.cancel(fetch.into(), None);
                }
            }
        }
    }

    fn begin(&self, from: &Key, attempt: FetchAttempt) {
        let FetchAttempt {
            fetch,
            attempt: number,
            token,
            executor,
            request,
            timeout,
            max_response_bytes,
        } = attempt;
        let fetched = move |tried| Fetched {
            fetch,
            attempt: number,
            token,
            tried,
        };
        let attempt = Attempt {
            id: fetch.into(),
            number,
            request,
            timeout,
            max_response_bytes,
        };
        let (pool, key) = (Weak::clone(&self.this), from.clone());
        let done = move |tried| {
            if let Some(pool) = pool.upgrade() {
                pool.deliver(key, fetched(tried));
            }
        };
        if let Err(error) = self.fetches.start(&executor, attempt, Box::new(done)) {
            let tried = match self.fetches.is_shut_down() {
                true => Tried::NotBegun,
                false => Tried::Ended(Err(error)),
            };
            self.deliver(from.clone(), fetched(tried));
        }
    }

    /// An attempt at a call for the callee's mailbox; if there is none, what came of it for the caller's.
    fn attempt(
        &self,
        from: &Key,
        to: &Address,
        call: CallHeader,
        program: Vec<u8>,
    ) -> (Key, Message) {
        let (id, attempt) = (call.id, call.attempt);
        match self.callee(to) {
            Ok(key) => {
                let message = Message::Run {
                    program,
                    call: Some(call),
                    reply: ReplyTo::Object {
                        key: from.clone(),
                        call: id,
                        attempt,
                    },
                };
                (key, message)
            }
            Err(reason) => {
                let delivery = Delivery {
                    call: id,
                    attempt,
                    outcome: Delivered::Impossible { reason },
                };
                (from.clone(), Message::Outcome(delivery))
            }
        }
    }

    fn callee(&self, to: &Address) -> Result<Key, String> {
        if to.by_id {
            return Err("this host knows objects by their names only".to_owned());
        }
        match self.classes.get_key_value(to.class.as_str()) {
            Some((&class, _)) => Ok((class, Arc::from(to.instance.as_str()))),
            None => Err(format!(
                "the type `{}` is not registered with the host",
                to.class
            )),
        }
    }
}
