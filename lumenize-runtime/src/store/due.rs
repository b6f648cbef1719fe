//! The due items of a wake: several are read at once, and those that have run are removed together,
//! as a statement costs more than a row.
//!
//! Neither shows. What was read ahead is the front of the queue as the table has it: each write that
//! changes the front changes it, too, or has it read again. And what has run is gone for whoever
//! asks: every statement about the queue, but for the addition of an item, first removes its rows
//! ([`Store::queue`]).

use super::{Item, Store};
use crate::host::{End, Param, SqlError, SqlValue};
use crate::sync::lock;
use std::collections::VecDeque;
use std::sync::LazyLock;
use uuid::Uuid;

/// At most so many items are read at once: each may be large.
const AHEAD: usize = 20;

/// Removes so many items at the most: some, or many.
static REMOVE: LazyLock<[(usize, String); 2]> =
    LazyLock::new(|| [20, 100].map(|count| (count, remove(count))));

/// The statement that removes up to so many items. Their ids are one parameter: on workerd to bind each by itself
/// takes as long as to remove it. What is missing at its end is empty, and no id.
fn remove(count: usize) -> String {
    let id = |number| format!("substr(?1, {}, 16)", 1 + 16 * number);
    let ids: Vec<String> = (0..count).map(id).collect();
    format!(
        "DELETE FROM lumenize_queue WHERE id IN ({})",
        ids.join(", ")
    )
}

/// What is known of the queue within one transaction, and forgotten with it.
#[derive(Default)]
pub(super) struct Due {
    /// The front of the queue, but for what has run: all items up to `end`, in their order.
    ahead: VecDeque<Item>,
    /// A place in the order of (due, id); nothing is known of what lies behind it.
    end: Option<(i64, Uuid)>,
    /// What has run in this transaction.
    ran: Vec<Uuid>,
    /// So many of these have been removed from the table.
    removed: usize,
}

impl Due {
    /// An item is removed.
    pub(super) fn left(&mut self, id: Uuid) {
        self.ahead.retain(|item| item.id != id);
    }

    /// An item is put into this place of the order.
    pub(super) fn entered(&mut self, id: Uuid, due: i64) {
        self.changed(id);
        if self.end.is_none_or(|end| (due, id) > end) {
            return;
        }
        match self.ahead.back().map(|last| (last.due, last.id)) {
            // It comes behind all that were read.
            Some(last) if (due, id) > last => self.end = Some(last),
            _ => self.forget_ahead(),
        }
    }

    /// An item that stays in its place is changed.
    pub(super) fn changed(&mut self, id: Uuid) {
        if self.ahead.iter().any(|item| item.id == id) {
            self.forget_ahead();
        }
    }

    /// Much has changed.
    pub(super) fn forget_ahead(&mut self) {
        self.ahead.clear();
        self.end = None;
    }
}

/// The end of what is due.
fn all(now: i64) -> (i64, Uuid) {
    (now, Uuid::max())
}

impl Store {
    /// The first item that is due.
    pub(crate) fn next_due(&self, now: i64) -> Result<Option<Item>, SqlError> {
        match self.known_due(now) {
            Some(first) => Ok(first),
            None => self.first_due_item(now),
        }
    }

    /// The first item that is due, unless it would have to be read.
    fn known_due(&self, now: i64) -> Option<Option<Item>> {
        let due = lock(&self.due);
        let known = !due.ahead.is_empty() || due.end == Some(all(now));
        known.then(|| due.ahead.front().cloned())
    }

    /// Reads what is due, a part of it, unless some is known.
    pub(crate) fn read_ahead(&self, now: i64) -> Result<(), SqlError> {
        if self.known_due(now).is_some() {
            return Ok(());
        }
        let behind = lock(&self.due).end;
        let items = VecDeque::from(self.due_items(now, behind)?);
        let mut due = lock(&self.due);
        due.end = match items.back() {
            Some(last) if items.len() >= AHEAD => Some((last.due, last.id)),
            _ => Some(all(now)),
        };
        due.ahead = items;
        Ok(())
    }

    /// The first item that is due, with others read ahead. It must be removed or put into another place
    /// before the next one is asked for.
    pub(crate) fn take_due(&self, now: i64) -> Result<Option<Item>, SqlError> {
        self.read_ahead(now)?;
        Ok(lock(&self.due).ahead.pop_front())
    }

    /// An item that was taken runs: it is no longer in the queue, unless the savepoint that is open is
    /// rolled back.
    pub(crate) fn finish(&self, id: Uuid) {
        lock(&self.due).ran.push(id);
    }

    /// Removes from the table what has run. One row written for each.
    pub(crate) fn settle(&self) -> Result<(), SqlError> {
        let ids: Vec<Uuid> = {
            let due = lock(&self.due);
            due.ran.iter().skip(due.removed).copied().collect()
        };
        let [few, many] = &*REMOVE;
        let mut rest = &ids[..];
        while !rest.is_empty() {
            let (count, sql) = match rest.len() > few.0 {
                true => many,
                false => few,
            };
            let (some, others) = rest.split_at(rest.len().min(*count));
            rest = others;
            if let [id] = some {
                self.delete_item(*id)?;
                continue;
            }
            let all: Vec<u8> = some.iter().flat_map(Uuid::as_bytes).copied().collect();
            self.query(sql, &[Param::Blob(&all)])?;
            let mut known = lock(&self.known);
            some.iter().for_each(|id| known.left(*id));
        }
        lock(&self.due).removed += ids.len();
        Ok(())
    }

    /// Runs a statement about the queue, for which what has run is gone.
    pub(super) fn queue(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.settle()?;
        self.query(sql, params)
    }

    /// A savepoint: what is finished in one that is rolled back is still to run, and what was removed
    /// in it is still to be removed.
    pub(crate) fn savepoint(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        let (ahead, end, ran, removed) = {
            let due = lock(&self.due);
            (due.ahead.len(), due.end, due.ran.len(), due.removed)
        };
        let ended = self.storage.transaction(body);
        if ended != Ok(End::Commit) {
            self.forget_known();
            let mut due = lock(&self.due);
            due.ran.truncate(ran);
            due.removed = removed;
            if due.ahead.len() != ahead || due.end != end {
                // What it changed at the front is undone.
                due.forget_ahead();
            }
        }
        ended
    }

    /// The transaction has ended, or the tables are no more.
    pub(crate) fn forget_due(&self) {
        *lock(&self.due) = Due::default();
    }
}
