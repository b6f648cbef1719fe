//! Many seeds, and what is told of one that fails.

use crate::actor::ON_PURPOSE;
use crate::generate;
use crate::program::Program;
use crate::run::{Ran, run};
use crate::shrink::shrink;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// One seed out of so many is run twice, and both runs must be the same: but where a disk is full, as it
/// depends on the shapes that the process has seen by then which write is the first without room.
const TWICE: u64 = 8;

/// What was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many seeds.
    pub seeds: u64,
    /// How many steps of handlers ran and stayed, in all of them.
    pub records: usize,
    /// How many of these were of calls, on either side.
    pub calls: usize,
    /// How often a plan was parked when another version was deployed.
    pub parked: usize,
}

/// A seed that failed.
pub struct Failed {
    seed: u64,
    program: Program,
    ran: Ran,
}

/// Runs a seed, twice if it is its turn.
///
/// # Errors
/// What was wrong, after the program was made as short as that goes.
pub fn check(seed: u64) -> Result<Ran, Box<Failed>> {
    let program = generate(seed);
    let mut ran = run(seed, &program);
    if ran.wrong.is_some() {
        let (program, ran) = shrink(seed, program, ran);
        return Err(Box::new(Failed { seed, program, ran }));
    }
    if seed.is_multiple_of(TWICE) && !program.fills_a_disk() {
        let again = run(seed, &program);
        if let Some(wrong) = differs(&ran, &again) {
            ran.wrong = Some(wrong);
            return Err(Box::new(Failed { seed, program, ran }));
        }
    }
    Ok(ran)
}

fn differs(ran: &Ran, again: &Ran) -> Option<String> {
    let mut lines = ran.trace.iter().zip(&again.trace);
    match lines.find(|(line, again)| line != again) {
        Some((line, again)) => Some(format!("a second run has\n{again}\nin place of\n{line}")),
        None if ran == again => None,
        None => Some("a second run is longer or shorter".to_owned()),
    }
}

/// Runs these seeds on all processors. `progress` is told each second what has been run by then.
///
/// # Errors
/// The first one that fails: the others stop.
pub fn check_all(
    seeds: Range<u64>,
    progress: &(dyn Fn(Count) + Sync),
) -> Result<Count, Box<Failed>> {
    be_quiet();
    let next = AtomicU64::new(seeds.start);
    let done = AtomicU64::new(0);
    let (records, calls, parked) = Default::default();
    let add = |to: &AtomicUsize, count| to.fetch_add(count, Ordering::Relaxed);
    let ended = AtomicBool::new(false);
    let failed = Mutex::new(None);
    let work = || {
        while !ended.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            match check(seed) {
                Ok(ran) => {
                    done.fetch_add(1, Ordering::Relaxed);
                    add(&records, ran.records);
                    add(&calls, ran.calls);
                    add(&parked, ran.parked);
                }
                Err(failure) => {
                    ended.store(true, Ordering::Relaxed);
                    if let Ok(mut failed) = failed.lock() {
                        failed.get_or_insert(failure);
                    }
                }
            }
        }
    };
    let count = || Count {
        seeds: done.load(Ordering::Relaxed),
        records: records.load(Ordering::Relaxed),
        calls: calls.load(Ordering::Relaxed),
        parked: parked.load(Ordering::Relaxed),
    };
    std::thread::scope(|scope| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let mut turns = 0_u32;
        while workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
            turns += 1;
            if turns.is_multiple_of(50) {
                progress(count());
            }
        }
    });
    match failed.into_inner().unwrap_or(None) {
        Some(failed) => Err(failed),
        None => Ok(count()),
    }
}

/// Panics that are meant to be are not printed.
fn be_quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let said = panic.payload().downcast_ref::<String>();
            if !said.is_some_and(|said| said.starts_with(ON_PURPOSE)) {
                print(panic);
            }
        }));
    });
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, program, ran } = self;
        let steps = program.steps.len();
        writeln!(f, "seed {seed}, shrunk to {steps} steps:")?;
        for line in &ran.trace {
            writeln!(f, "{line}")?;
        }
        if let Some(wrong) = &ran.wrong {
            writeln!(f, "{wrong}")?;
        }
        writeln!(f, "to run it again:")?;
        writeln!(
            f,
            "  LUMENIZE_SEED={seed} cargo test -p lumenize-tests --test all seeds"
        )?;
        write!(
            f,
            "  cargo run -p simulate --release -- --seeds 1 --from {seed}"
        )
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
