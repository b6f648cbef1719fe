//! The embedded host as one that runs for long: what it keeps open, what it refuses, how it ends, and
//! what it does when the disk fails.

use lumenize::native::{Durability, Host, HostBuilder, HostError, Stats};
use lumenize::prelude::*;
use lumenize::{CallError, Outcome};
use lumenize_tests::gate::{self, Gate};
use lumenize_tests::planner::{Moment, Planner, Task};
use lumenize_tests::{At, Job, Lab};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

const LONG: Duration = Duration::from_secs(3_600);

fn builder(directory: &Path) -> HostBuilder {
    Host::open(directory)
        .unwrap()
        .register::<Lab>()
        .register::<Gate>()
}

/// Waits until the statistics are as they should be, at most thirty seconds.
async fn settled(host: &Host, settled: impl Fn(&Stats) -> bool) -> Stats {
    let begin = Instant::now();
    loop {
        let stats = host.stats().unwrap();
        if settled(&stats) {
            return stats;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{stats:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until the log of an object is this, at most thirty seconds.
async fn logged(host: &Host, name: &str, lines: &[&str]) {
    let begin = Instant::now();
    loop {
        let log = host.object::<Lab>(name).run(Lab::c().log()).await;
        if matches!(&log, Ok(log) if log == lines) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{log:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

/// Whether the index has an object marked as loaded, and when it must wake.
fn indexed(directory: &Path, name: &str) -> (i64, Option<i64>) {
    let index = rusqlite::Connection::open(directory.join("lumenize.sqlite")).unwrap();
    index.busy_timeout(Duration::from_secs(5)).unwrap();
    let row = "SELECT loaded, wake FROM objects WHERE name = ?1";
    index
        .query_row(row, [name], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

/// The files below a directory whose names end like this.
fn files(directory: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

fn victim(directory: &Path, task: &[&str]) -> (Child, String) {
    let mut victim = Command::new(env!("CARGO_BIN_EXE_host-victim"))
        .arg(directory)
        .args(task)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = String::new();
    let mut output = BufReader::new(victim.stdout.take().unwrap());
    output.read_line(&mut word).unwrap();
    (victim, word.trim().to_owned())
}

fn not_executed(error: &CallError, reason: &str) {
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(error.to_string().contains(reason), "{error}");
}

#[tokio::test]
async fn what_is_idle_is_unloaded_and_wakes_at_its_time() {
    let near = Duration::from_millis(50);
    // With alarms in memory, and with alarms that the index alone knows until shortly before.
    tokio::join!(
        idle(Durability::Full, LONG),
        idle(Durability::Full, near),
        idle(Durability::Normal, LONG),
        idle(Durability::Normal, near),
    );
}

async fn idle(durability: Durability, look_ahead: Duration) {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path())
        .idle_after(Duration::from_millis(1))
        .look_ahead(look_ahead)
        .durability(durability)
        .start()
        .unwrap();
    let lab = host.object::<Lab>("main");
    let due = SystemTime::now() + Duration::from_secs(3);
    lab.run(Lab::c().schedule(At::Date(due.into()), log("rang")))
        .await
        .unwrap();
    let due = lab.pending().await.unwrap()[0].due.timestamp_millis();
    let before = settled(&host, |stats| (stats.loaded, stats.wakes) == (0, 1)).await;
    assert_eq!(indexed(directory.path(), "main"), (0, Some(due)));
    // SQLite removes the log of a database that is closed.
    assert_eq!(files(&directory.path().join("Lab"), "-wal").len(), 0);
    // Nobody asks it.
    let after = settled(&host, |stats| {
        stats.opened > before.opened && stats.wakes == 0 && stats.loaded == 0
    })
    .await;
    assert_eq!(after.opened, before.opened + 1, "it was loaded once");
    assert_eq!(indexed(directory.path(), "main"), (0, None));
    logged(&host, "main", &["rang"]).await;
}

#[tokio::test]
async fn beyond_the_limit_the_least_recently_used_is_unloaded() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path())
        .idle_after(LONG)
        .max_loaded(8)
        .threads(2)
        .start()
        .unwrap();
    for number in 0..100 {
        for name in ["often", &number.to_string()] {
            let lab = host.object::<Lab>(name);
            lab.run(Lab::c().count(number)).await.unwrap();
        }
        // One that a thread is about to give back is not idle yet.
        assert!(host.stats().unwrap().loaded <= 10);
    }
    let stats = settled(&host, |stats| stats.loaded <= 8).await;
    assert_eq!(stats.opened, 101, "what is used often stays");
    for number in 0..100 {
        let line = format!("count({number})");
        logged(&host, &number.to_string(), &[&line]).await;
    }
}

#[tokio::test]
async fn what_runs_or_has_mail_is_not_unloaded() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path())
        .idle_after(Duration::ZERO)
        .max_loaded(0)
        .threads(2)
        .start()
        .unwrap();
    let busy = host.object::<Gate>("busy");
    let mut waiting = tokio::task::JoinSet::new();
    let first = busy.clone();
    waiting.spawn(async move { first.run(Gate::c().pass()).await.unwrap() });
    // While it runs, nobody takes what waits.
    settled(&host, |stats| (stats.loaded, stats.waiting) == (1, 0)).await;
    for _ in 0..199 {
        let busy = busy.clone();
        waiting.spawn(async move { busy.run(Gate::c().pass()).await.unwrap() });
    }
    settled(&host, |stats| stats.waiting == 199).await;
    for number in 0..20 {
        let lab = host.object::<Lab>(number.to_string());
        lab.run(Lab::c().count(number)).await.unwrap();
    }
    gate::open("busy");
    let mut passed = waiting.join_all().await;
    passed.sort_unstable();
    assert_eq!(passed, (1..=200).collect::<Vec<_>>(), "its memory was kept");
    settled(&host, |stats| stats.loaded == 0).await;
    assert_eq!(busy.run(Gate::c().passed()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_object_whose_drop_panics_is_unloaded_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path())
        .idle_after(Duration::ZERO)
        .start()
        .unwrap();
    let name = "panics when dropped";
    gate::open(name);
    for _ in 0..3 {
        let gate = host.object::<Gate>(name);
        assert_eq!(gate.run(Gate::c().pass()).await.unwrap(), 1);
        settled(&host, |stats| stats.loaded == 0).await;
    }
    host.shutdown().unwrap();
}

#[tokio::test]
async fn reading_what_does_not_exist_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).idle_after(LONG).start().unwrap();
    for number in 0..100 {
        let lab = host.object::<Lab>(number.to_string());
        assert_eq!(lab.run(Lab::c().log()).await.unwrap(), [""; 0]);
        assert_eq!(lab.pending().await.unwrap(), []);
    }
    let stats = host.stats().unwrap();
    assert_eq!((stats.loaded, stats.opened, stats.wakes), (0, 0, 0));
    assert!(!directory.path().join("Lab").exists());
}

/// By a caller, and by an alarm, which finds it loaded or opens it; with mail behind it, that makes a fresh
/// one.
#[tokio::test]
async fn the_file_of_what_is_destroyed_goes_unless_it_is_written_to_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let host = builder(path)
        .register::<Planner>()
        .idle_after(Duration::from_millis(50))
        .start()
        .unwrap();
    let planner = |name| host.object::<Planner>(name);
    let exist = || files(path, ".sqlite").len() - 1;

    planner("a")
        .run(Planner::c().run(Task::Log("a".into())))
        .await
        .unwrap();
    assert_eq!(exist(), 1);
    planner("a").run(Planner::c().destroy()).await.unwrap();
    settled(&host, |stats| stats.loaded == 0).await;
    assert_eq!(
        (exist(), files(path, "-wal").len()),
        (0, 1),
        "that of the index"
    );

    for ms in [0, 400] {
        let destroy = Planner::c().plan(None, Moment::After(ms), Task::Destroy);
        planner("b").run(destroy).await.unwrap();
        let begin = Instant::now();
        while exist() > 0 {
            assert!(begin.elapsed() < Duration::from_secs(30), "{ms}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    let c = planner("c");
    let log = |line: &str| Planner::c().run(Task::Log(line.to_owned()));
    let (_, _, again) = tokio::join!(
        c.run(log("before")),
        c.run(Planner::c().destroy()),
        c.run(log("again")),
    );
    again.unwrap();
    assert_eq!(c.run(Planner::c().log()).await.unwrap(), ["again"]);
    settled(&host, |stats| stats.loaded == 0).await;
    assert_eq!(c.run(Planner::c().log()).await.unwrap(), ["again"]);
    assert_eq!(exist(), 1);
    host.shutdown().unwrap();
}

#[test]
fn another_process_is_kept_out_until_the_first_ends_however_it_does() {
    let directory = tempfile::tempdir().unwrap();
    let (mut holder, word) = victim(directory.path(), &["hold"]);
    assert_eq!(word, "held");
    let error = Host::open(directory.path()).err().unwrap();
    assert!(matches!(&error, HostError::InUse { path } if path == directory.path()));
    assert!(error.to_string().contains("in use by another host"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    builder(directory.path()).start().unwrap();
}

/// A child that was forked and has not executed its program yet has all files of its parent open.
#[test]
fn a_directory_is_given_back_while_other_threads_start_processes() {
    let directory = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let mut child = Command::new(env!("CARGO_BIN_EXE_host-victim"));
                    let _ = child.stderr(Stdio::null()).status();
                }
            });
        }
        let refused = (0..200).filter(|_| {
            let host = Host::open(directory.path()).and_then(HostBuilder::start);
            host.is_err()
        });
        let refused = refused.count();
        done.store(true, Ordering::Relaxed);
        assert_eq!(refused, 0);
    });
}

#[tokio::test]
async fn after_a_kill_only_what_was_loaded_is_opened() {
    const CROWD: u64 = 10_000;
    // In memory if there is such a place: it is the number that matters here.
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let directory = directory.unwrap();
    let crowd = CROWD.to_string();
    let (mut holder, word) = victim(directory.path(), &["crowd", &crowd]);
    assert_eq!(word, "gathered");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let marked = {
        let index = rusqlite::Connection::open(directory.path().join("lumenize.sqlite")).unwrap();
        let count = "SELECT count(*) FROM objects WHERE loaded <> 0";
        index.query_row(count, [], |row| row.get::<_, i64>(0))
    };
    let marked = u64::try_from(marked.unwrap()).unwrap();
    assert!((1..100).contains(&marked), "{marked} were loaded");
    let host = builder(directory.path()).start().unwrap();
    let settled = settled(&host, |stats| stats.opened >= marked).await;
    assert_eq!(settled.opened, marked);
    host.shutdown().unwrap();

    let host = builder(directory.path()).start().unwrap();
    let stats = host.stats().unwrap();
    assert_eq!((stats.opened, stats.wakes), (0, CROWD), "all ended well");
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_rest_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).threads(2).start().unwrap();
    let gate = host.object::<Gate>("full");
    let first = tokio::spawn({
        let gate = gate.clone();
        async move { gate.run(Gate::c().pass()).await }
    });
    settled(&host, |stats| stats.loaded == 1 && stats.waiting == 0).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let gate = gate.clone();
        waiting.spawn(async move { gate.run(Gate::c().pass()).await });
    }
    settled(&host, |stats| stats.waiting == 10_000).await;
    not_executed(&gate.run(Gate::c().pass()).await.unwrap_err(), "overloaded");
    not_executed(&gate.pending().await.unwrap_err(), "overloaded");
    // It is one object's matter.
    logged(&host, "beside", &[]).await;
    gate::open("full");
    assert_eq!(first.await.unwrap(), Ok(1));
    let passed: Result<Vec<u32>, _> = waiting.join_all().await.into_iter().collect();
    assert_eq!(passed.unwrap().into_iter().max(), Some(10_001));
    assert_eq!(gate.run(Gate::c().pass()).await, Ok(10_002));
}

