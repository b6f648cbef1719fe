//! Why what is stored could not be read: after a rollback it may be in a newer format.

use super::{Item, detail, outbox};

impl Item {
    /// Why its detail could not be read.
    pub(crate) fn unreadable_detail(&self) -> String {
        unreadable(
            "its retry policy or recurrence",
            &self.detail,
            detail::NEWEST,
        )
    }

    /// Why what its row holds in place of a program could not be read: a call or a fetch, or its outcome.
    pub(crate) fn unreadable_row(&self, what: &str) -> String {
        unreadable(what, &self.program, outbox::VERSION)
    }

    /// Why one or the other could not be read.
    pub(crate) fn unreadable(&self, what: &str) -> String {
        match self.detail.first() {
            Some(found) if *found > detail::NEWEST => self.unreadable_detail(),
            _ => self.unreadable_row(what),
        }
    }
}

/// Of bytes that begin with the version of their format.
fn unreadable(what: &str, bytes: &[u8], newest: u8) -> String {
    match bytes.first() {
        Some(&found) if found > newest => {
            format!("{what} is of format version {found}, this code reads version {newest}")
        }
        _ => format!("{what} is damaged"),
    }
}
