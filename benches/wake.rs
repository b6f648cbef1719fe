//! One due schedule among 1,000 that are pending and among 1,000,000: the time of its wake, on disk
//! (`synchronous = FULL`) and in memory, where no disk hides the difference:
//! `cargo bench -p lumenize-benches --bench wake`.

use lumenize_benches::alarms::{Bulk, BulkContinuation, quantile, timed};
use lumenize_runtime::continuation::typed::ContinuationOf;
use lumenize_runtime::engine::{Effect, Engine, Event, Mail, Request, Start, Turns};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{Identity, Tick};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 1_000;
const NOW: i64 = 1_800_000_000_000;
const LATER: i64 = NOW + 365 * 86_400_000;

struct Object {
    engine: Engine<Bulk>,
    now: i64,
}

impl Object {
    /// One with so many thousand pending schedules.
    fn new(database: Sqlite, thousands: u32) -> Result<Self, Box<dyn Error>> {
        let identity = Identity {
            class: "Bulk",
            name: "main".to_owned(),
        };
        let mut object = Self {
            engine: Engine::new(Arc::new(database), identity, Start::Clean),
            now: NOW,
        };
        for thousand in 0..thousands {
            object.run(Bulk::c().add(1_000, LATER + i64::from(thousand)))?;
        }
        Ok(object)
    }

    fn turn(&mut self, event: Event) -> Vec<Effect> {
        self.now += 1;
        let entropy = (self.now as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let now = self.now;
        self.engine.turn(Tick { now, entropy }, event)
    }

    fn run(&mut self, steps: BulkContinuation<'static, ()>) -> Result<(), Box<dyn Error>> {
        let program = steps.into_steps().encode()?;
        let request = Mail::Request(Request {
            token: 0,
            program,
            call: None,
        });
        match self.turn(Event::Mail(vec![request])).pop() {
            Some(Effect::Reply(reply)) => Ok(reply.answer.map(drop)?),
            _ => Err("no reply".into()),
        }
    }

    /// How long the wake takes for one that is due.
    fn wake(&mut self) -> Result<Duration, Box<dyn Error>> {
        let scheduled = self.now;
        self.run(Bulk::c().add(1, scheduled))?;
        let (time, effects) = timed(|| self.turn(Event::Alarm { scheduled }));
        match effects.len() {
            0 => Ok(time),
            _ => Err("the wake was not an ordinary one".into()),
        }
    }
}

fn compare(what: &str, few: Sqlite, many: Sqlite) -> Result<(), Box<dyn Error>> {
    let mut few = Object::new(few, 1)?;
    let mut many = Object::new(many, 1_000)?;
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does concerns both.
    for _ in 0..ROUNDS {
        fast.push(few.wake()?);
        slow.push(many.wake()?);
    }
    fast.sort_unstable();
    slow.sort_unstable();
    let (fast, slow) = (quantile(&fast, 0.5), quantile(&slow, 0.5));
    println!(
        "{what}: {fast:?} among 1,000, {slow:?} among 1,000,000 (medians): {:.2}",
        slow.as_secs_f64() / fast.as_secs_f64()
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = |name: &str| Sqlite::open(&directory.path().join(name));
    compare("on disk", file("few")?, file("many")?)?;
    compare("in memory", Sqlite::in_memory()?, Sqlite::in_memory()?)
}
