//! Durable calls between two objects of the embedded host, all on disk (`synchronous = FULL`):
//! `cargo bench -p lumenize-benches --bench calls`.
//!
//! - one after another, from the request to the handled answer, against bare SQLite that makes the three
//!   commits that are needed at least: the caller's outbox, the callee's effect with its inbox, the removal;
//! - 64 in flight against one after another: commits are shared;
//! - a call that only reads: how many commits the callee makes.

use lumenize::native::{Host, ObjectRef};
use lumenize::prelude::*;
use lumenize_benches::waiting::{median, ratio, told, wait_for};
use rusqlite::{Connection, params};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const ROUNDS: usize = 5;
const CALLS: u64 = 300;
const IN_FLIGHT: u64 = 64;

/// An object that calls.
pub struct Asker {
    svc: Services<Self>,
}

#[durable_object]
impl Asker {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Has the other one keep a number.
    pub fn ask(&mut self, number: u64) -> Result<()> {
        self.svc
            .call("teller", Teller::c().tell(number))
            .on_success(|number| Self::c().told(number))
            .send()?;
        Ok(())
    }

    /// Has the other one say it.
    pub fn ask_what_was_told(&mut self, number: u64) -> Result<()> {
        self.svc
            .call("teller", Teller::c().last(number))
            .on_success(|number| Self::c().told(number))
            .send()?;
        Ok(())
    }

    fn told(&mut self, number: u64) {
        told(number);
    }
}

/// An object that is called.
pub struct Teller {
    svc: Services<Self>,
}

#[durable_object]
impl Teller {
    /// Makes its table.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS told (number INTEGER NOT NULL)",
            (),
        )?;
        Ok(Self { svc })
    }

    /// Keeps it.
    pub fn tell(&mut self, number: u64) -> Result<u64> {
        self.svc.execute("INSERT INTO told VALUES (?)", (number,))?;
        Ok(number)
    }

    /// Says it.
    pub fn last(&self, number: u64) -> u64 {
        number
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()?;
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?
        .register::<Asker>()
        .register::<Teller>()
        .start()?;
    let asker = host.object::<Asker>("asker");
    let bare = tempfile::tempdir()?;
    let mut bare = Bare::open(bare.path())?;
    runtime.block_on(one_by_one(&asker, 0, 20))?;

    let (mut calls, mut commits, mut flown) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS as u64 {
        let first = round * 10_000;
        let begin = Instant::now();
        runtime.block_on(one_by_one(&asker, first, CALLS))?;
        calls.push(begin.elapsed());
        let begin = Instant::now();
        for number in 0..CALLS {
            bare.call(first + number)?;
        }
        commits.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(in_flight(&asker, first + CALLS, CALLS * 10))?;
        flown.push(begin.elapsed() / 10);
    }
    let [calls, commits, flown] = [calls, commits, flown].map(median);
    println!(
        "one after another: {calls:?}, the bare commits {commits:?}: {:.2}",
        ratio(calls, commits)
    );
    println!(
        "{IN_FLIGHT} in flight: {flown:?}, {:.1} times the rate",
        ratio(calls, flown)
    );

    let teller = only_file(&directory.path().join("Teller"))?;
    let watching = Connection::open(teller)?;
    let version = || watching.query_row("PRAGMA data_version", (), |row| row.get::<_, i64>(0));
    // What is acknowledged lazily is over.
    std::thread::sleep(Duration::from_millis(1_500));
    let before = version()?;
    runtime.block_on(async {
        for number in 0..CALLS {
            let heard = wait_for(number);
            asker.run(Asker::c().ask_what_was_told(number)).await?;
            heard.await?;
        }
        Ok::<(), Box<dyn Error>>(())
    })?;
    println!(
        "{CALLS} calls that read: the callee's file has changed: {}",
        version()? != before
    );
    Ok(host.shutdown()?)
}

async fn one_by_one(
    asker: &ObjectRef<Asker>,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + count {
        let heard = wait_for(number);
        asker.run(Asker::c().ask(number)).await?;
        heard.await?;
    }
    Ok(())
}

async fn in_flight(asker: &ObjectRef<Asker>, first: u64, count: u64) -> Result<(), Box<dyn Error>> {
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..IN_FLIGHT {
        let asker = asker.clone();
        let share = count / IN_FLIGHT + u64::from(task < count % IN_FLIGHT);
        tasks.spawn(async move {
            let first = first + task * 1_000_000;
            let done = one_by_one(&asker, first, share).await;
            done.map_err(|error| error.to_string())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn only_file(directory: &Path) -> Result<std::path::PathBuf, Box<dyn Error>> {
    let mut files = std::fs::read_dir(directory)?.filter_map(Result::ok);
    let file = files.find(|file| file.path().extension().is_some_and(|end| end == "sqlite"));
    Ok(file.ok_or("no file of the object")?.path())
}

/// Two databases with the same tables, and nothing around them.
struct Bare {
    caller: Connection,
    callee: Connection,
}

impl Bare {
    fn open(directory: &Path) -> rusqlite::Result<Self> {
        let open = |name: &str, tables: &str| {
            let connection = Connection::open(directory.join(name))?;
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
            connection.execute_batch(tables)?;
            Ok::<_, rusqlite::Error>(connection)
        };
        Ok(Self {
            caller: open(
                "caller.sqlite",
                "CREATE TABLE outbox (id BLOB NOT NULL PRIMARY KEY, due INTEGER NOT NULL,
                    kind INTEGER NOT NULL, program BLOB NOT NULL, detail BLOB NOT NULL) WITHOUT ROWID;
                CREATE INDEX outbox_due ON outbox (due, id);",
            )?,
            callee: open(
                "callee.sqlite",
                "CREATE TABLE told (number INTEGER NOT NULL);
                CREATE TABLE inbox (id BLOB NOT NULL PRIMARY KEY, deadline INTEGER NOT NULL,
                    answer BLOB) WITHOUT ROWID;
                CREATE INDEX inbox_deadline ON inbox (deadline);",
            )?,
        })
    }

    fn call(&mut self, number: u64) -> rusqlite::Result<()> {
        let id = u128::from(number).to_be_bytes();
        let number = number as i64;
        self.caller
            .prepare_cached("INSERT INTO outbox VALUES (?1, ?2, 3, ?3, ?4)")?
            .execute(params![id, number, [0_u8; 120], [0_u8; 12]])?;
        let transaction = self.callee.transaction()?;
        transaction
            .prepare_cached("INSERT INTO told VALUES (?1)")?
            .execute([number])?;
        transaction
            .prepare_cached("INSERT INTO inbox VALUES (?1, ?2, ?3)")?
            .execute(params![id, number, [0_u8; 12]])?;
        transaction.commit()?;
        self.caller
            .prepare_cached("DELETE FROM outbox WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}
