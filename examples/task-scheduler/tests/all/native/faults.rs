//! What goes wrong around the program: its files, and its output.

use crate::http::routes::names;
use crate::server::Server;
use serde_json::json;
use std::path::{Path, PathBuf};

#[test]
fn an_object_that_can_not_be_opened_is_unreachable() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::program(data.path());
    std::fs::write(data.path().join("TaskScheduler"), "in the way").unwrap();
    let (status, answer) = server.ask(
        "POST",
        "/objects/house/tasks",
        r#"{"name": "x", "delay_ms": 0}"#,
    );
    assert_eq!(status, 503);
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains("try again later"), "{error}");
}

#[test]
fn an_error_without_a_code_is_the_servers() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::program(data.path());
    server.schedule("house", json!({"name": "x", "delay_ms": 0}));
    server.until("/objects/house/log", |log| names(log).len() == 1);
    let database = rusqlite::Connection::open(file(data.path())).unwrap();
    let removed = database.execute("DELETE FROM lumenize_state WHERE key = 'log/0'", []);
    assert_eq!(removed.unwrap(), 1);
    let (status, answer) = server.ask("GET", "/objects/house/log", "");
    assert_eq!(status, 500);
    assert_eq!(answer["error"], "entry 0 of the log is missing");
}

#[test]
fn no_task_fails_because_nobody_watches() {
    let data = tempfile::tempdir().unwrap();
    let (server, output) = Server::unread(data.path(), &[]);
    drop(output);
    server.schedule("house", json!({"name": "unseen", "delay_ms": 0}));
    let log = server.until("/objects/house/log", |log| names(log).len() == 1);
    assert_eq!(log[0]["attempt"], 1);
}

/// The file of the only object.
fn file(data: &Path) -> PathBuf {
    let files = std::fs::read_dir(data.join("TaskScheduler")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|end| end == "sqlite"))
        .unwrap()
}
