//! An object whose handler waits until the test lets it go on.

use lumenize::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};

/// The names of the objects that may go on.
static OPEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static OPENED: Condvar = Condvar::new();

/// Lets the objects of this name go on, now and later.
///
/// # Panics
/// If another test has panicked in the middle.
pub fn open(name: &str) {
    OPEN.lock().unwrap().insert(name.to_owned());
    OPENED.notify_all();
}

/// Waits until the objects of this name may go on.
///
/// # Panics
/// As [`open`].
pub fn wait(name: &str) {
    let mut open = OPEN.lock().unwrap();
    while !open.contains(name) {
        open = OPENED.wait(open).unwrap();
    }
}

/// An object that waits, and that counts in memory alone.
pub struct Gate {
    svc: Services<Self>,
    passed: u32,
}

#[durable_object]
impl Gate {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc, passed: 0 }
    }

    /// Waits until the gate is open, and says how many have passed since the object was loaded.
    pub fn pass(&mut self) -> u32 {
        wait(self.svc.name());
        self.passed += 1;
        self.passed
    }

    /// How many have passed since the object was loaded.
    pub fn passed(&self) -> u32 {
        self.passed
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        assert!(self.svc.name() != "panics when dropped", "on purpose");
    }
}
