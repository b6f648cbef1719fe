//! A test with many seeds, as a program or within the tests.

use std::panic::{RefUnwindSafe, catch_unwind};
use std::time::Instant;

/// Runs a test with as many seeds as the program's first argument says; `again` is how one of them is run
/// again.
///
/// # Errors
/// If it fails with one, or the argument is not there.
pub fn run(
    test: impl Fn(u64) + RefUnwindSafe,
    again: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let seeds: u64 = std::env::args().nth(1).ok_or("how many seeds?")?.parse()?;
    let begin = Instant::now();
    for seed in 0..seeds {
        if catch_unwind(|| test(seed)).is_err() {
            return Err(format!("again by: LUMENIZE_SEED={seed} {again}").into());
        }
        if (seed + 1) % 500 == 0 {
            let rate = (seed + 1) as f64 / begin.elapsed().as_secs_f64();
            println!("{} of {seeds} seeds, {rate:.0} a second", seed + 1);
        }
    }
    let took = begin.elapsed();
    println!("{seeds} seeds: all as it must be, in {took:.1?}");
    Ok(())
}

/// Runs a test with some seeds: `LUMENIZE_RUNS` says how many, 50 unless it is set, `LUMENIZE_SEED` which
/// one alone.
///
/// # Panics
/// If it fails with one.
pub fn some(test: impl Fn(u64) + RefUnwindSafe) {
    let number = |name| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap())
    };
    let seeds = match number("LUMENIZE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LUMENIZE_RUNS").unwrap_or(50),
    };
    for seed in seeds {
        let went = catch_unwind(|| test(seed));
        assert!(went.is_ok(), "again by: LUMENIZE_SEED={seed}");
    }
}
