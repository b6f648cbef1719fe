//! What the tests on workerd ask phones and accounts over HTTP, by way of a Worker.

use crate::phone::{Ask, Manner, Transfer};
use lumenize::{FailedWork, PendingWork};
use serde::{Deserialize, Serialize};

/// What a phone is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum PhoneAsk {
    /// To call this phone in some manner.
    Ring(String, Ask, Manner),
    /// To call this phone so many times at once.
    Often(String, u32),
    /// To answer.
    Answer(Ask),
    /// To answer, twice with one idempotency key of this id.
    AnswerTwice(u32, Ask),
    /// Nothing.
    Look,
}

/// What a phone has in it then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhoneSeen {
    /// What it heard.
    pub log: Vec<String>,
    /// What it has pending.
    pub pending: Vec<PendingWork>,
    /// What it has set aside.
    pub failed: Vec<FailedWork>,
}

/// What an account is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum AccountAsk {
    /// To open with so much.
    Open(i64),
    /// To make the transfer of this number to this account, of so much.
    Transfer(i64, String, i64),
    /// Nothing.
    Look,
}

/// What an account has in it then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountSeen {
    /// How much there is.
    pub balance: i64,
    /// The transfers from here.
    pub transfers: Vec<Transfer>,
    /// The numbers of what has come in.
    pub received: Vec<i64>,
    /// What it has pending.
    pub pending: Vec<PendingWork>,
    /// What it has set aside.
    pub failed: Vec<FailedWork>,
}
