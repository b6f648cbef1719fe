//! The end of objects, and what comes after it.

use crate::kills::kills;
use crate::server::Server;
use lumenize::RetryPolicy;
use lumenize_tests::{Ask, At, Job, Told};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};

fn run(server: &Server, name: &str, job: Job) {
    let told = server.lab(name, Ask::Do(job));
    assert!(matches!(told, Told::Done), "{told:?}");
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

fn schedule(server: &Server, name: &str, ms: u64, job: Job) {
    server.schedule(name, At::After(ms), job, RetryPolicy::default());
}

fn count(database: &Path, sql: &str) -> i64 {
    let database = Connection::open(database).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The database of the only object that there is, and the one in which workerd keeps the alarms.
fn databases(server: &Server) -> (std::path::PathBuf, std::path::PathBuf) {
    let is_metadata = |path: &std::path::PathBuf| path.ends_with("metadata.sqlite");
    let (metadata, objects): (Vec<_>, Vec<_>) =
        server.databases("lab").into_iter().partition(is_metadata);
    assert_eq!((objects.len(), metadata.len()), (1, 1), "{objects:?}");
    (objects[0].clone(), metadata[0].clone())
}

const TABLES: &str = "SELECT count(*) FROM sqlite_master";
const ALARMS: &str = "SELECT count(*) FROM _cf_ALARM";

#[test]
fn nothing_is_left_of_what_is_destroyed() {
    for by_alarm in [false, true] {
        let mut server = Server::start();
        run(&server, "main", Job::Fill(1_000_000, "full".into()));
        schedule(&server, "main", 3_600_000, log("never"));
        if by_alarm {
            schedule(&server, "main", 1, Job::Destroy);
        } else {
            run(&server, "main", Job::Destroy);
        }
        // Nobody asks it meanwhile: that would bring it back.
        std::thread::sleep(Duration::from_millis(700));
        server.kill();
        let (object, metadata) = databases(&server);
        assert_eq!(count(&object, TABLES), 0);
        assert_eq!(object.metadata().unwrap().len(), 4_096);
        assert_eq!(count(&metadata, ALARMS), 0);
        // It begins anew, and stays.
        server.start_again();
        assert_eq!(server.log("main"), [""; 0]);
        schedule(&server, "main", 0, log("again"));
        while !server.pending("main").is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        server.start_again();
        assert_eq!(server.log("main"), ["again"]);
        assert_eq!(server.pending("main"), []);
    }
}

/// As if it had ended between the commit that destroys and the end of what follows. (In truth the
/// tables are empty by then; here it shows that nobody sees what is left.)
#[test]
fn what_was_marked_is_erased_before_anything_else() {
    for overdue in [false, true] {
        let mut server = Server::start();
        run(&server, "main", log("before"));
        let ms = if overdue { 300 } else { 3_600_000 };
        schedule(&server, "main", ms, log("before"));
        server.kill();
        let (object, metadata) = databases(&server);
        {
            let database = Connection::open(&object).unwrap();
            database
                .execute_batch(
                    "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
                     INSERT INTO _cf_KV VALUES ('lumenize.destroyed', x'ff0f54');",
                )
                .unwrap();
        }
        if overdue {
            // The alarm comes first, and finds nothing to do.
            std::thread::sleep(Duration::from_millis(300));
            server.start_again();
            std::thread::sleep(Duration::from_millis(700));
            server.kill();
            assert_eq!(count(&object, TABLES), 0);
            assert_eq!(count(&metadata, ALARMS), 0);
            server.start_again();
        } else {
            server.start_again();
        }
        run(&server, "main", log("after"));
        server.kill();
        server.start_again();
        assert_eq!(server.log("main"), ["after"]);
        assert_eq!(server.pending("main"), []);
    }
}

#[test]
fn killed_at_any_moment_what_is_destroyed_stays_so_and_what_follows_stays() {
    let mut server = Server::start();
    let (mut next, mut destroyed) = (0_u64, 0);
    // What each lab must have in its log.
    let mut logs = [const { Vec::<String>::new() }; 3];
    for round in 0..kills() {
        let mut doubt = [const { None::<Vec<String>> }; 3];
        std::thread::scope(|scope| {
            let killer = {
                let server = &server;
                let pause = Duration::from_millis(150 + round * 37 % 300);
                scope.spawn(move || {
                    std::thread::sleep(pause);
                    server.kill();
                })
            };
            while !killer.is_finished() {
                next += 1;
                let n = (next % 3) as usize;
                let name = format!("lab-{n}");
                let mut after = logs[n].clone();
                let ask = match next % 7 {
                    0 | 2 | 5 => {
                        after.clear();
                        Ask::Do(Job::Destroy)
                    }
                    // What is pending goes with it.
                    3 => Ask::Schedule(At::After(3_600_000), log("never"), RetryPolicy::none()),
                    _ => {
                        after.push(next.to_string());
                        Ask::Do(log(&next.to_string()))
                    }
                };
                match server.try_lab(&name, &ask) {
                    Some(Told::Done | Told::Scheduled(_)) => {
                        destroyed += u64::from(matches!(ask, Ask::Do(Job::Destroy)));
                        logs[n] = after;
                    }
                    // It may have been committed; what is asked after it is not sent.
                    _ => {
                        doubt[n].get_or_insert(after);
                    }
                }
            }
        });
        server.start_again();
        for n in 0..3 {
            let name = format!("lab-{n}");
            let begin = Instant::now();
            let now = server.log(&name);
            assert!(begin.elapsed() < Duration::from_secs(3), "{name}");
            assert!(
                now == logs[n] || Some(&now) == doubt[n].as_ref(),
                "{name}: {now:?}, not {:?} nor {:?}\n{}",
                logs[n],
                doubt[n],
                server.console()
            );
            logs[n] = now;
        }
    }
    println!("{} kills, {destroyed} destroyed", kills());
    assert!(destroyed > kills() / 2, "only {destroyed} were destroyed");
}
