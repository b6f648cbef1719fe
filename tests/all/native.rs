//! The embedded host: real files, real time, real kills.

use lumenize::RetryPolicy;
use lumenize::native::{Host, HostError};
use lumenize_tests::{At, Death, Job, Lab};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// How often the process is killed: 20 times unless `LUMENIZE_KILLS` says otherwise.
pub(crate) fn kills() -> u32 {
    match std::env::var("LUMENIZE_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 20,
    }
}

/// Lets a program run for so long, kills it as `kill -9` does, and says which lines it printed.
pub(crate) fn killed(program: &mut Command, after: Duration) -> Vec<String> {
    let mut victim = program.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap());
    let reader = std::thread::spawn(move || lines.lines().map_while(Result::ok).collect());
    std::thread::sleep(after);
    victim.kill().unwrap();
    victim.wait().unwrap();
    reader.join().unwrap()
}

/// With it, a victim unloads objects all the while, and does not sync their commits.
const TIGHT: (&str, &str) = ("LUMENIZE_TIGHT", "1");

fn host(directory: &Path) -> Host {
    Host::open(directory)
        .unwrap()
        .register::<Lab>()
        .start()
        .unwrap()
}

/// Asks until `done`, at most ten seconds.
async fn until(host: &Host, name: &str, done: impl Fn(&[String]) -> bool) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let log = host.object::<Lab>(name).run(Lab::c().log()).await.unwrap();
        if done(&log) || begin.elapsed() > Duration::from_secs(10) {
            return log;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn results_are_typed_and_alarms_ring() {
    let directory = tempfile::tempdir().unwrap();
    let host = host(directory.path());
    let lab = host.object::<Lab>("main");
    let sum: u32 = lab.run(Lab::c().two(Lab::c().count(4), 2)).await.unwrap();
    assert_eq!(sum, 42);
    lab.run(Lab::c().schedule(At::After(20), Job::Log("rang".into())))
        .await
        .unwrap();
    let log = until(&host, "main", |log| log.len() == 3).await;
    assert_eq!(log, ["count(4)", "two(4, 2)", "rang"]);
    assert_eq!(lab.pending().await.unwrap(), []);
    host.shutdown().unwrap();
    let error = lab.run(Lab::c().log()).await.unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}

#[tokio::test]
async fn work_is_there_after_a_restart_and_rings_unasked() {
    let directory = tempfile::tempdir().unwrap();
    for dropped in [true, false] {
        let name = format!("Dropped {dropped}/..");
        let first = host(directory.path());
        let lab = first.object::<Lab>(&name);
        lab.run(Lab::c().schedule(At::After(150), Job::Log("rang".into())))
            .await
            .unwrap();
        if dropped {
            drop(first);
        } else {
            first.shutdown().unwrap();
        }
        let second = host(directory.path());
        let begin = Instant::now();
        // Nobody asks the object before its time.
        while begin.elapsed() < Duration::from_millis(300) {
            tokio::task::yield_now().await;
        }
        let log = until(&second, &name, |log| !log.is_empty()).await;
        assert_eq!(log, ["rang"]);
    }
}

#[tokio::test]
async fn reading_makes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let host = host(directory.path());
    let lab = host.object::<Lab>("nobody");
    assert_eq!(lab.run(Lab::c().log()).await.unwrap(), [""; 0]);
    assert_eq!(lab.pending().await.unwrap(), []);
    assert!(!directory.path().join("Lab").exists());
    lab.run(Lab::c().count(1)).await.unwrap();
    let files = std::fs::read_dir(directory.path().join("Lab")).unwrap();
    let databases = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
    assert_eq!(databases.count(), 1);
}

#[tokio::test]
async fn reading_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let host = host(directory.path());
    let lab = host.object::<Lab>("main");
    lab.run(Lab::c().count(1)).await.unwrap();
    let written = || {
        let files = std::fs::read_dir(directory.path().join("Lab")).unwrap();
        let mut written: Vec<_> = files
            .map(|file| {
                let file = file.unwrap();
                (file.file_name(), std::fs::read(file.path()).unwrap())
            })
            .filter(|(name, _)| !name.to_string_lossy().ends_with("-shm"))
            .collect();
        written.sort();
        written
    };
    let before = written();
    for _ in 0..20 {
        lab.run(Lab::c().log()).await.unwrap();
        lab.pending().await.unwrap();
    }
    assert!(written() == before);
    lab.run(Lab::c().count(2)).await.unwrap();
    assert!(written() != before);
}

