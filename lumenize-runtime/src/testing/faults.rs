//! What goes wrong, and when: the script of a world's faults.

use crate::engine::ids::Random;
use crate::host::SqlError;
use crate::sync::lock;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where the process dies, for [`World::crash_at`](super::World::crash_at): counted from 1, over all
/// objects of the world, from when it is asked for.
///
/// Only what writes is counted. A request that only reads has no point to die at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrashPoint {
    /// When the first row of what would be the n-th commit is written.
    BeforeCommit(u32),
    /// Instead of the n-th commit: all is written, and nothing stays.
    AtCommit(u32),
    /// Right after the n-th commit: all stays, and there is no reply and no other effect of it.
    AfterCommit(u32),
    /// In the n-th run of the object's own code that has written something: a program (a chain or
    /// nest is one run), `#[on_failed]`, or `new`. The code has run to its end, and nothing that it
    /// wrote stays.
    InHandler(u32),
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CrashPoint::BeforeCommit(n) => write!(f, "before commit {n}"),
            CrashPoint::AtCommit(n) => write!(f, "instead of commit {n}"),
            CrashPoint::AfterCommit(n) => write!(f, "after commit {n}"),
            CrashPoint::InHandler(n) => write!(f, "in handler {n}"),
        }
    }
}

thread_local! {
    /// Those of the world whose turn runs in this thread.
    static RUNNING: RefCell<Option<Arc<Faults>>> = const { RefCell::new(None) };
}

/// Ends the process of the [`World`](super::World) that runs the handler that calls this, as an abort, a
/// trap in wasm or a stack overflow ends a real one: nothing that was not committed stays, and the world
/// goes on as after any crash. So a test may have a handler that ends its process each time.
///
/// # Panics
/// The handler unwinds, as far as it can still be told. Outside of a world that is all.
pub fn end_process() -> ! {
    RUNNING.with_borrow(|running| {
        if let Some(faults) = running {
            faults.ends();
        }
    });
    // Nothing is printed: it is no panic of the test's.
    std::panic::resume_unwind(Box::new("the process ends"))
}

/// The script of a world, which its disks ask at each step.
#[derive(Default)]
pub(super) struct Faults(Mutex<Script>);

#[derive(Default)]
struct Script {
    /// The process is dead: no disk takes anything more from it.
    dead: bool,
    crash: Option<CrashPoint>,
    /// How many writes from now one fails, and how many commits; 0 for never.
    failing_write: u32,
    failing_commit: u32,
    /// Of a hundred detours how many are taken, and what decides which.
    detours: Option<(u32, Random)>,
    /// What runs has no savepoints.
    spares: bool,
    /// Since counting began.
    counted: Counted,
    /// Nothing goes wrong and nothing is counted: a test looks at an object.
    aside: bool,
}

/// How often the process could have died.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) commits: u32,
    pub(super) handlers: u32,
}

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Goes,
    Fails,
    /// The process is dead.
    Dies,
}

impl Faults {
    pub(super) fn crash_at(&self, point: CrashPoint) {
        let mut script = self.script();
        script.counted = Counted::default();
        script.crash = Some(point);
    }

    pub(super) fn fail_write(&self, n: u32) {
        self.script().failing_write = n;
    }

    pub(super) fn fail_commit(&self, n: u32) {
        self.script().failing_commit = n;
    }

    pub(super) fn take_detours(&self, percent: u32, random: Random) {
        self.script().detours = (percent > 0).then_some((percent, random));
    }

    pub(super) fn spare_savepoints(&self, spare: bool) {
        self.script().spares = spare;
    }

    pub(super) fn spares_savepoints(&self) -> bool {
        self.script().spares
    }

    /// Whether this one is taken.
    pub(super) fn detours(&self) -> bool {
        let mut script = self.script();
        let aside = script.aside || script.dead;
        match &mut script.detours {
            Some((percent, random)) if !aside => random.below(100) < u64::from(*percent),
            _ => false,
        }
    }

    /// Takes back what has not happened, and says whether there was anything.
    pub(super) fn heal(&self) -> bool {
        let mut script = self.script();
        script.detours = None;
        let Script {
            crash,
            failing_write,
            failing_commit,
            ..
        } = &mut *script;
        let crash = crash.take().is_some();
        let write = std::mem::take(failing_write) > 0;
        let commit = std::mem::take(failing_commit) > 0;
        crash || write || commit
    }

    pub(super) fn start_counting(&self) {
        self.script().counted = Counted::default();
    }

    pub(super) fn counted(&self) -> Counted {
        self.script().counted
    }

    /// Runs a turn in which handlers may end the process.
    pub(super) fn running<T>(faults: &Arc<Faults>, turn: impl FnOnce() -> T) -> T {
        let outer = RUNNING.replace(Some(Arc::clone(faults)));
        let ran = turn();
        RUNNING.set(outer);
        ran
    }

    /// A handler ends the process.
    fn ends(&self) {
        let mut script = self.script();
        if !script.aside {
            script.dead = true;
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.script().dead
    }

    /// The process is there again.
    pub(super) fn restart(&self) {
        self.script().dead = false;
    }

    /// Refuses whatever a dead process asks for.
    pub(super) fn alive(&self) -> Result<(), SqlError> {
        match self.is_dead() {
            true => Err(died()),
            false => Ok(()),
        }
    }

    /// Leaves what `look` does out of the script.
    pub(super) fn aside<T>(&self, look: impl FnOnce() -> T) -> T {
        self.script().aside = true;
        let seen = look();
        self.script().aside = false;
        seen
    }

    /// Whether a test looks.
    pub(super) fn is_aside(&self) -> bool {
        self.script().aside
    }

    /// A statement has written, the first of its transaction or not.
    pub(super) fn wrote(&self, first: bool) -> Fate {
        let mut script = self.script();
        let next = script.counted.commits + 1;
        if script.aside {
            Fate::Goes
        } else if first && script.crash == Some(CrashPoint::BeforeCommit(next)) {
            script.die()
        } else {
            counted_down(&mut script.failing_write)
        }
    }

    /// A run of the object's own code that wrote has come to its end.
    pub(super) fn handler_ends(&self) {
        let mut script = self.script();
        if script.aside || script.dead {
            return;
        }
        script.counted.handlers += 1;
        if script.crash == Some(CrashPoint::InHandler(script.counted.handlers)) {
            script.die();
        }
    }

    /// A transaction that wrote is about to be committed.
    pub(super) fn commits(&self) -> Fate {
        let mut script = self.script();
        let next = script.counted.commits + 1;
        if script.aside {
            Fate::Goes
        } else if script.crash == Some(CrashPoint::AtCommit(next)) {
            script.die()
        } else {
            counted_down(&mut script.failing_commit)
        }
    }

    /// A transaction that wrote was committed.
    pub(super) fn committed(&self) {
        let mut script = self.script();
        if script.aside {
            return;
        }
        script.counted.commits += 1;
        if script.crash == Some(CrashPoint::AfterCommit(script.counted.commits)) {
            script.die();
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.0)
    }
}

impl Script {
    fn die(&mut self) -> Fate {
        self.dead = true;
        self.crash = None;
        Fate::Dies
    }
}

fn counted_down(n: &mut u32) -> Fate {
    let fails = *n == 1;
    *n = n.saturating_sub(1);
    match fails {
        true => Fate::Fails,
        false => Fate::Goes,
    }
}

/// What a dead process would be told, if there were one.
pub(super) fn died() -> SqlError {
    SqlError::disk("the process has died".to_owned())
}
