//! What depends on more than the seed is found by running each seed twice.

use lumenize::prelude::*;
use lumenize::testing::{SeedFailure, World};
use std::collections::{BTreeMap, HashMap};

pub struct Clerk {
    svc: Services<Self>,
}

#[durable_object]
impl Clerk {
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute("CREATE TABLE IF NOT EXISTS letters (text TEXT)", ())?;
        Ok(Self { svc })
    }

    /// By this object's clock.
    pub fn stamp(&mut self) -> Result<()> {
        let now = self.svc.now();
        let later = Duration::from_secs(5);
        self.svc.alarms.schedule(later, Self::c().stamped(now))?;
        Ok(())
    }

    /// By the system's.
    pub fn stamp_by_the_system(&mut self) -> Result<()> {
        let now: DateTime<Utc> = std::time::SystemTime::now().into();
        let later = Duration::from_secs(5);
        self.svc.alarms.schedule(later, Self::c().stamped(now))?;
        Ok(())
    }

    fn stamped(&mut self, at: DateTime<Utc>) -> Result<()> {
        Ok(self.svc.put("stamped", &at)?)
    }

    /// In the order of their keys.
    pub fn sort(&mut self) -> Result<()> {
        let letters: BTreeMap<_, _> = letters().collect();
        letters
            .into_values()
            .try_for_each(|letter| self.keep(letter))
    }

    /// In the order of a hash map.
    pub fn shuffle(&mut self) -> Result<()> {
        let letters: HashMap<_, _> = letters().collect();
        letters
            .into_values()
            .try_for_each(|letter| self.keep(letter))
    }

    /// An answer in that order; nothing is written.
    pub fn read_out(&self) -> Vec<String> {
        letters().collect::<HashMap<_, _>>().into_values().collect()
    }

    #[handler(skip)]
    fn keep(&mut self, letter: String) -> Result<()> {
        self.svc
            .execute("INSERT INTO letters VALUES (?)", (letter,))?;
        Ok(())
    }

    /// Fails with one in ten of these.
    pub fn divide(&mut self, by: u64) -> Result<u64> {
        Ok(100_u64.checked_div(by).ok_or("by nothing")?)
    }
}

fn letters() -> impl Iterator<Item = (u32, String)> {
    (0..20).map(|n| (n, format!("letter {n}")))
}

fn clerk(world: &mut World) -> lumenize::testing::WorldObject<'_, Clerk> {
    world.object("main")
}

#[test]
fn what_depends_on_the_seed_alone_is_the_same_twice() {
    let seeds = World::check_seeds(|world| {
        clerk(world).run(Clerk::c().stamp()).unwrap();
        clerk(world).run(Clerk::c().sort()).unwrap();
        world.advance(Duration::from_secs(3 + 4));
    });
    assert!(seeds.unwrap() > 0);
}

/// In how many seconds, and after what, two runs differ.
fn differs(test: impl FnMut(&mut World)) -> (i64, String, String) {
    let failure = World::check_seeds(test).unwrap_err();
    let SeedFailure::Differs {
        first: Some(first),
        second: Some(second),
        ..
    } = &failure
    else {
        panic!("{failure}");
    };
    assert!(
        failure
            .to_string()
            .contains("to run it again, set LUMENIZE_SEED=")
    );
    let began = World::new(0).now();
    (
        (first.at - began).num_seconds(),
        first.what.clone(),
        second.what.clone(),
    )
}

#[test]
fn a_handler_that_reads_the_systems_clock_is_found() {
    let (at, first, second) = differs(|world| {
        world.advance(Duration::from_secs(60));
        clerk(world).run(Clerk::c().stamp_by_the_system()).unwrap();
        world.advance(Duration::from_secs(60));
    });
    // When it is scheduled, not when it runs.
    assert_eq!(at, 60);
    for line in [first, second] {
        assert!(line.starts_with("INSERT INTO lumenize_queue"), "{line}");
        assert!(line.contains("stamped(at: #"), "{line}");
    }
}

#[test]
fn a_handler_that_goes_through_a_hash_map_is_found() {
    let (at, first, second) = differs(|world| {
        world.advance(Duration::from_secs(7));
        clerk(world).run(Clerk::c().shuffle()).unwrap();
    });
    assert_eq!(at, 7);
    for line in [first, second] {
        assert!(
            line.starts_with("INSERT INTO letters VALUES (?1) with \"letter "),
            "{line}"
        );
    }
    let (_, first, _) = differs(|world| {
        clerk(world).run(Clerk::c().read_out()).unwrap();
    });
    assert!(first.starts_with("answers: #"), "{first}");
}

#[test]
fn a_test_that_draws_from_elsewhere_is_found() {
    let mut runs = 0;
    let (at, first, _) = differs(|world| {
        runs += 1;
        world.advance(Duration::from_secs(runs));
        clerk(world).run(Clerk::c().stamp()).unwrap();
    });
    assert_eq!((at, &*first), (1, "is asked: stamp()"));
}

#[test]
fn a_seed_that_fails_is_told_with_what_came_before() {
    let mut failed = 0;
    let test = |world: &mut World| {
        let by = world.draw(10);
        clerk(world).run(Clerk::c().divide(by)).unwrap();
    };
    let failure = World::check_seeds(test).unwrap_err();
    let SeedFailure::Panicked {
        seed,
        message,
        trace,
    } = &failure
    else {
        panic!("{failure}");
    };
    assert!(message.contains("by nothing"), "{message}");
    let lines: Vec<_> = trace.iter().map(|line| &*line.what).collect();
    assert_eq!(lines.first(), Some(&"the test drew 0 of 10"));
    assert!(
        lines
            .last()
            .is_some_and(|line| line.starts_with("answers: Handler("))
    );
    // It fails with this seed each time.
    for _ in 0..2 {
        let mut world = World::new(*seed);
        failed += u32::from(world.draw(10) == 0);
    }
    assert_eq!(failed, 2);
}
