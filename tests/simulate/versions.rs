//! The two versions of the object: what they differ in. Work is stored by either and run by either, where
//! that is possible: [`Form::is_understood`] says where.
//!
//! - A job has other fields in another order in the second, wider ones, and one more with a default.
//! - Each has a handler that the other has not.
//! - Three handlers have other names in the second, which knows the former ones: one is scheduled, one is
//!   called, with a wider argument, and one takes what a call was answered.
//! - An argument has a variant more in the second, in front.

use crate::actor::{Memory, SPARE_ATTEMPTS};
use crate::actor::{actor, end, name, tag_of, when, witness};
use crate::program::{Act, Call, End, Form, Job, Looked, Plan, Record, Told, Version, What};
use lumenize::prelude::*;
use lumenize::{CallError, Outcome};

impl Version {
    pub(crate) fn other(self) -> Self {
        match self {
            Version::First => Version::Second,
            Version::Second => Version::First,
        }
    }
}

impl Form {
    /// Whether a version understands what one has stored: otherwise it is parked.
    pub fn is_understood(self, stored: Version, by: Version) -> bool {
        match self {
            Form::Plain | Form::Chain | Form::Pipe(_) | Form::Nest(..) => true,
            Form::Own => stored == by,
            Form::Renamed | Form::Grown => stored == by || stored == Version::First,
        }
    }

    /// Whether both versions understand it, whichever has stored it.
    pub(crate) fn is_common(self) -> bool {
        self.is_understood(Version::First, Version::Second)
            && self.is_understood(Version::Second, Version::First)
    }
}

/// What the second version takes for a [`Job`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaterJob {
    acts: Vec<Act>,
    end: End,
    fails: u64,
    #[serde(default)]
    remark: Option<String>,
    tag: u64,
}

impl From<Job> for LaterJob {
    fn from(job: Job) -> Self {
        Self {
            acts: job.acts,
            end: job.end,
            fails: job.fails.into(),
            remark: Some("later".to_owned()),
            tag: job.tag.into(),
        }
    }
}

impl TryFrom<LaterJob> for Job {
    type Error = std::num::TryFromIntError;

    fn try_from(later: LaterJob) -> Result<Self, Self::Error> {
        Ok(Self {
            tag: later.tag.try_into()?,
            fails: later.fails.try_into()?,
            end: later.end,
            acts: later.acts,
        })
    }
}

/// The first version.
pub mod first {
    use super::*;

    /// An argument.
    #[derive(Serialize, Deserialize)]
    pub enum Size {
        /// Its only variant.
        Small,
    }

    type CallTag = u32;

    actor!(First, Job, Size::Small, only_first alone called answered, {
        fn only_first(&mut self, job: Job) -> Result<()> {
            self.do_job(job)
        }

        fn alone(&mut self, job: Job) -> Result<()> {
            self.do_job(job)
        }

        fn sized(&mut self, job: Job, _size: Size) -> Result<()> {
            self.do_job(job)
        }

        /// Does this for another object.
        pub fn called(&mut self, tag: CallTag, acts: Vec<Act>, ends: End) -> Result<Vec<Told>> {
            self.do_called(tag, acts, ends)
        }

        fn answered(&mut self, tag: u32, told: Vec<Told>, fails: u32, ends: End) -> Result<()> {
            self.was_answered(tag, told, fails, ends)
        }
    });
}

/// The second.
pub mod second {
    use super::*;

    /// An argument.
    #[derive(Serialize, Deserialize)]
    pub enum Size {
        /// What the first version does not know.
        Large,
        /// What it gives.
        Small,
    }

    type CallTag = u64;

    actor!(Second, LaterJob, Size::Large, only_second lonely asked_by heard, {
        fn only_second(&mut self, job: LaterJob) -> Result<()> {
            self.do_job(job.try_into()?)
        }

        #[handler(was = "alone")]
        fn lonely(&mut self, job: LaterJob) -> Result<()> {
            self.do_job(job.try_into()?)
        }

        fn sized(&mut self, job: LaterJob, _size: Size) -> Result<()> {
            self.do_job(job.try_into()?)
        }

        /// Does this for another object.
        #[handler(was = "called")]
        pub fn asked_by(&mut self, tag: CallTag, acts: Vec<Act>, ends: End) -> Result<Vec<Told>> {
            self.do_called(tag.try_into()?, acts, ends)
        }

        #[handler(was = "answered")]
        fn heard(&mut self, tag: u32, told: Vec<Told>, fails: u32, ends: End) -> Result<()> {
            self.was_answered(tag, told, fails, ends)
        }
    });
}
