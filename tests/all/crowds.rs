//! Ten thousand items: one that is wrong holds up no other, and what is parked costs a wake nothing.

use lumenize::native::Host;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize_runtime::continuation::typed::ContinuationOf;
use lumenize_runtime::engine::{Effect, Engine, Event, Mail, Request, Start, Turns};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{
    Answer, End, Identity, Param, Rights, SqlError, SqlValue, Storage, Tick,
};
use lumenize_runtime::object::Object;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const CROWD: u32 = 10_000;
/// Where the wrong ones stand.
const WRONG: u32 = 5_003;
/// One handler adds at most 1,000 items.
const AT_ONCE: u32 = 1_000;
const BEGINNING: i64 = 1_800_000_000_000;

macro_rules! release {
    ($module:ident $size:ty { $($more:tt)* }) => {
        mod $module {
            use lumenize::prelude::*;

            pub struct Crowd {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Crowd {
                pub fn new(mut svc: Services<Self>) -> Result<Self> {
                    svc.execute("CREATE TABLE IF NOT EXISTS ran (place INTEGER PRIMARY KEY, number INTEGER)", ())?;
                    Ok(Self { svc })
                }

                pub fn add(&mut self, due: DateTime<Utc>, from: u32, to: u32) -> Result<()> {
                    for number in from..to {
                        self.svc.alarms.schedule(due, Self::c().count(number))?;
                    }
                    Ok(())
                }

                pub fn ran(&self) -> Result<Vec<u32>> {
                    Ok(self.svc.query("SELECT number FROM ran ORDER BY place", ())?)
                }

                fn count(&mut self, number: u32) -> Result<()> {
                    self.svc.execute("INSERT INTO ran (number) VALUES (?)", (number,))?;
                    Ok(())
                }

                pub fn add_failing(&mut self, due: DateTime<Utc>) -> Result<()> {
                    let once = RetryPolicy::default().attempts(1);
                    self.svc.alarms.retry(once).schedule(due, Self::c().fail())?;
                    Ok(())
                }

                fn fail(&mut self) {
                    panic!("on purpose");
                }

                /// What the releases take for a size differs.
                fn measure(&mut self, _size: $size) -> Result<()> {
                    self.count(0)
                }

                $($more)*
            }
        }
    };
}

release! { old String {
    pub fn add_removed(&mut self, due: DateTime<Utc>, count: u32) -> Result<()> {
        for _ in 0..count {
            self.svc.alarms.schedule(due, Self::c().removed())?;
        }
        Ok(())
    }

    pub fn add_changed(&mut self, due: DateTime<Utc>, count: u32) -> Result<()> {
        for _ in 0..count {
            self.svc.alarms.schedule(due, Self::c().measure("large".to_owned()))?;
        }
        Ok(())
    }

    fn removed(&mut self) -> Result<()> {
        self.count(0)
    }
}}
release! { new u64 {}}

/// The ranges in which a crowd is added, with a gap where the wrong ones stand.
fn ranges() -> impl Iterator<Item = (u32, u32)> {
    let begins = (0..CROWD).step_by(AT_ONCE as usize);
    begins.flat_map(|begin| match begin + AT_ONCE {
        end if (begin..end).contains(&WRONG) => vec![(begin, WRONG), (WRONG, end)],
        end => vec![(begin, end)],
    })
}

#[test]
fn wrong_items_among_ten_thousand_hold_up_no_other_in_a_world() {
    let mut world = World::new(1);
    let due = world.now() + Duration::from_secs(1);
    for (from, to) in ranges() {
        let mut crowd = world.object::<old::Crowd>("main");
        if from == WRONG {
            crowd.run(old::Crowd::c().add_removed(due, 1)).unwrap();
            crowd.run(old::Crowd::c().add_changed(due, 1)).unwrap();
            crowd.run(old::Crowd::c().add_failing(due)).unwrap();
        }
        crowd.run(old::Crowd::c().add(due, from, to)).unwrap();
    }
    world.redeploy::<new::Crowd>();
    world.run_until_idle().unwrap();
    let mut crowd = world.object::<new::Crowd>("main");
    let ran = crowd.run(new::Crowd::c().ran()).unwrap();
    assert!(ran.into_iter().eq(0..CROWD), "each once, in order");
    let failed = crowd.failed().unwrap();
    let set_aside: Vec<_> = failed
        .iter()
        .map(|work| (work.parked, work.attempts))
        .collect();
    assert_eq!(set_aside, [(true, 0), (true, 0), (false, 1)]);
    assert!(crowd.pending().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_item_among_ten_thousand_holds_up_no_other_on_the_native_host() {
    let directory = tempfile::tempdir().unwrap();
    let due = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::from_secs(3_600);
    let host = Host::open(directory.path()).unwrap();
    let host = host.register::<old::Crowd>().start().unwrap();
    let crowd = host.object::<old::Crowd>("main");
    for (from, to) in ranges() {
        if from == WRONG {
            crowd
                .run(old::Crowd::c().add_removed(due, 1))
                .await
                .unwrap();
        }
        crowd.run(old::Crowd::c().add(due, from, to)).await.unwrap();
    }
    host.shutdown().unwrap();
    // An hour has passed: all are due.
    let file = std::fs::read_dir(directory.path().join("Crowd"))
        .unwrap()
        .next()
        .unwrap();
    let file = Sqlite::open(&file.unwrap().path()).unwrap();
    let past = due.timestamp_millis() - 7_200_000;
    let sql = format!("UPDATE lumenize_queue SET due = {past}, scheduled = {past}");
    file.transaction(&mut || match file.query(&sql, &[]) {
        Ok(_) => End::Commit,
        Err(error) => panic!("{error}"),
    })
    .unwrap();
    drop(file);

    let host = Host::open(directory.path()).unwrap();
    let host = host.register::<new::Crowd>().start().unwrap();
    let crowd = host.object::<new::Crowd>("main");
    let begin = Instant::now();
    let ran = loop {
        let ran = crowd.run(new::Crowd::c().ran()).await.unwrap();
        if ran.len() == CROWD as usize || begin.elapsed() > Duration::from_secs(60) {
            break ran;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(ran.into_iter().eq(0..CROWD), "each once, in order");
    let failed = crowd.failed().await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].parked, failed[0].attempts), (true, 0));
    assert_eq!(failed[0].why.message, "there is no handler `removed`");
}

/// Statements, and how many rows each returned.
type Asked = Vec<(String, usize)>;

/// Tells what the engine asks of a database: each statement and how many rows it returned.
struct Watched {
    database: Sqlite,
    asked: Mutex<Asked>,
}

impl Storage for Watched {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let rows = self.database.query(sql, params)?;
        self.asked
            .lock()
            .unwrap()
            .push((sql.to_owned(), rows.len()));
        Ok(rows)
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.database.run(sql, params, rights)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        self.database.transaction(body)
    }

    fn stands(&self) -> bool {
        self.database.stands()
    }

    fn set_alarm(&self, at: Option<i64>) {
        self.database.set_alarm(at);
    }
}

/// One object, and the engine of the release that it has.
struct Driven {
    storage: Arc<Watched>,
    engine: Box<dyn Turns>,
    now: i64,
}

impl Driven {
    fn new() -> Self {
        let storage = Arc::new(Watched {
            database: Sqlite::in_memory().unwrap(),
            asked: Mutex::default(),
        });
        Self {
            engine: engine::<old::Crowd>(&storage),
            storage,
            now: BEGINNING,
        }
    }

    /// The new release starts, and wakes the object for as long as there is something to do; says what was
    /// asked in each turn.
    fn starts(&mut self) -> Vec<Asked> {
        self.engine = engine::<new::Crowd>(&self.storage);
        let first = self.turn(Event::Alarm {
            scheduled: self.now,
        });
        let mut turns = vec![first];
        turns.extend(self.wakes());
        turns
    }

    /// What it asked in this turn.
    fn turn(&mut self, event: Event) -> Asked {
        self.storage.asked.lock().unwrap().clear();
        let entropy = (self.now as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let tick = Tick {
            now: self.now,
            entropy,
        };
        let effects = self.engine.turn(tick, event);
        let mut asked = std::mem::take(&mut *self.storage.asked.lock().unwrap());
        for effect in effects {
            match effect {
                Effect::Reply(reply) => drop(reply.answer.unwrap()),
                Effect::Resume { .. } => asked.extend(self.turn(Event::Resume)),
                other => panic!("{other:?}"),
            }
        }
        asked
    }

    fn ask<D: Object>(&mut self, steps: impl ContinuationOf<'static, D, ()>) {
        let program = steps.into_steps().encode().unwrap();
        let request = Request {
            token: 0,
            program,
            call: None,
        };
        self.turn(Event::Mail(vec![Mail::Request(request)]));
    }

    /// Rings the alarm while there is one for now, and says what was asked in each turn.
    fn wakes(&mut self) -> Vec<Asked> {
        let mut turns = Vec::new();
        while let Some(alarm) = self
            .storage
            .database
            .alarm()
            .filter(|at| *at <= self.now + 1_000)
        {
            self.now = self.now.max(alarm);
            turns.push(self.turn(Event::Alarm { scheduled: alarm }));
        }
        turns
    }
}

fn engine<D: Object>(storage: &Arc<Watched>) -> Box<dyn Turns> {
    let identity = Identity {
        class: "Crowd",
        name: "main".to_owned(),
    };
    let storage = Arc::clone(storage) as Arc<dyn Storage>;
    Box::new(Engine::<D>::new(storage, identity, Start::Clean))
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

/// An object with so many parked items of either kind, and one that is due later.
fn parked(removed: u32, changed: u32) -> Driven {
    let mut driven = Driven::new();
    let due = at(BEGINNING + 100);
    driven.ask(old::Crowd::c().add(at(BEGINNING + 1_000_000), 0, 1));
    for begin in (0..removed).step_by(AT_ONCE as usize) {
        driven.ask(old::Crowd::c().add_removed(due, AT_ONCE.min(removed - begin)));
    }
    for begin in (0..changed).step_by(AT_ONCE as usize) {
        driven.ask(old::Crowd::c().add_changed(due, AT_ONCE.min(changed - begin)));
    }
    driven.now = BEGINNING + 100;
    driven.starts();
    driven
}

#[test]
fn ten_thousand_parked_items_cost_a_wake_nothing() {
    let costs = [(0, 0), (CROWD, 0), (0, 1_000)].map(|(removed, changed)| {
        let mut driven = parked(removed, changed);
        driven.now = BEGINNING + 1_000_000;
        driven.wakes()
    });
    // In the same order, with the same number of rows: and none asks for what is set aside.
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], costs[2]);
    let [one] = &costs[0][..] else {
        panic!("{costs:?}")
    };
    assert!(!one.is_empty());
    assert!(
        one.iter().all(|(sql, _)| !sql.contains("lumenize_failed")),
        "{one:?}"
    );
}

/// What the code that starts can't run either is looked at once, a part at a time.
#[test]
fn the_first_wakes_of_a_release_look_at_parked_items_a_part_at_a_time() {
    const AT_MOST: usize = 1_000;
    for (removed, changed) in [(CROWD, 0), (0, 1_000)] {
        let mut driven = parked(removed, changed);
        let count = (removed + changed) as usize;
        driven.now += 1;
        let turns = driven.starts();
        let most = turns.iter().map(Vec::len).max();
        assert!(
            most.is_some_and(|most| most <= AT_MOST),
            "{most:?} statements in a turn"
        );
        let asked: usize = turns.iter().map(Vec::len).sum();
        println!(
            "{count} parked: {} turns, {asked} statements, {most:?} at most",
            turns.len()
        );
        assert!(asked <= count * 12, "{asked} statements");
        let left = driven.storage.database.transaction(&mut || {
            let rows = driven.storage.database.query(
                "SELECT count(*) FROM lumenize_failed WHERE status = 2 AND attempts = 0",
                &[],
            );
            assert_eq!(rows.unwrap(), [[SqlValue::Integer(count as i64)]]);
            End::Rollback
        });
        left.unwrap();
    }
}

/// Though nobody asks again: the alarm rings for the rest.
#[test]
fn more_parked_items_than_a_turn_looks_at_go_on_after_the_rollback() {
    const PARKED: u32 = 250;
    let mut world = World::new(1);
    let due = world.now() + Duration::from_secs(1);
    let mut crowd = world.object::<old::Crowd>("main");
    crowd.run(old::Crowd::c().add_removed(due, PARKED)).unwrap();
    world.redeploy::<new::Crowd>();
    world.run_until_idle().unwrap();
    let failed = world.object::<new::Crowd>("main").failed().unwrap();
    assert_eq!(failed.len(), PARKED as usize);
    assert!(failed.iter().all(|work| work.parked && work.attempts == 0));

    world.redeploy::<old::Crowd>();
    let mut crowd = world.object::<old::Crowd>("main");
    // The commit of what asks first looks at the first.
    crowd.run(old::Crowd::c().add(due, 1, 2)).unwrap();
    world.run_until_idle().unwrap();
    let mut crowd = world.object::<old::Crowd>("main");
    assert_eq!(crowd.failed().unwrap(), []);
    let ran = crowd.run(old::Crowd::c().ran()).unwrap();
    assert_eq!(ran.len(), PARKED as usize + 1);
}
