//! Every route, as it is meant.

use crate::server::Server;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// The names of the tasks in a log.
pub(crate) fn names(log: &Value) -> Vec<&str> {
    let entries = log.as_array().unwrap().iter();
    entries
        .map(|entry| entry["task"].as_str().unwrap())
        .collect()
}

fn time(value: &Value) -> DateTime<Utc> {
    let time = DateTime::parse_from_rfc3339(value.as_str().unwrap());
    time.unwrap().to_utc()
}

#[test]
fn tasks_run_at_their_time_and_are_logged_in_order() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let before = DateTime::<Utc>::from(SystemTime::now());
    let later = server.schedule("house", json!({"name": "later", "delay_ms": 300}));
    let sooner = server.schedule("house", json!({"name": "sooner", "delay_ms": 100}));
    let past = json!({"name": "past", "at": "2020-01-01T01:00:00+01:00"});
    let past = server.schedule("house", past);
    assert!(time(&later["due"]) >= before + Duration::from_millis(299));
    assert_eq!(later.as_object().unwrap().len(), 2);

    let log = server.until("/objects/house/log", |log| names(log).len() == 3);
    let mut scheduled = [("later", later), ("sooner", sooner), ("past", past)];
    scheduled.sort_by_key(|(_, scheduled)| time(&scheduled["due"]));
    for (place, (name, scheduled)) in scheduled.iter().enumerate() {
        let entry = &log[place];
        assert_eq!(entry["task"], *name, "{log}");
        assert!(time(&entry["at"]) >= time(&scheduled["due"]), "{log}");
        assert_eq!(entry["attempt"], 1);
        assert_eq!(entry.as_object().unwrap().len(), 3);
    }
    // Other objects have nothing to do with it.
    assert_eq!(server.get("/objects/office/log"), json!([]));
    assert_eq!(
        server.get("/objects/house/tasks"),
        json!({"tasks": [], "next": null})
    );
}

#[test]
fn tasks_recur_and_can_be_cancelled() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let often = server.schedule("house", json!({"name": "often", "every_ms": 20}));
    let secondly = server.schedule("house", json!({"name": "secondly", "cron": "* * * * * *"}));
    assert_eq!(time(&secondly["due"]).timestamp_subsec_millis(), 0);
    server.until("/objects/house/log", |log| {
        let times = |name| names(log).iter().filter(|n| **n == name).count();
        times("often") >= 3 && times("secondly") >= 1
    });
    let listed = server.get("/objects/house/tasks");
    let find = |task: &Value| {
        let tasks = listed["tasks"].as_array().unwrap();
        tasks
            .iter()
            .find(|listed| listed["id"] == task["id"])
            .unwrap()
    };
    assert_eq!(
        (&find(&often)["every_ms"], &find(&often)["cron"]),
        (&json!(20), &Value::Null)
    );
    assert_eq!(find(&secondly)["cron"], "* * * * * *");
    assert!(
        find(&often)["steps"][0]
            .as_str()
            .unwrap()
            .starts_with("handle_task(")
    );

    for task in [&often, &secondly] {
        let path = format!("/objects/house/tasks/{}", task["id"].as_str().unwrap());
        assert_eq!(server.ask("DELETE", &path, ""), (204, Value::Null));
        let (status, body) = server.ask("DELETE", &path, "");
        assert_eq!(status, 404, "{body}");
        assert!(
            body["error"].as_str().unwrap().contains("is pending"),
            "{body}"
        );
    }
    assert_eq!(server.get("/objects/house/tasks")["tasks"], json!([]));
}

#[test]
fn a_key_names_one_schedule() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let nightly = json!({"name": "tidy", "cron": "0 3 * * *", "key": "nightly"});
    let first = server.schedule("house", nightly.clone());
    assert_eq!(server.schedule("house", nightly), first);
    let other = json!({"name": "tidy", "cron": "0 4 * * *", "key": "nightly"});
    let second = server.schedule("house", other);
    assert_eq!(second["id"], first["id"]);
    assert_ne!(second["due"], first["due"]);
    let listed = server.get("/objects/house/tasks");
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["tasks"][0]["key"], "nightly");
}

#[test]
fn what_fails_is_tried_again_then_listed_and_can_be_retried() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let heals = json!({"name": "heals", "delay_ms": 0, "fail_times": 2});
    let breaks = json!({"name": "breaks", "delay_ms": 0, "fail_times": 5, "key": "broken"});
    server.schedule("house", heals);
    let breaks = server.schedule("house", breaks);

    let reasons = |listed: &Value| -> Vec<String> {
        let tasks = listed["tasks"].as_array().unwrap().iter();
        let failed = tasks.filter(|task| task["attempts"] != 0);
        failed
            .map(|task| task["error"].as_str().unwrap().to_owned())
            .collect()
    };
    let listed = server.until("/objects/house/tasks", |listed| !reasons(listed).is_empty());
    assert!(reasons(&listed)[0].contains("does not work"), "{listed}");

    let id = breaks["id"].as_str().unwrap();
    let retry = format!("/objects/house/failed/{id}/retry");
    assert_eq!(server.ask("POST", &retry, "").0, 404);
    for _ in 0..2 {
        let failed = server.until("/objects/house/failed", |failed| {
            failed["failed"] != json!([])
        });
        assert_eq!(failed["next"], Value::Null);
        let failed = &failed["failed"][0];
        assert_eq!(
            (&failed["id"], &failed["attempts"]),
            (&breaks["id"], &json!(5))
        );
        assert_eq!(
            (&failed["key"], &failed["parked"]),
            (&json!("broken"), &json!(false))
        );
        assert_eq!(failed["error"], "breaks does not work");
        assert!(time(&failed["failed"]) > time(&failed["scheduled"]));
        assert_eq!(server.ask("POST", &retry, ""), (204, Value::Null));
        // It is in the queue again, under its name.
        let listed = server.get("/objects/house/tasks");
        assert_eq!(listed["tasks"][0]["key"], "broken", "{listed}");
    }
    let log = server.get("/objects/house/log");
    assert_eq!(names(&log), ["heals"]);
    assert_eq!(log[0]["attempt"], 3);
}

#[test]
fn a_name_may_have_anything_in_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let longest = "x".repeat(256);
    for name in ["a%2Fb", "%20", "..%2F..", "%C3%A4", "+", longest.as_str()] {
        server.schedule(name, json!({"name": name, "delay_ms": 0}));
        server.until(&format!("/objects/{name}/log"), |log| names(log) == [name]);
    }
}

#[test]
fn an_object_that_is_deleted_is_gone_with_all_its_tasks() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    server.schedule("house", json!({"name": "often", "every_ms": 20}));
    server.until("/objects/house/log", |log| names(log).len() >= 2);
    assert_eq!(
        server.ask("DELETE", "/objects/house", ""),
        (204, Value::Null)
    );
    assert_eq!(server.get("/objects/house/log"), json!([]));
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(server.get("/objects/house/log"), json!([]));
    assert_eq!(server.get("/objects/house/tasks")["tasks"], json!([]));
    // What is asked of it now is asked of a fresh one.
    assert_eq!(server.ask("DELETE", "/objects/house", "").0, 204);
    server.schedule("house", json!({"name": "again", "delay_ms": 0}));
    server.until("/objects/house/log", |log| names(log) == ["again"]);
}
