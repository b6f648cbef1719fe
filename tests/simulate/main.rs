//! Runs any number of seeds: `cargo run -p simulate --release -- --seeds N [--from S]`.

use simulate::seeds::{Count, check_all};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: simulate --seeds N [--from S]";

fn main() -> ExitCode {
    let (count, from) = match arguments(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let begin = Instant::now();
    let line = |done: Count, passed: Duration| {
        let Count {
            seeds,
            records,
            calls,
            parked,
        } = done;
        let rate = seeds as f64 / passed.as_secs_f64();
        format!(
            "{seeds} of {count} seeds, {records} steps of handlers, {calls} of calls, {parked} plans parked, {rate:.0} seeds a second"
        )
    };
    let checked = check_all(from..from.saturating_add(count), &|done| {
        eprint!("\r{}", line(done, begin.elapsed()));
    });
    eprintln!();
    match checked {
        Ok(done) => {
            let passed = begin.elapsed();
            println!(
                "{}: all as they must be, in {passed:.1?}",
                line(done, passed)
            );
            ExitCode::SUCCESS
        }
        Err(failed) => {
            println!("{failed}");
            ExitCode::FAILURE
        }
    }
}

/// How many seeds, and from which on.
fn arguments(mut args: impl Iterator<Item = String>) -> Result<(u64, u64), String> {
    let (mut count, mut from) = (None, 0);
    while let Some(option) = args.next() {
        let value = args
            .next()
            .ok_or_else(|| format!("{option} needs a number"))?;
        let number = value.parse().map_err(|_| format!("{value} is no number"))?;
        match &*option {
            "--seeds" => count = Some(number),
            "--from" => from = number,
            _ => return Err(format!("there is no option {option}")),
        }
    }
    Ok((count.ok_or("how many seeds?")?, from))
}
