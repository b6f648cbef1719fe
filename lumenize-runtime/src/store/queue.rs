//! The one queue of pending work, ordered by (due, id).

use super::known::{FRONT, Front};
use super::{Detail, Outgoing, Row, Store, optional_blob};
use crate::host::{Param, SqlError, SqlValue};
use crate::sync::lock;
use uuid::Uuid;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Kind {
    /// A program that runs at a time.
    Schedule = 1,
    /// `#[on_failed]`, to be told of set-aside work, whose id stands in place of the program.
    OnFailed = 2,
    /// A call that waits for its outcome; due when it is to be sent (again), or given up. Its
    /// `attempts` are those at sending it.
    Call = 3,
    /// The outcome of a call, which waits for its handler.
    Outcome = 4,
    /// A fetch that waits for its outcome; due when an attempt is to be made, or the one under way is
    /// given up for lost. Its `attempts` are those that were begun.
    Fetch = 5,
    /// The outcome of a fetch, which waits for its handler.
    Fetched = 6,
}

impl Kind {
    /// Whether it waits for something outside, and no code of the user runs when it is due.
    pub(crate) fn awaits(kind: i64) -> bool {
        kind == Kind::Call as i64 || kind == Kind::Fetch as i64
    }

    /// Whether it is an outcome with the handler for it.
    pub(crate) fn has_outcome(kind: i64) -> bool {
        kind == Kind::Outcome as i64 || kind == Kind::Fetched as i64
    }
}

/// A statement that reads items: its text is made once, as each item needs it.
macro_rules! select_items {
    ($rest:literal) => {
        concat!(
            "SELECT id, due, kind, scheduled, attempts, program, detail, error FROM lumenize_queue ",
            $rest
        )
    };
}

/// What an item is known by beside its id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'n> {
    /// The name of a schedule.
    Schedule(&'n str),
    /// The key of a call. It is stored as a blob, which equals no text.
    Call(&'n str),
}

impl<'n> Name<'n> {
    fn param(self) -> Param<'n> {
        match self {
            Name::Schedule(name) => Param::Text(name),
            Name::Call(key) => Param::Blob(key.as_bytes()),
        }
    }
}

/// A [`Name`] that is kept by itself.
#[derive(Clone, Debug)]
pub(crate) enum OwnName {
    Schedule(String),
    Call(String),
}

impl OwnName {
    pub(crate) fn as_name(&self) -> Name<'_> {
        match self {
            OwnName::Schedule(name) => Name::Schedule(name),
            OwnName::Call(key) => Name::Call(key),
        }
    }
}

/// A row of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub id: Uuid,
    /// When it is to run next.
    pub due: i64,
    pub kind: i64,
    /// When it was to run first; a recurrence goes on from here.
    pub scheduled: i64,
    /// How many attempts have failed.
    pub attempts: u32,
    pub program: Vec<u8>,
    pub detail: Vec<u8>,
    /// What the last attempt failed with.
    pub error: Option<Vec<u8>>,
}

impl Item {
    /// What it was given to be known by.
    pub(crate) fn name(&self) -> Option<OwnName> {
        if self.kind == Kind::Call as i64 {
            let key = Outgoing::decode(&self.program)?.key?;
            return Some(OwnName::Call(key.to_owned()));
        }
        Detail::decode(&self.detail)?.name.map(OwnName::Schedule)
    }

    /// Takes that from it.
    pub(crate) fn forget_name(&mut self) {
        if self.kind == Kind::Call as i64 {
            let outgoing = Outgoing::decode(&self.program);
            let nameless = outgoing.map(|outgoing| {
                Outgoing {
                    key: None,
                    ..outgoing
                }
                .encode()
            });
            self.program = nameless.unwrap_or_else(|| self.program.clone());
        } else if let Some(detail) = Detail::decode(&self.detail) {
            self.detail = Detail {
                name: None,
                ..detail
            }
            .encode();
        }
    }
}

impl Store {
    /// Two rows written: the item and its index entry; for a named one an entry more.
    pub(crate) fn add(&self, item: &Item, name: Option<Name<'_>>) -> Result<(), SqlError> {
        if name.is_some() {
            // What has run may have had it.
            self.settle()?;
        }
        lock(&self.due).entered(item.id, item.due);
        self.query(
            "INSERT INTO lumenize_queue
                (id, due, kind, scheduled, attempts, program, detail, error, name)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &[
                Param::Blob(item.id.as_bytes()),
                Param::Integer(item.due),
                Param::Integer(item.kind),
                Param::Integer(item.scheduled),
                Param::Integer(item.attempts.into()),
                Param::Blob(&item.program),
                Param::Blob(&item.detail),
                optional_blob(item.error.as_deref()),
                name.map_or(Param::Null, Name::param),
            ],
        )?;
        lock(&self.known).added(item);
        Ok(())
    }

