//! 1,000 objects on the native host, each with one alarm at the same second: how late they ring, against
//! the time that as many bare SQLite files take to delete a row each and have it on disk, with as many
//! threads: `cargo bench -p lumenize-benches --bench lateness`.

use lumenize::native::Host;
use lumenize_benches::alarms::{Bulk, now, quantile, rang, timed};
use rusqlite::Connection;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

const OBJECTS: usize = 1_000;
/// How long after the start they are due: all must be there by then.
const AHEAD_MS: i64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?.register::<Bulk>().start()?;
    // All objects are made and have rung once.
    add(&host, now())?;
    rang(OBJECTS);
    let due = (now() + AHEAD_MS) / 1_000 * 1_000;
    add(&host, due)?;
    if now() >= due {
        return Err("the machine is too slow: they were due before all were there".into());
    }
    let rang = rang(OBJECTS);
    host.shutdown()?;

    let bare = tempfile::tempdir()?;
    let mut files = (0..OBJECTS)
        .map(|file| open(&bare.path().join(format!("{file}.sqlite"))))
        .collect::<Result<Vec<_>, _>>()?;
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    write(&mut files, threads, "INSERT INTO queue VALUES (x'02', 2)")?;
    let (bare, deleted) =
        timed(|| write(&mut files, threads, "DELETE FROM queue WHERE id = x'02'"));
    deleted?;

    let [half, most, last] = [0.5, 0.99, 1.0].map(|part| quantile(&rang, part));
    let ratio = |late: Duration, share: f64| late.as_secs_f64() / (bare.as_secs_f64() * share);
    println!("late: p50 {half:?}, p99 {most:?}, the last {last:?}");
    println!(
        "bare: {OBJECTS} commits from {threads} threads in {bare:?}, {:?} each",
        bare * threads as u32 / OBJECTS as u32
    );
    println!(
        "late / bare so far: p50 {:.2}, p99 {:.2}",
        ratio(half, 0.5),
        ratio(most, 0.99)
    );
    Ok(())
}

/// Adds one alarm to each object.
fn add(host: &Host, due: i64) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut adding = tokio::task::JoinSet::new();
        for object in 0..OBJECTS {
            let object = host.object::<Bulk>(object.to_string());
            adding.spawn(async move { object.run(Bulk::c().add(1, due)).await });
        }
        while let Some(added) = adding.join_next().await {
            added??;
        }
        Ok(())
    })
}

/// A file with a row.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         BEGIN;
         CREATE TABLE queue (id BLOB NOT NULL PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
         CREATE INDEX queue_due ON queue (due, id);
         INSERT INTO queue VALUES (x'01', 1);
         COMMIT;",
    )?;
    Ok(connection)
}

/// One commit in each file.
fn write(files: &mut [Connection], threads: usize, sql: &str) -> rusqlite::Result<()> {
    let share = files.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = files
            .chunks_mut(share)
            .map(|files| {
                let mut files = files.iter_mut();
                scope.spawn(move || files.try_for_each(|file| file.execute(sql, []).map(drop)))
            })
            .collect();
        // A thread of ours does not panic.
        let ends = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or(Ok(())));
        ends.collect()
    })
}
