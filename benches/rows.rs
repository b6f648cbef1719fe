//! How many rows are written to add a schedule and to finish it. No timing: they are counted, as
//! Cloudflare counts them (`rowsWritten`, which is what is paid for):
//! `cargo bench -p lumenize-benches --bench rows`.
//!
//! By its documentation each row of a table and each entry of an index that is written counts one.
//! As workerd was seen to count: `INSERT` is 1 and 1 for each index entry, with none for the primary key
//! of a table `WITHOUT ROWID` and none in a partial index that leaves the row out; `UPDATE` is 1 and 1 for
//! each index of a changed column; `DELETE` is 1. SQLite itself counts the rows of tables
//! (`total_changes()`); the entries of the queue's two indexes are counted before and after.

use lumenize_benches::alarms::{Bulk, BulkContinuation};
use lumenize_runtime::continuation::typed::ContinuationOf;
use lumenize_runtime::engine::{Effect, Engine, Event, Mail, Request, Start, Turns};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{End, Identity, SqlError, SqlValue, Storage, Tick};
use std::error::Error;
use std::sync::Arc;

const SCHEDULES: u32 = 1_000;
const NOW: i64 = 1_800_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let database = Arc::new(Sqlite::in_memory()?);
    let identity = Identity {
        class: "Bulk",
        name: "main".to_owned(),
    };
    let storage = Arc::clone(&database) as Arc<dyn Storage>;
    let mut engine = Engine::<Bulk>::new(storage, identity, Start::Clean);
    // The first has the tables made.
    run(&mut engine, NOW, Bulk::c().add(1, NOW + 1))?;
    engine.turn(tick(NOW + 1), Event::Alarm { scheduled: NOW + 1 });

    let due = NOW + 1_000_000;
    let mut counts = vec![count(&database)?];
    for n in 0..SCHEDULES {
        // One request a second.
        run(
            &mut engine,
            NOW + i64::from(n) * 1_000,
            Bulk::c().add(1, due),
        )?;
    }
    counts.push(count(&database)?);
    for _ in 0..SCHEDULES.div_ceil(100) {
        engine.turn(tick(due), Event::Alarm { scheduled: due });
    }
    counts.push(count(&database)?);
    run(&mut engine, due + 1, Bulk::c().add_others())?;
    counts.push(count(&database)?);
    let hour = due + 1 + 3_600_000;
    engine.turn(tick(hour), Event::Alarm { scheduled: hour });
    counts.push(count(&database)?);

    let what = [
        ("to add one", SCHEDULES),
        ("to run one that then is done", SCHEDULES),
        ("to add one that recurs, and a named one", 1),
        ("to run one that recurs", 1),
    ];
    for ((what, of), pair) in what.iter().zip(counts.windows(2)) {
        if let [before, after] = pair {
            let rows = f64::from((after.0 - before.0) as u32) / f64::from(*of);
            let entries = f64::from((after.1 - before.1).max(0) as u32) / f64::from(*of);
            println!("{what}: {rows:.3} rows and {entries:.3} new index entries");
        }
    }
    println!("(to recur: the changed due time is a changed index entry, which is one more)");
    Ok(())
}

fn tick(now: i64) -> Tick {
    let entropy = (now as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Tick { now, entropy }
}

fn run(
    engine: &mut Engine<Bulk>,
    now: i64,
    steps: BulkContinuation<'static, ()>,
) -> Result<(), Box<dyn Error>> {
    let program = steps.into_steps().encode()?;
    let request = Mail::Request(Request {
        token: 0,
        program,
        call: None,
    });
    match engine.turn(tick(now), Event::Mail(vec![request])).pop() {
        Some(Effect::Reply(reply)) => Ok(reply.answer.map(drop)?),
        _ => Err("no reply".into()),
    }
}

/// The rows that were ever changed, and the entries that the indexes of the queue have.
fn count(database: &Sqlite) -> Result<(i64, i64), SqlError> {
    let mut read = Ok(Vec::new());
    database.transaction(&mut || {
        read = database.query(
            "SELECT total_changes(), count(*) + count(name) FROM lumenize_queue",
            &[],
        );
        End::Rollback
    })?;
    let mut numbers = read?.into_iter().flatten().map(|value| match value {
        SqlValue::Integer(number) => number,
        _ => 0,
    });
    Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
}