#[tokio::test]
async fn what_waits_is_bounded_in_bytes_too() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path()).unwrap().register::<Large>();
    let host = host.threads(2).start().unwrap();
    let large = host.object::<Large>("large");
    let mut waiting = tokio::task::JoinSet::new();
    let first = large.clone();
    waiting.spawn(async move { first.run(Large::c().pass(Vec::new())).await });
    // While it runs, nobody takes what waits.
    settled(&host, |stats| (stats.opened, stats.waiting) == (1, 0)).await;
    for _ in 0..80 {
        let large = large.clone();
        let bytes = Large::c().pass(vec![0; 1_000_000]);
        waiting.spawn(async move { large.run(bytes).await });
    }
    let mut refused = 0;
    while let Some(done) = waiting.join_next().await {
        match done.unwrap() {
            Ok(()) => {}
            Err(error) => {
                not_executed(&error, "overloaded");
                refused += 1;
            }
        }
        // The first to be answered are those that are refused.
        gate::open("large");
    }
    assert!((1..=80 - 64).contains(&refused), "{refused} were refused");
}

/// An object that waits with much in its hands.
pub struct Large {
    svc: Services<Self>,
}

#[durable_object]
impl Large {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Waits until the gate is open.
    pub fn pass(&mut self, _bytes: &[u8]) {
        gate::wait(self.svc.name());
    }
}

