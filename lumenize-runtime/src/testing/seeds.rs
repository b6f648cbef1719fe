//! One test in a world of each of many seeds, twice.

use super::trace::TraceLine;
use super::world::World;
use crate::engine::execute::caught;
use std::fmt;

/// How many seeds are run, unless `LUMENIZE_RUNS` says otherwise.
const RUNS: u64 = 100;
/// How many lines are shown of what came before.
const SHOWN: usize = 30;

/// What a seed has brought to light.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeedFailure {
    /// The test panicked.
    Panicked {
        /// In a world of this seed.
        seed: u64,
        /// What the panic said.
        message: String,
        /// What had happened in the world by then.
        trace: Vec<TraceLine>,
    },
    /// Two runs of one seed differ: the test or an object's code depends on more than the world, such as
    /// the system's clock, its random numbers, the order of a `HashMap`, or a `static`.
    Differs {
        /// The seed.
        seed: u64,
        /// What both had done by then.
        trace: Vec<TraceLine>,
        /// What the first then did; nothing if it had ended.
        first: Option<Box<TraceLine>>,
        /// What the second did in its place.
        second: Option<Box<TraceLine>>,
    },
    /// `LUMENIZE_SEED` or `LUMENIZE_RUNS` is no number.
    Variable {
        /// Which of them.
        name: &'static str,
        /// What it is.
        value: String,
    },
}

impl World {
    /// Runs a test in a world of each of many seeds, twice, and compares what happened in the world: each
    /// event of an object, each statement that wrote and what it wrote, each answer. So it finds what
    /// fails with some seeds only, and what depends on more than the seed: a handler that reads the system's
    /// clock, or goes through a `HashMap`. What is random in the test itself comes from
    /// [`draw`](Self::draw). Returns how many seeds were run.
    ///
    /// These are 0 to 99, or to as many as the environment variable `LUMENIZE_RUNS` says; with
    /// `LUMENIZE_SEED` it is that one alone.
    ///
    /// ```
    /// # use lumenize_runtime::testing::{SeedFailure, World};
    /// # fn main() -> Result<(), SeedFailure> {
    /// let seeds = World::check_seeds(|world| {
    ///     let before = world.now();
    ///     let secs = world.draw(60);
    ///     world.advance(std::time::Duration::from_secs(secs));
    ///     assert!(world.now() >= before);
    /// })?;
    /// # assert!(seeds > 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SeedFailure`] for the first seed with which `test` panics, or with which its runs differ.
    pub fn check_seeds(mut test: impl FnMut(&mut World)) -> Result<u64, SeedFailure> {
        let (from, count) = match variable("LUMENIZE_SEED")? {
            Some(seed) => (seed, 1),
            None => (0, variable("LUMENIZE_RUNS")?.unwrap_or(RUNS)),
        };
        for seed in (0..count).map(|n| from.wrapping_add(n)) {
            let (first, panicked) = traced(seed, &mut test);
            if let Err(message) = panicked {
                return Err(SeedFailure::Panicked {
                    seed,
                    message,
                    trace: first,
                });
            }
            let (second, again) = traced(seed, &mut test);
            compare(seed, first, second)?;
            if let Err(message) = again {
                return Err(SeedFailure::Panicked {
                    seed,
                    message: format!("in the second run: {message}"),
                    trace: Vec::new(),
                });
            }
        }
        Ok(count)
    }

    /// A number below `below`, or 0, drawn from the seed.
    pub fn draw(&mut self, below: u64) -> u64 {
        let drawn = self.random.below(below);
        let trace = &self.trace;
        trace.moves_to(self.now, String::new);
        trace.note(|| format!("the test drew {drawn} of {below}"));
        drawn
    }
}

fn variable(name: &'static str) -> Result<Option<u64>, SeedFailure> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    let value = value.to_string_lossy().into_owned();
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(SeedFailure::Variable { name, value }),
    }
}

fn traced(seed: u64, test: &mut impl FnMut(&mut World)) -> (Vec<TraceLine>, Result<(), String>) {
    let mut world = World::new(seed);
    world.trace.begin();
    let ran = caught(|| test(&mut world)).map_err(|panic| panic.message);
    (world.trace.end(), ran)
}

fn compare(seed: u64, first: Vec<TraceLine>, second: Vec<TraceLine>) -> Result<(), SeedFailure> {
    let same = first.iter().zip(&second).take_while(|(a, b)| a == b);
    let same = same.count();
    let line = |lines: &[TraceLine]| lines.get(same).cloned().map(Box::new);
    let (first_differs, second_differs) = (line(&first), line(&second));
    if first_differs.is_none() && second_differs.is_none() {
        return Ok(());
    }
    let mut trace = first;
    trace.truncate(same);
    Err(SeedFailure::Differs {
        seed,
        trace,
        first: first_differs,
        second: second_differs,
    })
}

impl fmt::Display for SeedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, trace) = match self {
            SeedFailure::Variable { name, value } => {
                return write!(f, "{name} must be a number, and is {value:?}");
            }
            SeedFailure::Panicked { seed, trace, .. }
            | SeedFailure::Differs { seed, trace, .. } => (seed, trace),
        };
        writeln!(f, "with the seed {seed}, the last that happened:")?;
        for line in trace.iter().skip(trace.len().saturating_sub(SHOWN)) {
            writeln!(f, "  {line}")?;
        }
        match self {
            SeedFailure::Differs { first, second, .. } => {
                let line = |line: &Option<Box<TraceLine>>| match line {
                    Some(line) => line.to_string(),
                    None => "the end".to_owned(),
                };
                writeln!(f, "then two runs differ:")?;
                writeln!(f, "  {}\n  {}", line(first), line(second))?;
                writeln!(
                    f,
                    "what runs there depends on more than the world: on a clock, on random numbers, on the \
                     order of a HashMap, or on what is kept in a static"
                )?;
            }
            SeedFailure::Panicked { message, .. } => writeln!(f, "then it {message}")?,
            SeedFailure::Variable { .. } => {}
        }
        write!(f, "to run it again, set LUMENIZE_SEED={seed}")
    }
}

/// As `Display`: it is what `unwrap` prints.
impl fmt::Debug for SeedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SeedFailure {}
