//! What benchmarks share that wait for handlers: who waits for which number, and what came of the times.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Who waits, by their numbers.
static WAITING: Mutex<Vec<(u64, oneshot::Sender<()>)>> = Mutex::new(Vec::new());

/// Hears when a handler is told a number.
pub fn wait_for(number: u64) -> oneshot::Receiver<()> {
    let (told, heard) = oneshot::channel();
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.push((number, told));
    heard
}

/// A handler is told a number.
pub fn told(number: u64) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = waiting.iter().position(|(waits, _)| *waits == number) {
        // Whoever no longer waits needs no answer.
        let _ = waiting.swap_remove(place).1.send(());
    }
}

/// The median.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// How many times the other one is in it.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
