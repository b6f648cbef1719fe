//! What the benchmarks of alarms share: an object whose alarms write down how late they ring, and a
//! count of commits.

use lumenize::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// How late each alarm rang, of all objects.
static RANG: Mutex<Vec<Duration>> = Mutex::new(Vec::new());
static TURNS: AtomicU64 = AtomicU64::new(0);

/// An object with nothing but alarms.
pub struct Bulk {
    svc: Services<Self>,
}

#[durable_object]
impl Bulk {
    /// Reads nothing.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Adds so many schedules, due at this time (Unix milliseconds).
    pub fn add(&mut self, count: u32, due: i64) -> Result<()> {
        let date = DateTime::from_timestamp_millis(due).ok_or("out of range")?;
        for _ in 0..count {
            self.svc.alarms.schedule(date, Self::c().ring(due))?;
        }
        Ok(())
    }

    /// Adds one under a name, and one that recurs.
    pub fn add_others(&mut self) -> Result<()> {
        let hourly = Every(Duration::from_secs(3_600));
        self.svc.alarms.schedule(hourly, Self::c().ring(0))?;
        let daily = Every(Duration::from_secs(86_400));
        let daily = self
            .svc
            .alarms
            .named("daily")
            .schedule(daily, Self::c().ring(0));
        Ok(daily.map(drop)?)
    }

    /// Whether nothing is pending.
    pub fn idle(&self) -> Result<bool> {
        let first = ScheduleFilter::default().limit(1);
        Ok(self.svc.alarms.list(first)?.items.is_empty())
    }

    fn ring(&mut self, due: i64) {
        let due = UNIX_EPOCH + Duration::from_millis(due.unsigned_abs());
        // An alarm is never early; a clock that is set back makes it 0.
        let late = SystemTime::now().duration_since(due).unwrap_or_default();
        RANG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(late);
    }
}

/// Waits until so many alarms rang since the last call, and returns how late each was, in order.
pub fn rang(count: usize) -> Vec<Duration> {
    loop {
        {
            let mut rang = RANG.lock().unwrap_or_else(PoisonError::into_inner);
            if rang.len() >= count {
                let mut rang = std::mem::take(&mut *rang);
                rang.sort_unstable();
                return rang;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The time in Unix milliseconds.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as i64)
}

/// What stands at this part of a sorted list.
pub fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let place = (sorted.len().saturating_sub(1) as f64 * part) as usize;
    sorted.get(place).copied().unwrap_or_default()
}

/// How long something takes, and what it returns.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let result = work();
    (begin.elapsed(), result)
}

/// Begins to count the turns of all engines; each is one commit.
pub fn count_turns() {
    // An error says that it is set already.
    let _ = tracing::subscriber::set_global_default(Turns);
}

/// How many turns there were since the last call.
pub fn turns() -> u64 {
    TURNS.swap(0, Ordering::Relaxed)
}

struct Turns;

impl Subscriber for Turns {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "turn"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(TURNS.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
