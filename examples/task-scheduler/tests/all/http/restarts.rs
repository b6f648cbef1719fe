//! What is kept while nobody serves.

use super::routes::names;
use crate::server::Server;
use serde_json::json;
use std::time::Duration;

#[test]
fn a_restart_keeps_everything() {
    let data = tempfile::tempdir().unwrap();
    let before = Server::start(data.path());
    for task in [
        json!({"name": "done", "delay_ms": 0}),
        json!({"name": "fails", "delay_ms": 0, "fail_times": 99}),
        json!({"name": "later", "delay_ms": 3_600_000}),
        json!({"name": "nightly", "cron": "0 3 1 1 *", "key": "nightly"}),
        json!({"name": "rarely", "every_ms": 3_600_000}),
    ] {
        before.schedule("house", task);
    }
    before.until("/objects/house/failed", |failed| {
        failed["failed"] != json!([])
    });
    let lists = ["log", "failed", "tasks"].map(|list| format!("/objects/house/{list}"));
    let was = lists.clone().map(|list| before.get(&list));
    assert_eq!(names(&was[0]), ["done"]);
    assert_eq!(was[2]["tasks"].as_array().unwrap().len(), 3);

    // Due while nobody serves.
    before.schedule("office", json!({"name": "overdue", "delay_ms": 300}));
    before.terminate();
    std::thread::sleep(Duration::from_millis(300));
    let after = Server::start(data.path());
    assert_eq!(lists.map(|list| after.get(&list)), was);
    after.until("/objects/office/log", |log| names(log) == ["overdue"]);
    after.terminate();
}