#[tokio::test]
async fn a_shutdown_answers_what_was_asked_refuses_the_rest_and_leaves_all_clean() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let lab = host.object::<Lab>("sleeper");
    lab.run(Lab::c().schedule(At::After(3_600_000), log("later")))
        .await
        .unwrap();
    let due = lab.pending().await.unwrap()[0].due.timestamp_millis();
    let gate = host.object::<Gate>("shutdown");
    let mut waiting = tokio::task::JoinSet::new();
    let first = gate.clone();
    waiting.spawn(async move { first.run(Gate::c().pass()).await });
    // While it runs, nobody takes what waits.
    settled(&host, |stats| (stats.opened, stats.waiting) == (2, 0)).await;
    for _ in 0..99 {
        let gate = gate.clone();
        waiting.spawn(async move { gate.run(Gate::c().pass()).await });
    }
    settled(&host, |stats| stats.waiting == 99).await;
    let shutdown = std::thread::spawn(move || host.shutdown());
    let error = loop {
        match lab.run(Lab::c().log()).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    not_executed(&error, "the host has stopped");
    assert!(!shutdown.is_finished(), "a handler runs");
    // Until it has ended, the directory is not given away.
    assert!(Host::open(directory.path()).is_err());
    gate::open("shutdown");
    let passed: Result<Vec<u32>, _> = waiting.join_all().await.into_iter().collect();
    assert_eq!(passed.unwrap().len(), 100);
    shutdown.join().unwrap().unwrap();
    assert_eq!(indexed(directory.path(), "sleeper"), (0, Some(due)));
    assert_eq!(indexed(directory.path(), "shutdown"), (0, None));
    assert_eq!(files(directory.path(), "-wal").len(), 0);
    assert_eq!(files(directory.path(), "-shm").len(), 0);
    not_executed(&gate.run(Gate::c().pass()).await.unwrap_err(), "stopped");
}

