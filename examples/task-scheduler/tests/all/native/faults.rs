//! What goes wrong around the program: its files, and its output.

use crate::http::routes::names;
use crate::server::Server;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use lumenize::{CallError, Output};
use serde_json::json;
use std::path::{Path, PathBuf};
use task_scheduler::TaskSchedulerContinuation;
use task_scheduler::routes::{Objects, answer};

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

/// No server here says so; workerd may.
#[tokio::test(flavor = "current_thread")]
async fn an_object_with_too_much_to_do_is_left_alone() {
    struct Busy;
    impl Objects for Busy {
        async fn run<R: Output>(
            &self,
            _name: &str,
            _steps: TaskSchedulerContinuation<'static, R>,
        ) -> Result<R, CallError> {
            let reason = "too many requests".to_owned();
            Err(CallError::Overloaded { reason })
        }
    }
    let request = Request::get("/objects/house/tasks");
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let (head, body) = answer(&Busy, request).await.into_parts();
    assert_eq!(head.status, StatusCode::SERVICE_UNAVAILABLE);
    let told = String::from_utf8(body.to_vec()).unwrap();
    assert!(
        told.contains("too many requests); it may have happened"),
        "{told}"
    );
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
