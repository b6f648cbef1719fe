//! What `tracing` is told, on the console: a line for each event, after the spans that it is in.

use crate::sync::lock;
use std::fmt::{Debug, Write as _};
use std::sync::Mutex;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/object.js")]
extern "C" {
    fn say(method: &str, spans: &str, text: &str);
}

/// The least that is told on the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Only errors, by `console.error`. The runtime itself has none.
    Error,
    /// Warnings too, by `console.warn`: work is set aside or parked, an object can't be built.
    Warn,
    /// By `console.info`: work is to be tried again, an object was destroyed. Each line then begins
    /// with the turn and the item that it is about.
    Info,
    /// By `console.debug`.
    Debug,
    /// Everything, the last by `console.debug`, too.
    Trace,
}

/// Tells the console, and so Workers Logs, what the runtime and your own code tell `tracing`. Call it
/// where each wasm instance starts: `#[event(start)]`. Without it there is nothing of this but what
/// a trap says, and 16 KB less of wasm.
///
/// If there is a subscriber already, that one stays.
pub fn console(level: Level) {
    let console = Console {
        level: match level {
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            Level::Trace => LevelFilter::TRACE,
        },
        spans: Mutex::default(),
    };
    let _ = tracing::subscriber::set_global_default(console);
}

struct Console {
    level: LevelFilter,
    spans: Mutex<Spans>,
}

/// There is one thread, so those that are entered lie within each other.
#[derive(Default)]
struct Spans {
    /// By their ids, which begin at 1. One without handles is closed, and its place free.
    known: Vec<Span>,
    entered: Vec<u64>,
}

struct Span {
    text: String,
    handles: u32,
}

impl Spans {
    fn get(&mut self, id: u64) -> Option<&mut Span> {
        self.known
            .get_mut(usize::try_from(id).ok()?.checked_sub(1)?)
    }
}

impl Subscriber for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut line);
        let span = Span {
            text: line.0,
            handles: 1,
        };
        let known = &mut lock(&self.spans).known;
        let free = known.iter().take_while(|span| span.handles > 0).count();
        match known.get_mut(free) {
            Some(place) => *place = span,
            None => known.push(span),
        }
        Id::from_u64(free as u64 + 1)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        // No lock is held while the user's code formats its values.
        let mut line = Line(String::new());
        values.record(&mut line);
        if let Some(span) = lock(&self.spans).get(id.into_u64()) {
            span.text.push_str(&line.0);
        }
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let mut spans = String::new();
        let mut open = lock(&self.spans);
        for id in open.entered.clone() {
            if let Some(span) = open.get(id) {
                let _ = write!(spans, "{}: ", span.text);
            }
        }
        drop(open);
        let method = match *event.metadata().level() {
            tracing::Level::ERROR => "error",
            tracing::Level::WARN => "warn",
            tracing::Level::INFO => "info",
            tracing::Level::DEBUG | tracing::Level::TRACE => "debug",
        };
        say(method, &spans, line.0.trim_start());
    }

    fn enter(&self, id: &Id) {
        lock(&self.spans).entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let entered = &mut lock(&self.spans).entered;
        if let Some(last) = entered
            .iter()
            .rposition(|entered| *entered == id.into_u64())
        {
            entered.remove(last);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = lock(&self.spans).get(id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        match lock(&self.spans).get(id.into_u64()) {
            Some(span) => {
                span.handles = span.handles.saturating_sub(1);
                span.handles == 0
            }
            None => false,
        }
    }
}

/// `message name=value …`
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