static OWN_HOST: Mutex<Option<Host>> = Mutex::new(None);

/// An object that drops its own host.
pub struct Suicidal;

#[durable_object]
impl Suicidal {
    /// Nothing is read.
    pub fn new(_svc: Services<Self>) -> Self {
        Self
    }

    /// Drops it.
    pub fn drop_host(&mut self) {
        drop(OWN_HOST.lock().unwrap().take());
    }
}

#[tokio::test]
async fn a_handler_may_drop_its_own_host() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path())
        .unwrap()
        .register::<Suicidal>()
        .start()
        .unwrap();
    let object = host.object::<Suicidal>("main");
    *OWN_HOST.lock().unwrap() = Some(host);
    object.run(Suicidal::c().drop_host()).await.unwrap();
    drop(object);
    let begin = Instant::now();
    while Host::open(directory.path()).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn an_object_that_can_not_be_opened_is_unreachable_until_it_can() {
    let directory = tempfile::tempdir().unwrap();
    let host = builder(directory.path()).start().unwrap();
    let lab = host.object::<Lab>("main");
    // Where its directory should be there is a file: true for every user.
    fs::write(directory.path().join("Lab"), "in the way").unwrap();
    for _ in 0..3 {
        not_executed(&lab.run(Lab::c().count(1)).await.unwrap_err(), "Lab");
        // That it can't be told whether it exists must not be taken for that it does not.
        not_executed(&lab.run(Lab::c().log()).await.unwrap_err(), "Lab");
        not_executed(&lab.pending().await.unwrap_err(), "Lab");
    }
    assert_eq!(host.stats().unwrap().loaded, 0);
    fs::remove_file(directory.path().join("Lab")).unwrap();
    assert_eq!(lab.run(Lab::c().count(2)).await.unwrap(), 2);
    logged(&host, "main", &["count(2)"]).await;
}

#[tokio::test]
async fn a_damaged_file_concerns_its_object_alone_and_its_alarm_rings_once_it_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let due = DateTime::<Utc>::from(SystemTime::now()) + Duration::from_millis(200);
    let before = builder(directory.path()).start().unwrap();
    let lab = before.object::<Lab>("main");
    lab.run(Lab::c().schedule(At::Date(due), log("rang")))
        .await
        .unwrap();
    before.shutdown().unwrap();
    let [database] = &files(&directory.path().join("Lab"), ".sqlite")[..] else {
        panic!("one database");
    };
    let whole = fs::read(database).unwrap();
    fs::write(
        database,
        "this is no database, and longer than the header of one: ".repeat(20),
    )
    .unwrap();

    let host = builder(directory.path()).start().unwrap();
    let lab = host.object::<Lab>("main");
    while SystemTime::now() < SystemTime::from(due) {
        not_executed(
            &lab.run(Lab::c().count(1)).await.unwrap_err(),
            "not a database",
        );
    }
    host.object::<Lab>("beside")
        .run(Lab::c().count(1))
        .await
        .unwrap();
    assert_eq!(host.stats().unwrap().loaded, 1);
    fs::write(database, whole).unwrap();
    // Nobody asks it.
    let begin = Instant::now();
    while host.stats().unwrap().wakes > 0 || host.stats().unwrap().loaded < 2 {
        assert!(begin.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    logged(&host, "main", &["rang"]).await;
}

/// A process whose files can't grow beyond 256 KiB, until it takes the limit back itself.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_costs_no_attempt_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    // A process whose file can't grow gets a signal, unless that is ignored: then an error.
    let limited = "trap '' XFSZ; ulimit -S -f 512; exec \"$0\" \"$@\"";
    let status = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_host-victim")])
        .arg(directory.path())
        .arg("starve")
        .status()
        .unwrap();
    assert!(status.success());
}