    /// Puts another item in the place of the one with its id, under the same name.
    pub(crate) fn replace(&self, item: &Item) -> Result<(), SqlError> {
        lock(&self.due).entered(item.id, item.due);
        self.queue(
            "UPDATE lumenize_queue SET due = ?2, scheduled = ?3, attempts = ?4, program = ?5,
                detail = ?6, error = ?7, kind = ?8 WHERE id = ?1",
            &[
                Param::Blob(item.id.as_bytes()),
                Param::Integer(item.due),
                Param::Integer(item.scheduled),
                Param::Integer(item.attempts.into()),
                Param::Blob(&item.program),
                Param::Blob(&item.detail),
                optional_blob(item.error.as_deref()),
                Param::Integer(item.kind),
            ],
        )?;
        self.changed_item(item.id, Some(item.due));
        Ok(())
    }

    /// One row written. It does not say whether there was one: `RETURNING` has SQLite make a table for
    /// the answer each time.
    pub(crate) fn remove(&self, id: Uuid) -> Result<(), SqlError> {
        self.settle()?;
        self.delete_item(id)?;
        lock(&self.due).left(id);
        Ok(())
    }

    pub(super) fn delete_item(&self, id: Uuid) -> Result<(), SqlError> {
        self.query(
            "DELETE FROM lumenize_queue WHERE id = ?1",
            &[Param::Blob(id.as_bytes())],
        )?;
        lock(&self.known).left(id);
        Ok(())
    }

    /// Moves a recurring item to its next occurrence.
    pub(crate) fn advance(&self, id: Uuid, next: i64) -> Result<(), SqlError> {
        lock(&self.due).entered(id, next);
        self.queue(
            "UPDATE lumenize_queue SET due = ?2, scheduled = ?2, attempts = 0, error = NULL
                WHERE id = ?1",
            &[Param::Blob(id.as_bytes()), Param::Integer(next)],
        )?;
        self.changed_item(id, Some(next));
        Ok(())
    }

    /// Puts an item off, with the number of attempts that have failed and why.
    pub(crate) fn postpone(
        &self,
        id: Uuid,
        due: i64,
        attempts: u32,
        error: Option<&[u8]>,
    ) -> Result<(), SqlError> {
        lock(&self.due).entered(id, due);
        self.queue(
            "UPDATE lumenize_queue SET due = ?2, attempts = ?3, error = ?4 WHERE id = ?1",
            &[
                Param::Blob(id.as_bytes()),
                Param::Integer(due),
                Param::Integer(attempts.into()),
                optional_blob(error),
            ],
        )?;
        self.changed_item(id, Some(due));
        Ok(())
    }

    /// Gives back the attempt of an item that was marked and did not run.
    pub(crate) fn unmark(&self, id: Uuid, due: i64) -> Result<(), SqlError> {
        lock(&self.due).entered(id, due);
        self.queue(
            "UPDATE lumenize_queue SET due = ?2, attempts = max(attempts - 1, 0) WHERE id = ?1",
            &[Param::Blob(id.as_bytes()), Param::Integer(due)],
        )?;
        self.changed_item(id, Some(due));
        Ok(())
    }

    /// Changes what else is known of an item.
    pub(crate) fn set_detail(&self, id: Uuid, detail: &[u8]) -> Result<(), SqlError> {
        lock(&self.due).changed(id);
        self.queue(
            "UPDATE lumenize_queue SET detail = ?2 WHERE id = ?1",
            &[Param::Blob(id.as_bytes()), Param::Blob(detail)],
        )?;
        self.changed_item(id, None);
        Ok(())
    }

    /// Says of an item why its last attempt failed.
    pub(crate) fn set_error(&self, id: Uuid, error: &[u8]) -> Result<(), SqlError> {
        lock(&self.due).changed(id);
        self.queue(
            "UPDATE lumenize_queue SET error = ?2 WHERE id = ?1",
            &[Param::Blob(id.as_bytes()), Param::Blob(error)],
        )?;
        self.changed_item(id, None);
        Ok(())
    }

    /// Makes the calls due now whose last attempt was sent, and that are due before a time.
    pub(crate) fn hasten_calls(&self, now: i64, before: i64) -> Result<(), SqlError> {
        lock(&self.due).forget_ahead();
        lock(&self.known).changed_many();
        self.queue(
            "UPDATE lumenize_queue SET due = ?1
                WHERE due > ?1 AND due <= ?2 AND kind = ?3 AND attempts > 0",
            &[
                Param::Integer(now),
                Param::Integer(before),
                Param::Integer(Kind::Call as i64),
            ],
        )
        .map(drop)
    }

    /// Makes the fetches due now that an executor has: however far off they are, if the clock was set back.
    pub(crate) fn hasten_fetches(&self, now: i64) -> Result<(), SqlError> {
        lock(&self.due).forget_ahead();
        lock(&self.known).changed_many();
        self.queue(
            "UPDATE lumenize_queue SET due = ?1
                WHERE due > ?1 AND kind = ?2 AND substr(detail, 1, 1) = ?3",
            &[
                Param::Integer(now),
                Param::Integer(Kind::Fetch as i64),
                Param::Blob(&[super::detail::WITH_TOKEN]),
            ],
        )
        .map(drop)
    }

