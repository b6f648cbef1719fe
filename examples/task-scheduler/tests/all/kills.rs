//! The served process is killed at any moment, as `kill -9` does, while tasks are asked for and run.

use crate::routes::names;
use crate::server::{Server, ask, listen, spawn};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

const OBJECTS: [&str; 3] = ["a", "b", "c"];
const POSTERS: usize = 4;

/// How often the process is killed: 5 times unless `LUMENIZE_KILLS` says otherwise.
fn kills() -> usize {
    match std::env::var("LUMENIZE_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 5,
    }
}

/// What the posters know of the tasks of each object.
#[derive(Default)]
struct Posted {
    /// Answered by 201.
    acknowledged: BTreeMap<&'static str, Vec<String>>,
    /// Sent, and the answer was lost: at most one for each poster and kill.
    unknown: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Posts tasks, some of which fail at first, until there is no answer.
fn post(address: &str, poster: &str) -> Posted {
    let mut posted = Posted::default();
    for n in 0.. {
        let object = OBJECTS[n % OBJECTS.len()];
        let name = format!("{poster}/{n}");
        let task = json!({
            "name": name,
            "delay_ms": n * 7 % 60,
            "fail_times": u8::from(n % 5 == 0),
        });
        let path = format!("/objects/{object}/tasks");
        match ask(address, "POST", &path, &task.to_string()) {
            Ok((201, _)) => posted.acknowledged.entry(object).or_default().push(name),
            Ok(other) => panic!("{task}: {other:?}"),
            Err(_) => {
                posted.unknown.entry(object).or_default().insert(name);
                break;
            }
        }
    }
    posted
}

/// Asks for a task that recurs, under a name; its id, if there is an answer.
fn post_recurring(address: &str) -> Option<Value> {
    let task = json!({"name": "tick", "every_ms": 10, "key": "tick"});
    let (status, body) = ask(address, "POST", "/objects/ticking/tasks", &task.to_string()).ok()?;
    assert_eq!(status, 201, "{body}");
    Some(body["id"].clone())
}

/// What was posted before the process was killed, and the id of the task that recurs.
fn round(data: &std::path::Path, round: usize) -> (Vec<Posted>, Option<Value>) {
    let mut child = spawn(data, &[]);
    let heard = listen(child.stdout.take().unwrap());
    std::thread::scope(|scope| {
        let posting = scope.spawn(move || {
            // It may be killed before it listens.
            let Ok(address) = heard.recv() else {
                return (Vec::new(), None);
            };
            let recurring = post_recurring(&address);
            std::thread::scope(|scope| {
                let posters: Vec<_> = (0..POSTERS)
                    .map(|poster| {
                        let address = &address;
                        scope.spawn(move || post(address, &format!("{round}/{poster}")))
                    })
                    .collect();
                let posted = posters.into_iter().map(|poster| poster.join().unwrap());
                (posted.collect(), recurring)
            })
        });
        let random = RandomState::new().build_hasher().finish();
        std::thread::sleep(Duration::from_millis(random % 300));
        child.kill().unwrap();
        child.wait().unwrap();
        posting.join().unwrap()
    })
}

#[test]
fn killed_at_any_moment_every_task_ran_exactly_once() {
    let data = tempfile::tempdir().unwrap();
    let kills = kills();
    let mut posted = Vec::new();
    let mut recurring = BTreeSet::new();
    for number in 0..kills {
        let (round, id) = round(data.path(), number);
        posted.extend(round);
        recurring.extend(id.map(|id| id.to_string()));
    }

    let server = Server::start(data.path());
    let (mut acknowledged, mut unknown, mut unknown_ran) = (0, 0, 0);
    for object in OBJECTS {
        wait_for_all(&server, object);
        let failed = server.get(&format!("/objects/{object}/failed"));
        assert_eq!(failed["failed"], json!([]));
        let log = server.get(&format!("/objects/{object}/log"));
        let mut times = BTreeMap::<&str, u32>::new();
        for name in names(&log) {
            *times.entry(name).or_default() += 1;
        }
        for posted in &posted {
            for name in posted.acknowledged.get(object).into_iter().flatten() {
                assert_eq!(times.remove(name.as_str()), Some(1), "{object}: {name}");
                acknowledged += 1;
            }
            for name in posted.unknown.get(object).into_iter().flatten() {
                let ran = times.remove(name.as_str()).unwrap_or(0);
                assert!(ran <= 1, "{object}: {name} ran {ran} times");
                unknown += 1;
                unknown_ran += ran;
            }
        }
        assert_eq!(times, BTreeMap::new(), "{object}: nobody posted these");
    }
    println!(
        "{kills} kills: {acknowledged} tasks acknowledged, each ran exactly once; \
         {unknown} without an answer, {unknown_ran} of them ran, once"
    );
    assert!(
        acknowledged > kills,
        "only {acknowledged} were acknowledged"
    );

    // There was one schedule of that name all the while, and there still is.
    assert_eq!(recurring.len(), 1, "{recurring:?}");
    let ticking = server.get("/objects/ticking/tasks");
    assert_eq!(ticking["tasks"].as_array().unwrap().len(), 1, "{ticking}");
    assert!(recurring.contains(&ticking["tasks"][0]["id"].to_string()));
    server.terminate();
}

/// Overdue work runs at the start, unasked: this only waits for it.
fn wait_for_all(server: &Server, object: &str) {
    let begin = Instant::now();
    let path = format!("/objects/{object}/tasks?limit=1");
    while server.get(&path)["tasks"] != json!([]) {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{object}: still pending"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
