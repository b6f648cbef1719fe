//! Calls between objects.

mod hostile;
mod kills;
mod native;
mod silent;
mod taken_back;
mod transfers;
mod world;

use lumenize_runtime::engine::CallHeader;
use lumenize_runtime::views::Caller;
use uuid::Uuid;

/// What a first attempt at a call says, by an object that waits a minute.
pub(crate) fn first_attempt(id: Uuid, now: i64) -> CallHeader {
    CallHeader {
        id,
        attempt: 1,
        deadline: now + 60_000,
        hops: 0,
        caller: Caller::Object {
            class: "Phone".into(),
            name: "caller".into(),
        },
    }
}
