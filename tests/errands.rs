//! What the tests on workerd ask fetchers over HTTP, by way of a Worker.

use crate::fetcher::Wanted;
use lumenize::{FailedWork, PendingWork};
use serde::{Deserialize, Serialize};

/// What a fetcher is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FetcherAsk {
    /// To fetch this, about that.
    Fetch(String, Wanted),
    /// To fetch this, unless it was asked to about that before.
    Once(String, Wanted),
    /// To fetch this so many times at once.
    Often(Wanted, u32),
    /// To end the fetch that `Once` began.
    Cancel(String),
    /// Nothing.
    Look,
}

/// What a fetcher has in it then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FetcherSeen {
    /// What came of its fetches.
    pub log: Vec<String>,
    /// What it has pending.
    pub pending: Vec<PendingWork>,
    /// What it has set aside.
    pub failed: Vec<FailedWork>,
    /// When it was read into memory, in Unix milliseconds.
    pub made: i64,
}
