//! A world for tests: objects in memory, a clock that the test sets, and crashes. Nothing in it
//! waits, and nothing is random but by its seed.

use crate::continuation::typed::{ContinuationOf, Output};
use crate::engine::ids::Random;
use crate::engine::{self, Engine, Event, Inspection, Reply, Request, Start, Turns};
use crate::error::{CallError, Outcome};
use crate::host::sqlite::Sqlite;
use crate::host::{Identity, SqlError, Storage, Tick, call_program, read_answer};
use crate::object::Object;
use crate::views::{FailedWork, PendingWork, date};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// 2026-01-01T00:00:00Z, when a world begins.
const BEGINNING: i64 = 1_767_225_600_000;

/// Class and name.
type Key = (&'static str, String);

type Factory = fn(Arc<dyn Storage>, Identity, Start) -> Box<dyn Turns>;

/// A world of objects. It begins at 2026-01-01T00:00:00Z, and its clock moves only when it is told
/// to.
///
/// A crash keeps what was committed and forgets the rest: the objects' memory, their transactions
/// in progress, the callers who wait.
pub struct World {
    now: i64,
    random: Random,
    objects: BTreeMap<Key, Place>,
    faults: Arc<Faults>,
}

struct Place {
    factory: Factory,
    database: Arc<Sqlite>,
    engine: Option<Box<dyn Turns>>,
    /// How the time before the next engine ended.
    start: Start,
}

#[derive(Default)]
struct Faults {
    /// The process dies instead of this commit, counted from 1; 0 for never.
    dies_at: AtomicU32,
    dead: AtomicBool,
}

impl Faults {
    /// Called at each commit; `true` turns it into a rollback.
    fn refuses_commit(&self) -> bool {
        let before = self
            .dies_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if before == Ok(1) {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.dead.load(Ordering::Relaxed)
    }
}

impl World {
    /// An empty world. All ids and all jitter in it come from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            now: BEGINNING,
            random: Random::seeded(seed.into()),
            objects: BTreeMap::new(),
            faults: Arc::new(Faults::default()),
        }
    }

    /// The world's clock.
    pub fn now(&self) -> DateTime<Utc> {
        date(self.now)
    }

    /// Lets time pass: every alarm rings on its way, at its time, the earliest first.
    pub fn advance(&mut self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let target = self.now.saturating_add(ms);
        while let Some((at, key)) = self.next_alarm().filter(|(at, _)| *at <= target) {
            self.now = self.now.max(at);
            self.ring(&key, at);
        }
        self.now = target;
    }

    /// Sets the clock, forwards or backwards, as a machine's clock is set: nothing rings until
    /// time passes again.
    pub fn set_clock(&mut self, now: DateTime<Utc>) {
        self.now = now.timestamp_millis();
    }

    /// When the next alarm rings.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        self.next_alarm().map(|(at, _)| date(at))
    }

    /// The process dies and starts again.
    pub fn crash(&mut self) {
        self.faults.dies_at.store(0, Ordering::Relaxed);
        self.faults.dead.store(false, Ordering::Relaxed);
        for place in self.objects.values_mut() {
            place.engine = None;
            place.start = Start::Unclean;
            // As after any unclean stop, each object is looked at once.
            place.database.set_alarm(Some(self.now));
        }
    }

    /// The process dies instead of the `n`-th commit from now, counted from 1, and starts again; 0
    /// takes that back.
    pub fn crash_at_commit(&mut self, n: u32) {
        self.faults.dies_at.store(n, Ordering::Relaxed);
    }

    /// An object of this world; it begins to exist when something is written.
    pub fn object<D: Object>(&mut self, name: &str) -> WorldObject<'_, D> {
        WorldObject {
            world: self,
            key: (D::CLASS, name.to_owned()),
            marker: PhantomData,
        }
    }

    fn place<D: Object>(&mut self, key: &Key) -> Result<&mut Place, SqlError> {
        // Not by `entry`: making the database may fail.
        if !self.objects.contains_key(key) {
            let database = Arc::new(Sqlite::in_memory()?);
            let faults = Arc::clone(&self.faults);
            database.on_commit(move || faults.refuses_commit())?;
            let place = Place {
                factory: |storage, identity, start| {
                    Box::new(Engine::<D>::new(storage, identity, start))
                },
                database,
                engine: None,
                start: Start::Clean,
            };
            self.objects.insert(key.clone(), place);
        }
        self.objects
            .get_mut(key)
            .ok_or_else(|| SqlError::statement("there is no such object".to_owned()))
    }

    fn next_alarm(&self) -> Option<(i64, Key)> {
        self.objects
            .iter()
            .filter_map(|(key, place)| Some((place.database.alarm()?, key)))
            .min()
            .map(|(at, key)| (at, key.clone()))
    }

    fn ring(&mut self, key: &Key, at: i64) {
        // The clock may have been set back since the alarm was set.
        let scheduled = at.min(self.now);
        self.turns(key, Event::Alarm { scheduled });
    }

    /// Lets something happen to an object; `None` if the process dies of it.
    fn turns(&mut self, key: &Key, event: Event) -> Option<Vec<Reply>> {
        let (now, random) = (self.now, &mut self.random);
        let faults = Arc::clone(&self.faults);
        let engine = self.objects.get_mut(key)?.engine(key);
        let came = engine::turns(engine, event, || {
            let lives = !faults.dead.load(Ordering::Relaxed);
            lives.then(|| tick(now, random))
        });
        if faults.dead.load(Ordering::Relaxed) {
            self.crash();
            return None;
        }
        Some(came.replies)
    }
}