    /// The fetches that an executor has.
    pub(crate) fn fetches_under_way(&self) -> Result<Vec<Uuid>, SqlError> {
        let rows = self.queue(
            "SELECT id FROM lumenize_queue WHERE kind = ?1 AND substr(detail, 1, 1) = ?2",
            &[
                Param::Integer(Kind::Fetch as i64),
                Param::Blob(&[super::detail::WITH_TOKEN]),
            ],
        )?;
        rows.into_iter()
            .map(|row| Row(row.into_iter()).id())
            .collect()
    }

    /// The first item that is due.
    pub(super) fn first_due_item(&self, now: i64) -> Result<Option<Item>, SqlError> {
        let rows = self.queue(
            select_items!("WHERE due <= ?1 ORDER BY due, id LIMIT 1"),
            &[Param::Integer(now)],
        )?;
        rows.into_iter().next().map(read).transpose()
    }

    /// The first items that are due, in their order, or those behind a place before which all has run: so many
    /// as are read ahead, at the most. The number stands in the text: SQLite prepares a statement anew when
    /// another one is bound.
    pub(super) fn due_items(
        &self,
        now: i64,
        behind: Option<(i64, Uuid)>,
    ) -> Result<Vec<Item>, SqlError> {
        let rows = match behind {
            None => self.queue(
                select_items!("WHERE due <= ?1 ORDER BY due, id LIMIT 20"),
                &[Param::Integer(now)],
            ),
            // What has run may still be there, before it.
            Some((due, id)) => self.query(
                select_items!("WHERE due <= ?1 AND (due, id) > (?2, ?3) ORDER BY due, id LIMIT 20"),
                &[
                    Param::Integer(now),
                    Param::Integer(due),
                    Param::Blob(id.as_bytes()),
                ],
            ),
        };
        rows?.into_iter().map(read).collect()
    }

    fn changed_item(&self, id: Uuid, due: Option<i64>) {
        lock(&self.known).changed(id, due);
    }

    /// When the next item is due, overdue ones included.
    pub(crate) fn first_due(&self) -> Result<Option<i64>, SqlError> {
        self.settle()?;
        if let Some(first) = lock(&self.known).front.first() {
            return Ok(first);
        }
        let rows = self.query(
            "SELECT due, id FROM lumenize_queue ORDER BY due, id LIMIT ?1",
            &[Param::Integer(FRONT as i64)],
        )?;
        let all = rows.len() < FRONT;
        let mut first = None;
        let mut places = Vec::with_capacity(FRONT);
        for row in rows {
            let mut row = Row(row.into_iter());
            let due = row.integer()?;
            first.get_or_insert(due);
            match row.id() {
                Ok(id) => places.push((due, id)),
                // What is damaged there is told when its turn comes.
                Err(_) => {
                    lock(&self.known).front = Front::of(places, false);
                    return Ok(first);
                }
            }
        }
        lock(&self.known).front = Front::of(places, all);
        Ok(first)
    }

    /// The row of a call that waits for its outcome, or what else has its id. It is likely to leave the queue.
    pub(crate) fn call(&self, id: Uuid) -> Result<Option<Item>, SqlError> {
        let known = lock(&self.known).take_call(id);
        match known {
            Some(call) => Ok(Some(call)),
            None => self.item(id),
        }
    }

    /// An item.
    pub(crate) fn item(&self, id: Uuid) -> Result<Option<Item>, SqlError> {
        let rows = self.queue(
            select_items!("WHERE id = ?1"),
            &[Param::Blob(id.as_bytes())],
        )?;
        rows.into_iter().next().map(read).transpose()
    }

    /// The item of this name.
    pub(crate) fn named(&self, name: Name<'_>) -> Result<Option<Item>, SqlError> {
        let rows = self.queue(select_items!("WHERE name = ?1"), &[name.param()])?;
        rows.into_iter().next().map(read).transpose()
    }

    /// The items that come next behind a place in the order, 16 at the most: each may be large.
    pub(crate) fn items_after(&self, after: (i64, Uuid)) -> Result<Vec<Item>, SqlError> {
        let rows = self.queue(
            select_items!("WHERE (due, id) > (?1, ?2) ORDER BY due, id LIMIT 16"),
            &[Param::Integer(after.0), Param::Blob(after.1.as_bytes())],
        )?;
        rows.into_iter().map(read).collect()
    }
}

fn read(row: Vec<SqlValue>) -> Result<Item, SqlError> {
    let mut row = Row(row.into_iter());
    Ok(Item {
        id: row.id()?,
        due: row.integer()?,
        kind: row.integer()?,
        scheduled: row.integer()?,
        attempts: row.count()?,
        program: row.blob()?,
        detail: row.blob()?,
        error: row.blob_or_null()?,
    })
}
