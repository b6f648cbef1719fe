//! What differs between a lock and the code, and what that means for stored work.

use std::fmt::{self, Display};

/// What a change means for work that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Impact {
    /// Some of it can't be run by the new code: it is parked, until there is code that can.
    Breaking,
    /// Something has another name, as far as can be seen: the new code must be told the former one, or the
    /// work is parked.
    NeedsName,
    /// It can't be told, for what the type takes can't be found out.
    Unsure,
    /// All of it runs.
    Safe,
}

impl Impact {
    fn heading(self) -> &'static str {
        match self {
            Impact::Breaking => "breaking: stored work that has it is parked",
            Impact::NeedsName => {
                "needs a name: stored work that has it is parked, unless it is told"
            }
            Impact::Unsure => "not known: try it with stored work",
            Impact::Safe => "safe",
        }
    }
}

impl Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Impact::Breaking => "breaking",
            Impact::NeedsName => "needs a name",
            Impact::Unsure => "not known",
            Impact::Safe => "safe",
        })
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What it means.
    pub impact: Impact,
    /// Where it is, for example `TaskScheduler::greet, person.address`.
    pub place: String,
    /// What has changed.
    pub what: String,
    /// What to write, or what becomes of stored work.
    pub then: String,
}

/// All differences between a lock and the code: what to do about each before the code is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<Change>,
}

impl Plan {
    pub(super) fn new(mut changes: Vec<Change>) -> Self {
        changes.sort_by_key(|change| change.impact);
        Self { changes }
    }

    /// The differences, the gravest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What the gravest of them means.
    #[must_use]
    pub fn impact(&self) -> Impact {
        self.changes
            .first()
            .map_or(Impact::Safe, |change| change.impact)
    }
}

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for change in &self.changes {
            let impact = change.impact;
            if before.replace(impact) != Some(impact) {
                writeln!(f, "{}", impact.heading())?;
            }
            writeln!(f, "  {}: {}", change.place, change.what)?;
            if !change.then.is_empty() {
                writeln!(f, "    {}", change.then)?;
            }
        }
        Ok(())
    }
}
