//! Two releases of one object, each a program, that take over from each other on one directory.

use crate::native::{killed, kills};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const OLD: &str = env!("CARGO_BIN_EXE_shop-old");
const NEW: &str = env!("CARGO_BIN_EXE_shop-new");

/// What it printed, when it has ended well.
fn shop(program: &str, directory: &Path, task: &str) -> Vec<String> {
    let ended = Command::new(program).arg(directory).arg(task).output();
    let ended = ended.unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}");
    let printed = String::from_utf8(ended.stdout).unwrap();
    printed.lines().map(str::to_owned).collect()
}

/// With work pending: forward and back, and forward again.
#[test]
fn two_releases_as_programs_take_over_from_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let shop = |program: &str, task: &str| shop(program, directory.path(), task);

    shop(OLD, "plan");
    let forward = ["new: Ada (10115) pays 40", "new: notify soon"];
    assert_eq!(shop(NEW, "run"), forward);

    shop(NEW, "plan");
    shop(OLD, "plan");
    let back = [
        &forward[..],
        &["old: Ada (10115) pays 20", "old: remind soon"],
    ]
    .concat();
    let parked = [
        "parked: notify(when: \"later\"): there is no handler `notify`",
        "parked: price(items: 3).receipt(price: result of step 0): there is no handler `receipt`",
    ];
    assert_eq!(shop(OLD, "run"), [&back[..], &parked[..]].concat());

    let again = ["new: notify later", "new: receipt 60"];
    assert_eq!(shop(NEW, "run"), [&back[..], &again[..]].concat());
}

/// How many orders each release has room for in a round.
const ROUND: u64 = 1_000_000;

/// Killed in the middle of its load and taken over from by the other release, again and again: each order is
/// shipped once, by a release that understands it.
#[test]
fn killed_at_any_moment_releases_take_over_and_ship_each_order_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut placed = Vec::new();
    for round in 0..u64::from(kills()) {
        let program = [OLD, NEW][round as usize % 2];
        let mut victim = Command::new(program);
        victim.arg(directory.path());
        victim.args(["serve", &(round * ROUND).to_string()]);
        // Different every round, and different in each run as the machine is.
        let after = Duration::from_millis(150 + round * 37 % 160);
        let lines = killed(&mut victim, after);
        placed.extend(lines.iter().map(|line| line.parse::<u64>().unwrap()));
    }
    assert!(placed.len() > kills() as usize, "only {}", placed.len());

    // What the new release stored is parked here, and runs there.
    let left = shop(OLD, directory.path(), "run");
    let log = shop(NEW, directory.path(), "run");
    let parked = left
        .iter()
        .filter(|line| line.starts_with("parked: send("))
        .count();
    let mut shipped: BTreeMap<u64, &str> = BTreeMap::new();
    let mut forward = 0;
    for line in &log {
        let (release, number) = line.split_once(": ").unwrap();
        let number = number.parse().unwrap_or_else(|_| panic!("{line}"));
        let before = shipped.insert(number, release);
        assert_eq!(before, None, "{number} was shipped twice");
        match number / ROUND % 2 {
            0 => forward += u32::from(release == "new"),
            _ => assert_eq!(release, "new", "{number} is of the new release"),
        }
    }
    // What is placed, and was not acknowledged for the kill, may be shipped, too.
    let lost: Vec<u64> = placed
        .iter()
        .copied()
        .filter(|number| !shipped.contains_key(number))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(shipped.len() <= placed.len() + kills() as usize);
    println!(
        "{} orders, {forward} of them of the old release shipped by the new, {parked} parked in the end",
        shipped.len(),
    );
    if kills() > 1 {
        assert!(forward > 0);
    }
}
