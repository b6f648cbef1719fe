//! What is done in one run: a list of steps, all of it drawn before it begins.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Steps, in order, and how many objects they are for.
#[derive(Clone, Debug)]
pub struct Program {
    /// Their objects are 0 up to this.
    pub objects: u8,
    /// What is done.
    pub steps: Vec<Step>,
    /// The version under which the rest of the work runs in the end, after that of the other.
    pub last: Version,
}

/// What a test does to the world, or what goes wrong in it.
#[derive(Clone, Debug)]
pub enum Step {
    /// Asks an object to do something.
    Ask(Ask),
    /// Asks an object what it knows.
    Look(u8),
    /// Lets so many milliseconds pass.
    Advance(u64),
    /// Lets time pass until the next alarm.
    Next,
    /// Something goes wrong.
    Fault(Fault),
}

impl Step {
    /// What it asks, if it does.
    pub(crate) fn asks(&self) -> Option<&Ask> {
        match self {
            Step::Ask(ask) => Some(ask),
            _ => None,
        }
    }
}

/// What an object is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Which.
    pub object: u8,
    /// A number that nothing else has.
    pub tag: u32,
    /// What it is to do.
    pub acts: Vec<Act>,
    /// How it then ends.
    pub end: End,
    /// Whether it is asked at the same time as the step before, if that asks the same object.
    pub together: bool,
}

impl Ask {
    /// Whether it destroys its object, if it ends well.
    pub(crate) fn destroys(&self) -> bool {
        self.acts.contains(&Act::Destroy)
    }
}

/// How a run of a handler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// With a panic.
    Panic,
    /// With the process.
    Kill,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies now.
    Crash,
    /// It dies before what would be the n-th commit.
    CrashBeforeCommit(u32),
    /// It dies instead of the n-th commit.
    CrashAtCommit(u32),
    /// It dies after the n-th commit.
    CrashAfterCommit(u32),
    /// It dies in the n-th run of a handler.
    CrashInHandler(u32),
    /// The n-th write fails.
    Write(u32),
    /// The n-th commit fails.
    Commit(u32),
    /// The disk of an object takes so many bytes more, or again as many as there are.
    Disk(u8, Option<u64>),
    /// The clock jumps by so many milliseconds.
    Clock(i64),
    /// An object is dropped from memory.
    Evict(u8),
    /// Alarms ring so many milliseconds late from now on.
    Late(u64),
    /// Alarms ring twice from now on, or once again.
    Twice(bool),
    /// Another version of the object is deployed, or the first again.
    Redeploy(Version),
    /// The engine takes so many detours of a hundred from now on.
    Detours(u32),
    /// Handlers have no savepoints from now on.
    Spares,
    /// Of a hundred messages so many are lost from now on.
    Lose(u32),
    /// Of a hundred messages so many arrive twice from now on.
    Repeat(u32),
    /// Messages travel up to so many milliseconds longer from now on.
    Slow(u64),
    /// An object is cut off from the others, or no more.
    CutOff(u8, bool),
}

/// A version of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// The first.
    First,
    /// The next: see `versions`.
    Second,
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Schedules something.
    Schedule(Plan),
    /// Cancels what was scheduled last with this tag.
    Cancel(u32),
    /// Cancels what has this name.
    CancelNamed(u8),
    /// Tries again what was scheduled with this tag and failed.
    Retry(u32),
    /// Forgets it.
    Discard(u32),
    /// Stores a value.
    Put(u8, i64),
    /// Reads one.
    Get(u8),
    /// Deletes one.
    Delete(u8),
    /// Destroys the object.
    Destroy,
    /// Calls an object.
    Call(Call),
    /// Cancels the call of this tag.
    CancelCall(u32),
}

/// A call of another object, or of the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// A number that nothing else has.
    pub tag: u32,
    /// Whom.
    pub to: u8,
    /// What that one is to do.
    pub acts: Vec<Act>,
    /// How it then ends.
    pub end: End,
    /// After how many milliseconds it is given up.
    pub timeout: u64,
    /// At how many attempts the handler of its outcome fails, if there is one, and how.
    pub handler: Option<(u32, End)>,
}

/// What is scheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Under which name, if any.
    pub name: Option<u8>,
    /// When.
    pub when: When,
    /// The steps around its job.
    pub form: Form,
    /// How often it is tried.
    pub attempts: u32,
    /// Milliseconds before the second attempt; the delay doubles from there.
    pub delay: u64,
    /// What it does.
    pub job: Job,
}

/// When something is scheduled for, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum When {
    /// So long from now.
    After(u64),
    /// At this time, since 1970.
    At(i64),
    /// Each time after so long.
    Every(u64),
    /// By a cron expression, when the time is a multiple of this: 30,000, 60,000 or 3,600,000.
    Cron(i64),
}

/// The steps of a continuation, one of which does the job.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Form {
    /// The job alone.
    Plain,
    /// A note, the job, a note.
    Chain,
    /// A value, which is piped into what keeps it; then the job.
    Pipe(i64),
    /// Two values that are the arguments of another call; then the job.
    Nest(i64, i64),
    /// The job alone, by a handler that only the version has which schedules it.
    Own,
    /// The job alone, by a handler that has another name in the second version, which knows the former.
    Renamed,
    /// The job, with an argument for which the second version has, and gives, one variant more.
    Grown,
}

/// What a scheduled handler does, and how it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// A number that no other plan has.
    pub tag: u32,
    /// At so many attempts it fails, after all that it does.
    pub fails: u32,
    /// How it fails.
    pub end: End,
    /// What it does.
    pub acts: Vec<Act>,
}

