//! The end of objects, and what comes after it.

use crate::kills::kills;
use crate::server::{Out, Server};
use lumenize::{Outcome, RetryPolicy};
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

/// What is asked of three labs, and what each must have in its log.
#[derive(Default)]
struct Model {
    next: u64,
    destroyed: u64,
    logs: [Vec<String>; 3],
    /// What a log may be instead: its lab was asked something that was not answered.
    doubts: [Option<Vec<String>>; 3],
}

impl Model {
    /// Asks the next thing. False if it was not answered.
    fn ask(&mut self, server: &Server) -> bool {
        self.next += 1;
        // Some in a row, so that what follows a destruction comes in the middle of it.
        let n = (self.next / 4 % 3) as usize;
        let mut after = self.logs[n].clone();
        let ask = match self.next % 7 {
            0 | 2 | 5 => {
                after.clear();
                Ask::Do(Job::Destroy)
            }
            // What is pending goes with it.
            3 => Ask::Schedule(At::After(3_600_000), log("never"), RetryPolicy::none()),
            _ => {
                after.push(self.next.to_string());
                Ask::Do(log(&self.next.to_string()))
            }
        };
        match server.lab_from_elsewhere(&format!("lab-{n}"), &ask) {
            Some(Told::Done | Told::Scheduled(_)) => {
                self.destroyed += u64::from(matches!(ask, Ask::Do(Job::Destroy)));
                self.logs[n] = after;
                true
            }
            Some(Told::Error(error)) if error.outcome() == Outcome::NotExecuted => false,
            _ => {
                // It may have been committed; what is asked of a dead server is not.
                self.doubts[n].get_or_insert(after);
                false
            }
        }
    }

    fn check(&mut self, server: &Server) {
        for n in 0..3 {
            let (name, doubt) = (format!("lab-{n}"), self.doubts[n].take());
            let (begin, now) = (Instant::now(), server.log(&name));
            assert!(begin.elapsed() < Duration::from_secs(5), "{name}");
            let expected = &self.logs[n];
            assert!(
                now == *expected || Some(&now) == doubt.as_ref(),
                "{name}: {now:?}, not {expected:?} nor {doubt:?}\n{}",
                server.console()
            );
            self.logs[n] = now;
        }
    }
}

#[test]
fn killed_at_any_moment_what_is_destroyed_stays_so_and_what_follows_stays() {
    let (mut server, mut model) = (Server::start(), Model::default());
    for round in 0..kills() {
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
                model.ask(&server);
            }
        });
        server.start_again();
        model.check(&server);
    }
    println!("{} kills, {} destroyed", kills(), model.destroyed);
    assert!(model.destroyed > kills() / 2);
}

#[test]
fn taken_out_at_any_moment_what_is_destroyed_stays_so_and_what_follows_stays() {
    let (server, mut model) = (Server::start(), Model::default());
    let rounds = 4 * kills();
    for round in 0..rounds {
        std::thread::scope(|scope| {
            let server = &server;
            let taken_out = scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(round * 7 % 60));
                server.take_objects_out(match round % 4 {
                    0 => Out::Evict,
                    _ => Out::Abort,
                });
            });
            // After one without an answer another attempt could hide what became of it.
            while !taken_out.is_finished() && model.ask(server) {}
        });
        model.check(&server);
    }
    println!("taken out {rounds} times, {} destroyed", model.destroyed);
    assert!(model.destroyed > rounds / 4);
}
