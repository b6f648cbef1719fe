//! How many due items a wake runs. A commit, and an alarm, takes as long as some hundred quick handlers; what else
//! an object is asked waits meanwhile, and no clock can be asked within a turn. So it grows from wake to wake as
//! long as all goes quickly, and the handlers are those of before.

use super::wake::Work;

/// How many it runs at first; the alarm rings again at once for the rest.
pub(super) const BATCH: usize = 100;
/// How many it runs at the most.
const MOST: usize = 1_000;
/// A wake that takes so many milliseconds at the most, its commit included, is quick: the next runs twice as many.
/// So none of the handlers that it then has more of took longer than that.
const QUICK_MS: i64 = 20;
/// So many handlers are remembered.
const HANDLERS: usize = 16;
/// What stands for `#[on_failed]` among them.
const ON_FAILED: &str = "#[on_failed]";

pub(super) struct Pace {
    batch: usize,
    /// When the last wake began, if it ran as many as it may.
    began: Option<i64>,
    /// The handlers of the quick wakes before.
    quick: Vec<Box<str>>,
    /// Those of this wake that are not among them.
    new: Vec<Box<str>>,
    /// Whether those of the last item are.
    knows_last: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            batch: BATCH,
            began: None,
            quick: Vec::new(),
            new: Vec::new(),
            knows_last: false,
        }
    }
}

impl Pace {
    /// How many the wake may run that begins now.
    pub(super) fn next(&mut self, now: i64) -> usize {
        let took = self.began.take().map(|began| now.saturating_sub(began));
        if let Some(0..=QUICK_MS) = took {
            self.batch = (2 * self.batch).min(MOST);
            self.quick.append(&mut self.new);
        } else {
            *self = Self::default();
        }
        self.batch
    }

    /// The wake that began at this time has run as many as it may.
    pub(super) fn filled(&mut self, began: i64) {
        self.began = Some(began);
    }

    /// An item is about to run.
    pub(super) fn runs(&mut self, work: &Work<'_>) {
        self.knows_last = true;
        match work {
            Work::Program(program, _) => program.steps().for_each(|step| self.sees(step.handler)),
            Work::OnFailed(_) => self.sees(ON_FAILED),
        }
    }

    fn sees(&mut self, handler: &str) {
        let is_in = |handlers: &[Box<str>]| handlers.iter().any(|known| **known == *handler);
        if is_in(&self.quick) {
            return;
        }
        self.knows_last = false;
        if self.quick.len() + self.new.len() < HANDLERS && !is_in(&self.new) {
            self.new.push(handler.into());
        }
    }

    /// Whether all handlers of the item that ran last have run in a quick wake before.
    pub(super) fn knows_last(&self) -> bool {
        self.knows_last
    }
}
