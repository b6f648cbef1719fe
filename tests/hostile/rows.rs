//! Rows that are damaged: the item may fail, wait or run, and is never lost; its neighbours run.

use crate::damaged::Damage;
use crate::memory::alone;
use lumenize::prelude::*;
use lumenize::testing::World;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the damaged item is given. No value of it does harm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    text: String,
    kind: Kind,
    more: Vec<Option<u32>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    Plain,
    Rated { stars: u8 },
}

/// Keeps what it is told.
pub struct Keeper {
    svc: Services<Self>,
}

#[durable_object]
impl Keeper {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn plan(&mut self, note: Note) -> Result<()> {
        let after = Duration::from_millis(10);
        self.svc.alarms.schedule(after, Self::c().take(note))?;
        Ok(())
    }

    pub fn plan_beside(&mut self, number: u32) -> Result<()> {
        let after = Duration::from_millis(10);
        self.svc.alarms.schedule(after, Self::c().beside(number))?;
        Ok(())
    }

    pub fn taken(&self) -> Result<Option<Note>> {
        Ok(self.svc.get("note")?)
    }

    pub fn all_beside(&self) -> Result<Vec<u32>> {
        Ok(self.svc.get("beside")?.unwrap_or_default())
    }

    fn take(&mut self, note: Note) -> Result<()> {
        Ok(self.svc.put("note", &note)?)
    }

    fn beside(&mut self, number: u32) -> Result<()> {
        let mut all = self.all_beside()?;
        all.push(number);
        Ok(self.svc.put("beside", &all)?)
    }
}

fn note() -> Note {
    Note {
        text: "water the plants".to_owned(),
        kind: Kind::Rated { stars: 5 },
        more: vec![Some(7), None],
    }
}

/// How often anything panicked in this process.
fn panics() -> u32 {
    static COUNTED: Once = Once::new();
    static PANICS: AtomicU32 = AtomicU32::new(0);
    COUNTED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(info);
        }));
    });
    PANICS.load(Ordering::SeqCst)
}

/// The statement that damages a column of the rows that `which` selects.
fn damaging(table: &str, column: &str, which: &str, damage: &Damage) -> String {
    // As if the column had so many bytes: their number is known to SQLite alone.
    let at = |at: &Index| format!("({} % max(length({column}), 1))", at.index(1 << 20));
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (from, new, to) = match damage {
        Damage::Set(place, byte) | Damage::Flip(place, byte) => (at(place), hex(&[*byte]), 1),
        Damage::Cut(place) => (at(place), String::new(), 1 << 20),
        Damage::Insert(place, bytes) => (at(place), hex(bytes), 0),
        Damage::Remove(place, count) => (at(place), String::new(), u32::from(*count)),
    };
    format!(
        "UPDATE {table} SET {column} = coalesce(CAST(substr({column}, 1, {from}) || x'{new}' ||
            substr({column}, {from} + {to} + 1) AS BLOB), x'') WHERE {which}"
    )
}

fn planned() -> World {
    let mut world = World::new(1);
    let mut keeper = world.object::<Keeper>("main");
    keeper.run(Keeper::c().plan_beside(1)).unwrap();
    keeper.run(Keeper::c().plan(note())).unwrap();
    keeper.run(Keeper::c().plan_beside(2)).unwrap();
    world
}

/// A process that knows nothing of the types begins.
fn restart(world: &mut World) {
    world.crash();
    lumenize_runtime::codec::forget();
}

const VICTIM: &str = "id = (SELECT id FROM lumenize_queue ORDER BY id LIMIT 1 OFFSET 1)";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_item_concerns_only_itself(
        column in prop_oneof![Just("program"), Just("detail")],
        damages in vec(Damage::any(), 1..3),
        restarts: bool,
    ) {
        let _alone = alone();
        let before = panics();
        let mut world = planned();
        for damage in &damages {
            let damaging = damaging("lumenize_queue", column, VICTIM, damage);
            world.object::<Keeper>("main").tamper(&damaging).unwrap();
        }
        if restarts {
            restart(&mut world);
        }
        world.advance(Duration::from_millis(20));
        let mut keeper = world.object::<Keeper>("main");
        let beside = keeper.run(Keeper::c().all_beside()).unwrap();
        prop_assert_eq!(beside, [1, 2]);
        let taken = keeper.run(Keeper::c().taken()).unwrap().is_some();
        let left = keeper.pending().unwrap().len() + keeper.failed().unwrap().len();
        // A detail may have become that of a recurrence.
        prop_assert!(left <= 1 && (taken || left == 1), "taken: {taken}, left: {left}");
        prop_assert_eq!(panics(), before);
    }

    /// What a value refers to is known by its hash: another is none.
    #[test]
    fn a_damaged_shape_reads_nothing(damages in vec(Damage::any(), 1..3)) {
        let _alone = alone();
        let before = panics();
        let mut world = planned();
        let mut keeper = world.object::<Keeper>("main");
        keeper.tamper("CREATE TABLE keep AS SELECT * FROM lumenize_shapes").unwrap();
        for damage in &damages {
            let damaging = damaging("lumenize_shapes", "shape", "true", damage);
            keeper.tamper(&damaging).unwrap();
        }
        restart(&mut world);
        world.advance(Duration::from_millis(20));
        let mut keeper = world.object::<Keeper>("main");
        let beside = keeper.run(Keeper::c().all_beside()).unwrap();
        prop_assert_eq!(beside, [1, 2]);
        if keeper.failed().unwrap().is_empty() {
            // The damage did not change it.
            let taken = keeper.run(Keeper::c().taken()).unwrap();
            prop_assert_eq!(format!("{taken:?}"), format!("{:?}", Some(note())));
        } else {
            prop_assert!(keeper.run(Keeper::c().taken()).unwrap().is_none());
            let parked = &keeper.failed().unwrap()[0];
            prop_assert!(parked.parked && parked.why.message.contains("shape"), "{}", parked.why);
            // Once it is whole, what waited for it runs.
            let mend = "UPDATE lumenize_shapes SET shape =
                (SELECT keep.shape FROM keep WHERE keep.hash = lumenize_shapes.hash)";
            keeper.tamper(mend).unwrap();
            restart(&mut world);
            world.advance(Duration::from_millis(20));
            let taken = world.object::<Keeper>("main").run(Keeper::c().taken()).unwrap();
            prop_assert_eq!(format!("{taken:?}"), format!("{:?}", Some(note())));
        }
        prop_assert_eq!(panics(), before);
    }

    #[test]
    fn damaged_state_is_refused_or_read(
        column in prop_oneof![Just("value"), Just("shape")],
        damages in vec(Damage::any(), 1..3),
    ) {
        let _alone = alone();
        let before = panics();
        let mut world = planned();
        world.advance(Duration::from_millis(20));
        let mut keeper = world.object::<Keeper>("main");
        prop_assert!(keeper.run(Keeper::c().taken()).unwrap().is_some());
        for damage in &damages {
            let damaging = damaging("lumenize_state", column, "key = 'note'", damage);
            keeper.tamper(&damaging).unwrap();
        }
        match keeper.run(Keeper::c().taken()) {
            Ok(taken) => prop_assert!(taken.is_some()),
            Err(error) => prop_assert!(error.to_string().contains("Note"), "{error}"),
        }
        let beside = keeper.run(Keeper::c().all_beside()).unwrap();
        prop_assert_eq!(beside, [1, 2]);
        prop_assert_eq!(panics(), before);
    }
}
