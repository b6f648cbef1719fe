//! What the benchmarks compare: a continuation, and what one writes without it: typed JSON with the
//! handler's name, and a `match`. What those of alarms share is in [`alarms`].

pub mod alarms;
pub mod waiting;

use lumenize::prelude::*;
use lumenize_runtime::continuation::program::Program;
use lumenize_runtime::continuation::typed::ContinuationOf;
use lumenize_runtime::engine::execute::execute;

/// The payload of both.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// A short text.
    pub name: String,
    /// A list of them.
    pub tags: Vec<String>,
    /// A number.
    pub priority: u32,
}

impl Task {
    /// One of ordinary size.
    pub fn sample() -> Self {
        Self {
            name: "water the plants".to_owned(),
            tags: vec!["garden".to_owned(), "summer".to_owned()],
            priority: 7,
        }
    }
}

/// An object that only adds up.
#[derive(Default)]
pub struct Adder {
    /// What it has added up.
    pub sum: u64,
}

#[durable_object]
impl Adder {
    /// One without services.
    pub fn new(_svc: Services<Self>) -> Self {
        Self::default()
    }

    /// Adds the lengths.
    pub fn handle(&mut self, task: Task) {
        self.sum += task.name.len() as u64 + u64::from(task.priority);
    }

    /// Returns the name.
    pub fn label(&mut self, task: Task) -> String {
        task.name
    }

    /// Adds the length.
    pub fn store(&mut self, label: String) {
        self.sum += label.len() as u64;
    }

    /// Adds one.
    pub fn notify(&mut self) {
        self.sum += 1;
    }
}

/// One step, as the bytes to be stored.
pub fn encode_one(task: Task) -> Vec<u8> {
    encode(Adder::c().handle(task))
}

/// Three steps, the second with the first's result.
pub fn encode_three(task: Task) -> Vec<u8> {
    let steps = Adder::c().label(task).then(|label| Adder::c().store(label));
    encode(steps.notify())
}

fn encode(continuation: AdderContinuation<'static, ()>) -> Vec<u8> {
    continuation.into_steps().encode().unwrap_or_default()
}

/// Reads the bytes of a continuation and runs it.
pub fn run(adder: &mut Adder, bytes: &[u8]) -> bool {
    Program::decode(bytes)
        .is_ok_and(|program| execute(adder, &program, None, false, |_| ()).is_ok())
}

/// What the other side stores: the payload once, for the handler that needs it.
#[derive(Serialize, Deserialize)]
struct Message<'m> {
    handler: &'m str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Task>,
}

/// The same work in typed JSON: one message with the payload.
pub fn json_encode_one(task: Task) -> Vec<u8> {
    let messages = [Message {
        handler: "handle",
        payload: Some(task),
    }];
    serde_json::to_vec(&messages).unwrap_or_default()
}

/// The same work in typed JSON: a message for each handler; the second gets what the first returns.
pub fn json_encode_three(task: Task) -> Vec<u8> {
    let message = |handler, payload| Message { handler, payload };
    let messages = [
        message("label", Some(task)),
        message("store", None),
        message("notify", None),
    ];
    serde_json::to_vec(&messages).unwrap_or_default()
}

/// Reads the JSON and runs it.
pub fn json_run(adder: &mut Adder, bytes: &[u8]) -> bool {
    let Ok(messages) = serde_json::from_slice::<Vec<Message<'_>>>(bytes) else {
        return false;
    };
    let mut result = None;
    for message in messages {
        match (message.handler, message.payload, result.take()) {
            ("handle", Some(task), _) => adder.handle(task),
            ("label", Some(task), _) => result = Some(adder.label(task)),
            ("store", _, Some(label)) => adder.store(label),
            ("notify", _, _) => adder.notify(),
            _ => return false,
        }
    }
    true
}

/// An object that notes when it rang.
pub struct Clock {
    svc: Services<Self>,
}

#[durable_object]
impl Clock {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Rings once at this time.
    pub fn ring_at(&mut self, due: DateTime<Utc>) -> lumenize::Result<()> {
        self.svc.alarms.schedule(due, Self::c().ring())?;
        Ok(())
    }

    /// Rings so many times at this time.
    pub fn ring_often_at(&mut self, due: DateTime<Utc>, times: u32) -> lumenize::Result<()> {
        (0..times).try_for_each(|_| self.ring_at(due))
    }

    /// When it rang last.
    pub fn rung(&self) -> lumenize::Result<Option<DateTime<Utc>>> {
        Ok(self.svc.get("rung")?)
    }

    fn ring(&mut self) -> lumenize::Result<()> {
        let now = self.svc.now();
        Ok(self.svc.put("rung", &now)?)
    }
}
