//! Money moves between accounts while everything goes wrong: see `lumenize_tests::transfers`, and its
//! program for many seeds.

/// `LUMENIZE_RUNS` says how many seeds, 50 unless it is set, `LUMENIZE_SEED` which one alone.
#[test]
fn money_is_neither_made_nor_lost() {
    let number = |name| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap())
    };
    let seeds = match number("LUMENIZE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LUMENIZE_RUNS").unwrap_or(50),
    };
    for seed in seeds {
        let went = std::panic::catch_unwind(|| lumenize_tests::transfers::run(seed));
        assert!(went.is_ok(), "again by: LUMENIZE_SEED={seed}");
    }
}
