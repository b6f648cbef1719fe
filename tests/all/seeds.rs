//! Random programs against a model, from seeds: see the crate `simulate`.

use simulate::seeds::{check, check_all};

/// How many seeds are run: 50 unless `LUMENIZE_RUNS` says otherwise.
fn runs() -> u64 {
    match std::env::var("LUMENIZE_RUNS") {
        Ok(runs) => runs.parse().expect("LUMENIZE_RUNS must be a number"),
        Err(_) => 50,
    }
}

/// `LUMENIZE_SEED` runs that one alone.
#[test]
fn what_must_happen_happens_once_whatever_goes_wrong() {
    if let Ok(seed) = std::env::var("LUMENIZE_SEED") {
        let seed = seed.parse().expect("LUMENIZE_SEED must be a number");
        println!("{} steps of handlers", check(seed).unwrap().records);
        return;
    }
    let done = check_all(0..runs(), &|_| {}).unwrap();
    println!("{done:?}");
    assert_eq!(done.seeds, runs());
    assert!(done.records > 0 && done.calls > 0 && done.parked > 0);
}
