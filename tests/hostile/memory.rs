//! What a thread has in memory is counted.

use std::sync::{Mutex, MutexGuard, PoisonError};

static ALONE: Mutex<()> = Mutex::new(());

/// Begins as a process does that knows no shapes, and keeps other tests from doing so meanwhile.
pub fn alone() -> MutexGuard<'static, ()> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    lumenize_runtime::codec::forget();
    alone
}

/// Reads `len` bytes, which takes no more at any time than 1 MiB, 16 times the input, and half as much again
/// as the result takes: a list that has grown was moved to twice its room, and then was there twice.
pub fn bounded<R>(len: usize, read: impl FnOnce() -> R) -> R {
    let mut result = None;
    let counted = allocation_counter::measure(|| result = Some(read()));
    let own = counted.bytes_current.max(0) as u64;
    let bound = (1 << 20) + 16 * len as u64 + own + own / 2;
    assert!(
        counted.bytes_max <= bound,
        "{len} bytes took {} bytes of memory for a value of {own}",
        counted.bytes_max
    );
    result.unwrap()
}
