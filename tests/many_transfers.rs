//! Money moves between accounts while everything goes wrong, for many seeds:
//! `cargo run -p lumenize-tests --release --bin transfers -- SEEDS`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds: u64 = std::env::args().nth(1).ok_or("how many seeds?")?.parse()?;
    let begin = Instant::now();
    for seed in 0..seeds {
        if std::panic::catch_unwind(|| lumenize_tests::transfers::run(seed)).is_err() {
            let again = "cargo test -p lumenize-tests --test all money_is_neither";
            return Err(format!("again by: LUMENIZE_SEED={seed} {again}").into());
        }
        if (seed + 1) % 500 == 0 {
            let rate = (seed + 1) as f64 / begin.elapsed().as_secs_f64();
            println!("{} of {seeds} seeds, {rate:.0} a second", seed + 1);
        }
    }
    println!(
        "{seeds} seeds: all as it must be, in {:.1?}",
        begin.elapsed()
    );
    Ok(())
}
