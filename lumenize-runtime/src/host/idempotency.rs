//! How a caller outside asks for the same thing again without its happening twice.

use crate::engine::CallHeader;
use crate::views::Caller;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What makes several attempts at a request one: the object executes it once and gives its answer to
/// each.
///
/// It is for one request to one object, made before the first attempt and kept for the others; who wants
/// to go on after a crash of its own keeps the id and the deadline on disk. From the deadline on the
/// request is not executed any more, and its answer is forgotten a minute later.
///
/// ```
/// # use lumenize_runtime::host::IdempotencyKey;
/// # use std::time::{Duration, SystemTime};
/// # use uuid::Uuid;
/// let deadline = SystemTime::now() + Duration::from_secs(300);
/// let mut key = IdempotencyKey::new(Uuid::new_v4(), deadline.into());
/// // object.run_idempotent(&mut key, Account::c().withdraw(100)).await
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    id: Uuid,
    deadline: DateTime<Utc>,
    attempts: u32,
}

impl IdempotencyKey {
    /// A key with an id that no other request to the object has (a random UUID), and the time until
    /// which it is tried, at most 30 days from now.
    pub fn new(id: Uuid, deadline: DateTime<Utc>) -> Self {
        Self {
            id,
            deadline,
            attempts: 0,
        }
    }

    /// As a key that was kept from before: attempts with it may have been made.
    pub fn kept(id: Uuid, deadline: DateTime<Utc>) -> Self {
        Self {
            attempts: 1,
            ..Self::new(id, deadline)
        }
    }

    /// The id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Until when it is tried.
    pub fn deadline(&self) -> DateTime<Utc> {
        self.deadline
    }

    /// The header of the next attempt.
    pub(crate) fn next_attempt(&mut self) -> CallHeader {
        self.attempts = self.attempts.saturating_add(1);
        CallHeader {
            id: self.id,
            attempt: self.attempts,
            deadline: self.deadline.timestamp_millis(),
            hops: 0,
            caller: Caller::Outside,
        }
    }
}
