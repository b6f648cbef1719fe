//! What the tests of releases on workerd ask clerks and desks over HTTP, by way of a Worker.
//! `tests/clerk` has these objects. It includes this file, so that its Workers have no other objects in them.

use chrono::{DateTime, Utc};
use lumenize::{FailedWork, PendingWork};
use serde::{Deserialize, Serialize};

/// What a clerk is asked, in the words of the release of the Worker that asks.
#[derive(Debug, Serialize, Deserialize)]
pub enum ClerkAsk {
    /// To plan one of each kind of work for a date.
    Plan(DateTime<Utc>),
    /// To plan stamps from this number on, so many, the first for a date, each other 5 ms after the one before;
    /// and to tell nothing.
    PlanStamps(u32, u32, DateTime<Utc>),
    /// To stamp now.
    Stamp(u32),
    /// To greet now.
    Greet,
    /// Nothing.
    Look,
    /// Nothing that its code is needed for: the log stays empty.
    Inspect,
}

/// What a desk is asked.
#[derive(Debug, Serialize, Deserialize)]
pub enum DeskAsk {
    /// To call the clerk `main` for stamps from this number on, so many, by a call each; and to tell nothing.
    Stamps(u32, u32),
    /// To call the clerk `main` for a greeting.
    Greeting,
    /// Nothing.
    Look,
}

/// What is told of a clerk or of a desk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Clerked {
    /// What it answered.
    pub answer: Option<String>,
    /// What was done.
    pub log: Vec<String>,
    /// What is pending.
    pub pending: Vec<PendingWork>,
    /// What was set aside.
    pub failed: Vec<FailedWork>,
}