impl Place {
    fn engine(&mut self, key: &Key) -> &mut dyn Turns {
        self.engine
            .get_or_insert_with(|| {
                let identity = Identity {
                    class: key.0,
                    name: key.1.clone(),
                };
                let storage = Arc::clone(&self.database) as Arc<dyn Storage>;
                let start = std::mem::replace(&mut self.start, Start::Clean);
                (self.factory)(storage, identity, start)
            })
            .as_mut()
    }
}

fn tick(now: i64, random: &mut Random) -> Tick {
    Tick {
        now,
        entropy: random.next_u128(),
    }
}

/// An object in a [`World`].
pub struct WorldObject<'w, D> {
    world: &'w mut World,
    key: Key,
    marker: PhantomData<D>,
}

impl<D: Object> WorldObject<'_, D> {
    /// Runs a continuation and returns what its last step returns.
    ///
    /// # Errors
    /// As a host's: [`CallError`].
    pub fn run<R: Output>(
        &mut self,
        continuation: impl ContinuationOf<'static, D, R>,
    ) -> Result<R, CallError> {
        let program = call_program(continuation)?;
        let request = Request { token: 0, program };
        self.exists()?;
        let replies = self
            .world
            .turns(&self.key, Event::Requests(vec![request]))
            .ok_or_else(crashed)?;
        match replies.into_iter().next() {
            Some(reply) => read_answer(reply.answer?),
            None => Err(crashed()),
        }
    }

    /// What is to run, in order: one page, of at most 1,000 and about 2 MiB. `svc.alarms.list` has more.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn pending(&mut self) -> Result<Vec<PendingWork>, CallError> {
        self.inspect().map(|inspection| inspection.pending)
    }

    /// What was set aside: one page, of at most 1,000 and about 2 MiB. `svc.failed.list` has more.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn failed(&mut self) -> Result<Vec<FailedWork>, CallError> {
        self.inspect().map(|inspection| inspection.failed)
    }

    /// Drops the object from memory, as a host does with an idle one.
    pub fn evict(&mut self) {
        if let Some(place) = self.world.objects.get_mut(&self.key) {
            place.engine = None;
        }
    }

    /// Lets the disk hold this many bytes more than now for this object, or as many as it takes.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn limit_disk(&mut self, free: Option<u64>) -> Result<(), SqlError> {
        self.database(|database| database.limit_pages(free))
    }

    /// Runs SQL beside the engine, for tests of what damages its tables.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn tamper(&mut self, sql: &str) -> Result<(), SqlError> {
        self.database(|database| database.tamper(sql))
    }

    fn database<T>(
        &mut self,
        act: impl FnOnce(&Sqlite) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        act(&self.world.place::<D>(&self.key)?.database)
    }

    fn inspect(&mut self) -> Result<Inspection, CallError> {
        self.exists()?;
        let tick = tick(self.world.now, &mut self.world.random);
        let place = self.world.objects.get_mut(&self.key);
        place.ok_or_else(crashed)?.engine(&self.key).inspect(tick)
    }

    fn exists(&mut self) -> Result<(), CallError> {
        let place = self.world.place::<D>(&self.key);
        place.map(drop).map_err(CallError::not_executed)
    }
}

fn crashed() -> CallError {
    CallError::Unreachable {
        reason: "the process crashed".to_owned(),
        outcome: Outcome::Unknown,
    }
}
