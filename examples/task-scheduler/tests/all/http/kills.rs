//! The served process is killed at any moment, as `kill -9` does, while tasks are asked for and run. On
//! workerd all objects are evicted and aborted meanwhile, in turn.

use super::routes::names;
use crate::server::{Listens, Server, Shell, ask, spawn};
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

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// On workerd it takes longer until anything is answered.
fn killed_within_ms() -> u64 {
    match Shell::chosen() {
        Shell::Program => 300,
        Shell::Workerd(_) | Shell::Wrangler(_) => 2_000,
    }
}

/// What the posters know of the tasks of each object.
#[derive(Default)]
struct Posted {
    /// Answered by 201.
    acknowledged: BTreeMap<&'static str, Vec<String>>,
    /// Answered by 503: nothing has happened.
    refused: BTreeMap<&'static str, Vec<String>>,
    /// Answered by 503: it may have happened. Or sent, and the answer was lost.
    unknown: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Posts tasks, some of which fail at first, until there is no answer.
fn post(listens: &Listens, poster: &str) -> Posted {
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
        match ask(&listens.routes, "POST", &path, &task.to_string()) {
            Ok((201, _)) => posted.acknowledged.entry(object).or_default().push(name),
            Ok((503, told)) if listens.faults.is_some() => {
                let told = told["error"].as_str().unwrap();
                if told.contains("nothing has happened") {
                    posted.refused.entry(object).or_default().push(name);
                } else {
                    assert!(told.contains("it may have happened"), "{told}");
                    posted.unknown.entry(object).or_default().insert(name);
                }
            }
            Ok(other) => panic!("{task}: {other:?}"),
            Err(_) => {
                posted.unknown.entry(object).or_default().insert(name);
                break;
            }
        }
    }
    posted
}

/// Asks for a task that recurs, under a name; its id, if it is acknowledged.
fn post_recurring(listens: &Listens) -> Option<Value> {
    let task = json!({"name": "tick", "every_ms": 10, "key": "tick"}).to_string();
    match ask(&listens.routes, "POST", "/objects/ticking/tasks", &task).ok()? {
        (201, body) => Some(body["id"].clone()),
        (503, _) if listens.faults.is_some() => None,
        other => panic!("{other:?}"),
    }
}

/// Takes all objects away, again and again until there is no answer; how often.
fn take_away(faults: &str) -> usize {
    let mut times = 0;
    for fault in ["/evict", "/abort"].into_iter().cycle() {
        std::thread::sleep(Duration::from_millis(random() % 40));
        match ask(faults, "POST", fault, "") {
            Ok((204, _)) => times += 1,
            Ok(other) => panic!("{fault}: {other:?}"),
            Err(_) => break,
        }
    }
    times
}

/// What became known until the process was killed.
#[derive(Default)]
struct Round {
    posted: Vec<Posted>,
    /// The id of the task that recurs.
    recurring: Option<Value>,
    taken_away: usize,
}

fn round(data: &std::path::Path, round: usize) -> Round {
    let (mut child, heard) = spawn(data);
    std::thread::scope(|scope| {
        let asking = scope.spawn(move || {
            // It may be killed before it listens.
            let Ok(listens) = heard.recv() else {
                return Round::default();
            };
            let recurring = post_recurring(&listens);
            std::thread::scope(|scope| {
                let listens = &listens;
                let posters: Vec<_> = (0..POSTERS)
                    .map(|poster| scope.spawn(move || post(listens, &format!("{round}/{poster}"))))
                    .collect();
                let taken_away = listens.faults.as_deref().map_or(0, take_away);
                let posted = posters.into_iter().map(|poster| poster.join().unwrap());
                Round {
                    posted: posted.collect(),
                    recurring,
                    taken_away,
                }
            })
        });
        std::thread::sleep(Duration::from_millis(random() % killed_within_ms()));
        child.kill().unwrap();
        child.wait().unwrap();
        asking.join().unwrap()
    })
}

#[test]
fn killed_at_any_moment_every_task_ran_exactly_once() {
    let data = tempfile::tempdir().unwrap();
    let kills = kills();
    let mut posted = Vec::new();
    let mut recurring = BTreeSet::new();
    let mut taken_away = 0;
    for number in 0..kills {
        let round = round(data.path(), number);
        posted.extend(round.posted);
        recurring.extend(round.recurring.map(|id| id.to_string()));
        taken_away += round.taken_away;
    }

    let server = Server::start(data.path());
    let (mut acknowledged, mut refused, mut unknown, mut unknown_ran) = (0, 0, 0, 0);
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
            for name in posted.refused.get(object).into_iter().flatten() {
                assert_eq!(times.get(name.as_str()), None, "{object}: {name}");
                refused += 1;
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
        "{kills} kills, objects taken away {taken_away} times: {acknowledged} tasks acknowledged, \
         each ran exactly once; {refused} refused, none ran; {unknown} without an answer, \
         {unknown_ran} of them ran, once"
    );
    let workerd = matches!(Shell::chosen(), Shell::Workerd(_));
    assert_eq!(workerd, taken_away > 0, "nothing took the objects away");
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