/// A step of a program that ran, as its object noted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The tag of what was asked or scheduled.
    pub tag: u32,
    /// What it was.
    pub what: What,
    /// The time of its clock.
    pub at: i64,
    /// Which attempt it was.
    pub attempt: u32,
    /// The version that ran it.
    pub by: Version,
    /// What it was told.
    pub told: Vec<Told>,
}

/// Which handler ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The one that callers ask.
    Asked,
    /// The job.
    Job,
    /// A note.
    Note,
    /// A value was made.
    Value,
    /// A value was kept.
    Keep,
    /// Two values were added.
    Add,
    /// `#[on_failed]`, told of this tag.
    Failed,
    /// The one that a call runs.
    Called,
    /// The handler of a call's result.
    Answered,
    /// The handler of a call's error.
    NotAnswered,
}

impl What {
    /// Whether it is of a call, on either side.
    pub(crate) fn is_of_a_call(self) -> bool {
        matches!(self, What::Called | What::Answered | What::NotAnswered)
    }
}

/// What came of an [`Act`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It is scheduled.
    Scheduled {
        /// Its time.
        due: i64,
        /// Whether there was one of its name.
        found: bool,
    },
    /// Whether there was one to cancel.
    Cancelled(bool),
    /// Whether there was one to retry.
    Retried(bool),
    /// Whether there was one to forget.
    Discarded(bool),
    /// A value.
    Value(Option<i64>),
    /// Whether there was one to delete.
    Deleted(bool),
    /// It is done.
    Done,
    /// The callee's handler failed.
    ItFailed,
    /// The call was not executed.
    NotExecuted,
    /// It may have been.
    Unknown,
}

/// What an object knows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Its values.
    pub values: Vec<(u8, i64)>,
    /// The tags of what is pending, sorted.
    pub pending: Vec<u32>,
    /// The tags of what has failed and the attempts at it, sorted.
    pub failed: Vec<(u32, u32)>,
    /// How many are parked.
    pub parked: usize,
}

impl Plan {
    /// Whether it fails at each of its attempts.
    pub fn is_hopeless(&self) -> bool {
        self.job.fails >= self.attempts
    }

    /// Whether it recurs.
    pub fn recurs(&self) -> bool {
        matches!(self.when, When::Every(_) | When::Cron(_))
    }
}

impl Program {
    /// Whether the process or a disk fails in it. If not, all that happens is known to the millisecond
    /// and in its order.
    ///
    /// What the network does is not: but that each call is executed and answered, once, is then known if
    /// nothing is wrong with it, either.
    pub fn is_strict(&self) -> bool {
        !self.steps.iter().any(|step| match step {
            Step::Fault(fault) => fault.may_interrupt(),
            Step::Ask(ask) => ask.end == End::Kill || kills(&ask.acts),
            _ => false,
        })
    }
}

impl Program {
    /// The steps, those that ask at the same time as one.
    pub(crate) fn moments(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.chunk_by(|before, step| match (before, step) {
            // What was asked before it is gone has left no trace.
            (Step::Ask(before), Step::Ask(ask)) => {
                ask.together && ask.object == before.object && !before.destroys()
            }
            _ => false,
        })
    }

    /// Whether nothing keeps a call from its answer.
    pub(crate) fn answers_all(&self) -> bool {
        let hinders = |fault: &Fault| fault.is_of_the_network() || matches!(fault, Fault::Clock(_));
        let mut steps = self.steps.iter();
        self.is_strict() && !steps.any(|step| matches!(step, Step::Fault(fault) if hinders(fault)))
    }

    /// Whether a disk has no room for all.
    pub(crate) fn fills_a_disk(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step, Step::Fault(Fault::Disk(_, Some(_)))))
    }

    /// All calls that it may come to, by their tags.
    pub(crate) fn calls(&self) -> BTreeMap<u32, Call> {
        let mut calls = BTreeMap::new();
        for step in &self.steps {
            if let Step::Ask(ask) = step {
                calls_of(&ask.acts, &mut calls);
            }
        }
        calls
    }
}

fn calls_of(acts: &[Act], calls: &mut BTreeMap<u32, Call>) {
    for act in acts {
        match act {
            Act::Schedule(plan) => calls_of(&plan.job.acts, calls),
            Act::Call(call) => {
                calls.insert(call.tag, call.clone());
                calls_of(&call.acts, calls);
            }
            _ => {}
        }
    }
}

/// Whether something that these schedule ends the process.
fn kills(acts: &[Act]) -> bool {
    acts.iter().any(|act| match act {
        Act::Schedule(Plan { job, .. }) => {
            job.end == End::Kill && job.fails > 0 || kills(&job.acts)
        }
        Act::Call(call) => {
            let handler = matches!(call.handler, Some((1.., End::Kill)));
            handler || call.end == End::Kill || kills(&call.acts)
        }
        _ => false,
    })
}

impl Fault {
    /// Whether it may stop what runs, or keep it from running.
    pub fn may_interrupt(self) -> bool {
        !matches!(
            self,
            Fault::Clock(_)
                | Fault::Evict(_)
                | Fault::Late(_)
                | Fault::Twice(_)
                | Fault::Redeploy(_)
                | Fault::Detours(_)
        ) && !self.is_of_the_network()
    }

    /// Whether it concerns messages alone.
    pub fn is_of_the_network(self) -> bool {
        matches!(
            self,
            Fault::Lose(_) | Fault::Repeat(_) | Fault::Slow(_) | Fault::CutOff(..)
        )
    }

    /// Whether it ends the process.
    pub fn is_crash(self) -> bool {
        matches!(
            self,
            Fault::Crash
                | Fault::CrashBeforeCommit(_)
                | Fault::CrashAtCommit(_)
                | Fault::CrashAfterCommit(_)
                | Fault::CrashInHandler(_)
        )
    }
}
