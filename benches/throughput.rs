//! 10,000 schedules added to one object and fired, all on disk (`synchronous = FULL`), against bare
//! SQLite that inserts and deletes the same rows in as many commits:
//! `cargo bench -p lumenize-benches --bench throughput`.

use lumenize::native::{Host, ObjectRef};
use lumenize_benches::alarms::{Bulk, count_turns, now, rang, timed, turns};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

const ROWS: u32 = 10_000;
const ROUNDS: u32 = 3;
/// How long after the start they are due: all must be there by then.
const AHEAD_MS: i64 = 4_000;

/// So many tasks, each of which sends one request after another, each of which adds so many.
struct Way {
    name: &'static str,
    tasks: u32,
    each: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    count_turns();
    let ways = [
        ("10 requests of 1,000, one after another", 1, 1_000),
        ("10,000 requests from 64 tasks", 64, 1),
    ];
    for (name, tasks, each) in ways {
        for _ in 0..ROUNDS {
            measure(&Way { name, tasks, each })?;
        }
    }
    Ok(())
}

fn measure(way: &Way) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?.register::<Bulk>().start()?;
    let object = host.object::<Bulk>("main");
    // The object exists, and what a request adds has been seen.
    block_on(object.run(Bulk::c().add(1, now())))??;
    rang(1);
    block_on(object.run(Bulk::c().idle()))??;
    turns();

    let due = now() + AHEAD_MS;
    let (adding, added) = timed(|| block_on(add(&object, way, due)));
    added??;
    let add_commits = turns();
    let (table, rows) = read(directory.path())?;
    if now() >= due {
        return Err("the machine is too slow: they were due before all were there".into());
    }

    rang(ROWS as usize);
    // It is answered after the last commit.
    block_on(object.run(Bulk::c().idle()))??;
    let firing = Duration::from_millis((now() - due).unsigned_abs());
    let fire_commits = turns();
    host.shutdown()?;

    let bare = tempfile::tempdir()?;
    let mut bare = Bare::open(&bare.path().join("bare.sqlite"), &table)?;
    let (inserting, inserted) = timed(|| bare.insert(&rows, add_commits));
    inserted?;
    let (deleting, deleted) = timed(|| bare.delete(&rows, fire_commits));
    deleted?;

    println!("{}:", way.name);
    print("added", adding, inserting, add_commits);
    print("fired", firing, deleting, fire_commits);
    print(
        "both",
        adding + firing,
        inserting + deleting,
        add_commits + fire_commits,
    );
    Ok(())
}

fn print(what: &str, ours: Duration, bare: Duration, commits: u64) {
    let rate = |time: Duration| f64::from(ROWS) / time.as_secs_f64();
    println!(
        "  {what}: {:.0} rows/s in {commits} commits, bare {:.0} rows/s: {:.2}",
        rate(ours),
        rate(bare),
        bare.as_secs_f64() / ours.as_secs_f64(),
    );
}

async fn add(object: &ObjectRef<Bulk>, way: &Way, due: i64) -> Result<(), Box<dyn Error>> {
    let mut tasks = tokio::task::JoinSet::new();
    let requests = ROWS / way.each;
    let each = way.each;
    for task in 0..way.tasks {
        let object = object.clone();
        let requests = requests / way.tasks + u32::from(task < requests % way.tasks);
        tasks.spawn(async move {
            for _ in 0..requests {
                object.run(Bulk::c().add(each, due)).await?;
            }
            Ok::<(), lumenize::CallError>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(future))
}

type Row = Vec<Value>;

/// The statements that make the object's queue, and its rows.
fn read(directory: &Path) -> Result<(String, Vec<Row>), Box<dyn Error>> {
    let mut files = std::fs::read_dir(directory.join("Bulk"))?.filter_map(Result::ok);
    let file = files.find(|file| file.path().extension().is_some_and(|end| end == "sqlite"));
    let connection = Connection::open(file.ok_or("no file of the object")?.path())?;
    let table: String = connection.query_row(
        "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE tbl_name = 'lumenize_queue'",
        [],
        |row| row.get(0),
    )?;
    let mut statement = connection.prepare("SELECT * FROM lumenize_queue ORDER BY due, id")?;
    let width = statement.column_count();
    let rows = statement
        .query_map([], |row| (0..width).map(|column| row.get(column)).collect())?
        .collect::<Result<Vec<Row>, _>>()?;
    match rows.len() {
        len if len == ROWS as usize => Ok((table, rows)),
        len => Err(format!("{len} rows are pending").into()),
    }
}

/// SQLite with the same table and nothing around it.
struct Bare(Connection);

impl Bare {
    fn open(path: &Path, table: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        connection.execute_batch(table)?;
        Ok(Self(connection))
    }

    fn insert(&mut self, rows: &[Row], commits: u64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO lumenize_queue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.commit(rows, commits, sql, 9)
    }

    fn delete(&mut self, rows: &[Row], commits: u64) -> rusqlite::Result<()> {
        self.commit(rows, commits, "DELETE FROM lumenize_queue WHERE id = ?1", 1)
    }

    fn commit(
        &mut self,
        rows: &[Row],
        commits: u64,
        sql: &str,
        params: usize,
    ) -> rusqlite::Result<()> {
        for share in rows.chunks(rows.len().div_ceil(commits as usize)) {
            let transaction = self.0.transaction()?;
            for row in share {
                transaction
                    .prepare_cached(sql)?
                    .execute(params_from_iter(row.iter().take(params)))?;
            }
            transaction.commit()?;
        }
        Ok(())
    }
}
