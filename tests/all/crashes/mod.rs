//! Scenarios in which the process dies at every point that there is, one after another, and in which
//! every write and every commit fails: what the object keeps, what is pending and what has failed must
//! be the same as undisturbed.

mod ledger;
mod scenarios;
mod seen;

use lumenize::CallError;
use lumenize::testing::World;
use seen::Seen;
use std::fmt::Write as _;

/// What is done, and what must have come of it.
struct Scenario {
    name: &'static str,
    /// Without crashes.
    before: fn(&mut World),
    /// With them.
    during: fn(&mut World),
    /// All that can be seen then of the object `main`.
    seen: fn(&mut World) -> Result<Seen, CallError>,
    /// What its log says.
    log: &'static [&'static str],
    /// How many are pending then, and how many have failed.
    left: (usize, usize),
}

/// Prints how many crashes were tried.
#[test]
fn a_crash_anywhere_changes_nothing() {
    assert!(scenarios::ALL.len() >= 25);
    let (mut all, mut wrong) = (0, String::new());
    for scenario in scenarios::ALL {
        let Scenario {
            name,
            before,
            during,
            seen,
            log,
            left,
        } = *scenario;
        let mut world = World::new(1);
        before(&mut world);
        during(&mut world);
        let whole = seen(&mut world).unwrap();
        assert_eq!(whole.log, log, "{name}");
        assert_eq!((whole.pending.len(), whole.failed.len()), left, "{name}");

        let tried = World::crash_everywhere(1, before, |world| {
            during(world);
            seen(world)
        });
        match tried {
            Ok(0) => writeln!(wrong, "{name}: there is no point to crash at").unwrap(),
            Ok(tried) => {
                println!("{tried:4} crashes: {name}");
                all += tried;
            }
            Err(failure) => writeln!(wrong, "{name}: {failure}").unwrap(),
        }
    }
    println!("{all:4} crashes in {} scenarios", scenarios::ALL.len());
    assert!(wrong.is_empty(), "{wrong}");
}

/// Prints how many failures were tried.
#[test]
fn a_write_or_a_commit_that_fails_changes_nothing() {
    let (mut all, mut wrong) = (0, String::new());
    for scenario in scenarios::ALL {
        let Scenario {
            name,
            before,
            during,
            seen,
            ..
        } = *scenario;
        let run = |fault: &dyn Fn(&mut World)| {
            let mut world = World::new(1);
            before(&mut world);
            fault(&mut world);
            during(&mut world);
            (seen(&mut world), world.heal())
        };
        let (undisturbed, _) = run(&|_| {});
        for what in ["write", "commit"] {
            for n in 1.. {
                let (failed, still_to_come) = run(&|world| match what {
                    "write" => world.fail_write(n),
                    _ => world.fail_commit(n),
                });
                if still_to_come {
                    assert!(n > 1, "{name}: no {what} fails");
                    break;
                }
                all += 1;
                if failed != undisturbed {
                    let problem = format!("{name}: {what} {n}: {failed:?} and {undisturbed:?}");
                    writeln!(wrong, "{problem}").unwrap();
                }
            }
        }
    }
    println!("{all} failures in {} scenarios", scenarios::ALL.len());
    assert!(wrong.is_empty(), "{wrong}");
}