#[test]
fn a_directory_belongs_to_one_host_and_a_name_to_one_type() {
    mod other {
        use lumenize::prelude::*;
        pub struct Lab;
        #[durable_object]
        impl Lab {
            pub fn new(_svc: Services<Self>) -> Self {
                Self
            }
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let first = host(directory.path());
    assert!(matches!(
        Host::open(directory.path()),
        Err(HostError::InUse { .. })
    ));
    drop(first);
    let twice = Host::open(directory.path())
        .unwrap()
        .register::<Lab>()
        .register::<other::Lab>();
    assert!(matches!(
        twice.start(),
        Err(HostError::SameClass { class: "Lab" })
    ));
}

#[tokio::test]
async fn killed_at_any_moment_every_handler_ran_exactly_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let kills = kills();
    for round in 0..kills {
        let mut victim = Command::new(env!("CARGO_BIN_EXE_victim"));
        victim.arg(directory.path());
        victim.envs((round % 2 == 1).then_some(TIGHT));
        // Different every round, and different in each run as the machine is.
        let after = Duration::from_millis(40 + u64::from(round * 37 % 160));
        for line in killed(&mut victim, after) {
            let (lab, id) = line.split_once(' ').unwrap();
            acknowledged
                .entry(format!("lab {lab}"))
                .or_default()
                .push(id.to_owned());
        }
    }
    let total: usize = acknowledged.values().map(Vec::len).sum();
    assert!(total > kills as usize, "only {total} were scheduled");
    let host = host(directory.path());
    // Overdue work runs unasked: the files are read beside the host, and no object is asked.
    let begin = Instant::now();
    while waiting(directory.path()) > 0 && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(waiting(directory.path()), 0);
    for (name, scheduled) in acknowledged {
        let log = until(&host, &name, |log| {
            scheduled.iter().all(|id| log.contains(id))
        })
        .await;
        for id in &scheduled {
            let times = log.iter().filter(|line| *line == id).count();
            assert_eq!(times, 1, "{name}: {id}");
        }
        // What was committed and never acknowledged ran once too.
        let mut once = log.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), log.len());
        let lab = host.object::<Lab>(&name);
        assert_eq!(lab.failed().await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_ends_the_process_runs_out_of_attempts_and_takes_nothing_with_it() {
    for (death, env) in [
        (Death::Abort, None),
        (Death::Abort, Some(TIGHT)),
        (Death::Recurse, None),
        (Death::Allocate, Some(TIGHT)),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let before = host(directory.path());
        let lab = before.object::<Lab>("main");
        let twice = RetryPolicy::default()
            .attempts(2)
            .initial_delay(Duration::from_millis(20));
        let jobs = [
            Job::Log("1".into()),
            Job::Die(death, "2".into()),
            Job::Log("3".into()),
        ];
        let due =
            chrono::DateTime::<chrono::Utc>::from(SystemTime::now()) + Duration::from_millis(500);
        for job in jobs {
            lab.run(Lab::c().schedule_with(At::Date(due), job, twice))
                .await
                .unwrap();
        }
        before.shutdown().unwrap();

        let deaths = deaths(directory.path(), env.unwrap_or(("LUMENIZE_DEADLY", "")));
        // One unforeseen, then each of its attempts.
        assert_eq!(deaths, 3, "{death:?}");
        let after = host(directory.path());
        let lab = after.object::<Lab>("main");
        assert_eq!(lab.run(Lab::c().log()).await.unwrap(), ["1", "3"]);
        let failed = lab.failed().await.unwrap();
        assert_eq!((failed.len(), failed[0].attempts), (1, 2));
        assert_eq!(failed[0].why.code.as_deref(), Some("lumenize.interrupted"));
    }
}

/// Lets a process run what `main` has pending, again and again until it lives to the end, and says how
/// often it did not.
fn deaths(directory: &Path, (name, value): (&str, &str)) -> u32 {
    for deaths in 0..10 {
        let mut victim = Command::new(env!("CARGO_BIN_EXE_victim"))
            .args([directory.as_os_str(), "main".as_ref()])
            .env(name, value)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if victim.wait().unwrap().success() {
            return deaths;
        }
    }
    panic!("it dies for ever")
}

#[tokio::test]
async fn parked_work_whose_reading_ends_the_process_runs_out_of_attempts_too() {
    let directory = tempfile::tempdir().unwrap();
    let due = chrono::DateTime::<chrono::Utc>::from(SystemTime::now()) + Duration::from_millis(300);
    let before = host(directory.path());
    let lab = before.object::<Lab>("main");
    lab.run(Lab::c().schedule_deadly(due)).await.unwrap();
    lab.run(Lab::c().schedule(At::Date(due), Job::Log("beside".into())))
        .await
        .unwrap();
    before.shutdown().unwrap();

    assert_eq!(deaths(directory.path(), ("LUMENIZE_DEADLY", "refuse")), 0);
    let died = deaths(directory.path(), ("LUMENIZE_DEADLY", "die"));
    assert_eq!(died, 2, "once for each attempt");
    let after = host(directory.path());
    let lab = after.object::<Lab>("main");
    assert_eq!(lab.run(Lab::c().log()).await.unwrap(), ["beside"]);
    let failed = lab.failed().await.unwrap();
    assert_eq!(
        (failed.len(), failed[0].attempts, failed[0].parked),
        (1, 2, false)
    );
    assert_eq!(failed[0].why.code.as_deref(), Some("lumenize.interrupted"));
    // Harmless now.
    assert_eq!(lab.run(Lab::c().retry_failed()).await.unwrap(), 1);
    let log = until(&after, "main", |log| log.len() == 2).await;
    assert_eq!(log, ["beside", "deadly"]);
}

/// One object whose `new` ends the process must not end the host for ever.
#[tokio::test]
async fn an_object_whose_new_ends_the_process_does_not_end_the_host_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let due = chrono::DateTime::<chrono::Utc>::from(SystemTime::now()) + Duration::from_millis(300);
    let before = host(directory.path());
    let lab = before.object::<Lab>("main");
    lab.run(Lab::c().schedule_deadly(due)).await.unwrap();
    before.shutdown().unwrap();

    // One unforeseen, then one for each attempt.
    assert_eq!(deaths(directory.path(), ("LUMENIZE_DEADLY", "new")), 3);
    let after = host(directory.path());
    let lab = after.object::<Lab>("main");
    assert_eq!(lab.failed().await.unwrap()[0].attempts, 2);
    assert_eq!(lab.run(Lab::c().retry_failed()).await.unwrap(), 1);
    assert_eq!(
        until(&after, "main", |log| !log.is_empty()).await,
        ["deadly"]
    );
}

/// How many items are pending in all objects, by their files.
fn waiting(directory: &Path) -> i64 {
    let files = std::fs::read_dir(directory.join("Lab")).unwrap();
    let databases = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
    databases
        .map(|path| {
            let database = rusqlite::Connection::open(path).unwrap();
            database.busy_timeout(Duration::from_secs(1)).unwrap();
            let count = "SELECT count(*) FROM lumenize_queue";
            database
                .query_row(count, [], |row| row.get::<_, i64>(0))
                .unwrap()
        })
        .sum()
}

/// A type whose name was that of a file of the host's.
mod odd {
    use lumenize::prelude::*;

    #[allow(non_camel_case_types)]
    pub struct lock {
        svc: Services<Self>,
    }

    #[durable_object]
    impl lock {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn touch(&mut self) -> Result<()> {
            Ok(self.svc.put("touched", &true)?)
        }
    }
}

#[tokio::test]
async fn no_type_has_the_name_of_a_file_of_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path()).unwrap();
    let host = host.register::<odd::lock>().start().unwrap();
    let object = host.object::<odd::lock>("main");
    assert_eq!(object.run(odd::lock::c().touch()).await, Ok(()));
    // What is not a type's directory has a name that no type can have.
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(entry.path().is_dir() || name.contains('.'), "{name}");
    }
    host.shutdown().unwrap();
}
