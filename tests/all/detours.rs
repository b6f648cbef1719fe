//! Ways that the engine may take at any time and seldom does, in a world that makes it take them.

use lumenize::prelude::*;
use lumenize::testing::World;
use std::cell::Cell;

thread_local! {
    static MADE: Cell<u32> = const { Cell::new(0) };
}

/// An object that counts what ran, and how often it was made.
pub struct Walker {
    svc: Services<Self>,
}

#[durable_object]
impl Walker {
    pub fn new(svc: Services<Self>) -> Self {
        MADE.set(MADE.get() + 1);
        Self { svc }
    }

    /// So many steps, all due at once.
    pub fn plan(&mut self, steps: u32) -> Result<()> {
        for number in 0..steps {
            let at = Duration::from_secs(1);
            self.svc.alarms.schedule(at, Self::c().step(number))?;
        }
        Ok(())
    }

    pub fn steps(&self) -> Result<Vec<u32>> {
        Ok(self.svc.get("steps")?.unwrap_or_default())
    }

    fn step(&mut self, number: u32) -> Result<()> {
        let mut steps = self.steps()?;
        steps.push(number);
        Ok(self.svc.put("steps", &steps)?)
    }
}

fn steps(world: &mut World) -> Vec<u32> {
    world
        .object::<Walker>("main")
        .run(Walker::c().steps())
        .unwrap()
}

fn planned(seed: u64) -> World {
    let mut world = World::new(seed);
    let plan = Walker::c().plan(10);
    world.object::<Walker>("main").run(plan).unwrap();
    world
}

#[test]
fn with_every_detour_each_wake_runs_one_item_of_an_object_that_is_made_anew() {
    let mut world = planned(1);
    world.take_detours(100);
    world.object::<Walker>("main").evict();
    MADE.set(0);
    for ran in 1..=5 {
        world.advance_to_next().unwrap();
        assert_eq!(steps(&mut world).len(), ran);
    }
    assert!(MADE.get() >= 5, "{}", MADE.get());
    // It goes on as it is used to once it has run idle.
    world.heal();
    world.run_until_idle().unwrap();
    MADE.set(0);
    world
        .object::<Walker>("main")
        .run(Walker::c().plan(10))
        .unwrap();
    world.advance_to_next().unwrap();
    assert_eq!(steps(&mut world).len(), 20);
    assert!(MADE.get() <= 1, "{}", MADE.get());
}

#[test]
fn detours_make_no_difference() {
    for seed in 0..50 {
        let mut world = planned(seed);
        let percent = world.draw(100) as u32;
        world.take_detours(percent);
        world.run_until_idle().unwrap();
        assert_eq!(steps(&mut world), (0..10).collect::<Vec<_>>(), "{seed}");
        assert_eq!(world.next_wake(), None);
    }
}
