//! Every refusal, with its status and its reason.

use crate::server::Server;
use serde_json::json;

const TASKS: &str = "/objects/house/tasks";

#[test]
fn a_task_that_is_none_is_refused_and_nothing_is_stored() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let long = "x".repeat(257);
    let kinds = "exactly one of `delay_ms`, `at`, `every_ms` and `cron`";
    for (body, reason) in [
        ("", "no task as JSON"),
        ("{", "no task as JSON"),
        ("[]", "no task as JSON"),
        ("\u{1}", "no task as JSON"),
        (r#"{"name": "x", "delay_ms": 1} {}"#, "trailing"),
        (r#"{"delay_ms": 1}"#, "missing field `name`"),
        (r#"{"name": 1, "delay_ms": 1}"#, "expected a string"),
        (r#"{"name": "x", "delay": 1}"#, "unknown field `delay`"),
        (
            r#"{"name": "x", "delay_ms": 1, "delay_ms": 1}"#,
            "duplicate field `delay_ms`",
        ),
        (r#"{"name": "x", "delay_ms": -1}"#, "expected u64"),
        (r#"{"name": "x", "delay_ms": 1.5}"#, "expected u64"),
        (
            r#"{"name": "x", "delay_ms": 18446744073709551615}"#,
            "years 1970 and 9999",
        ),
        (
            r#"{"name": "x", "delay_ms": 1, "fail_times": -1}"#,
            "expected u32",
        ),
        (r#"{"name": "x", "at": "tomorrow"}"#, "no task as JSON"),
        (
            r#"{"name": "x", "at": "2026-02-30T00:00:00Z"}"#,
            "out of range",
        ),
        (
            r#"{"name": "x", "at": "+12026-01-01T00:00:00Z"}"#,
            "years 1970 and 9999",
        ),
        (
            r#"{"name": "x", "every_ms": 0}"#,
            "at least one millisecond",
        ),
        (r#"{"name": "x", "cron": "61 * * * *"}"#, "minute"),
        (r#"{"name": "x", "cron": "* * *"}"#, "fields"),
        (r#"{"name": "x", "cron": ""}"#, "field"),
        (r#"{"name": "x", "delay_ms": 1, "key": ""}"#, "1 to 256"),
        (
            &format!(r#"{{"name": "x", "delay_ms": 1, "key": "{long}"}}"#),
            "1 to 256",
        ),
        (r#"{"name": "", "delay_ms": 1}"#, "1 to 256"),
        (
            &format!(r#"{{"name": "{long}", "delay_ms": 1}}"#),
            "1 to 256",
        ),
        (r#"{"name": "x"}"#, kinds),
        (r#"{"name": "x", "delay_ms": 1, "every_ms": 1}"#, kinds),
        (
            r#"{"name": "x", "at": "2026-01-01T00:00:00Z", "cron": "* * * * *"}"#,
            kinds,
        ),
        (
            r#"{"name": "x", "delay_ms": 1, "at": "2026-01-01T00:00:00Z", "every_ms": 1}"#,
            kinds,
        ),
    ] {
        let (status, answer) = server.ask("POST", TASKS, body);
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(error.contains(reason), "{body}: {error}");
        assert_eq!(answer.as_object().unwrap().len(), 1);
    }
    assert_eq!(server.get(TASKS)["tasks"], json!([]));
    assert_eq!(server.get("/objects/house/log"), json!([]));
}

#[test]
fn a_body_has_a_limit() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let of = |bytes| {
        let mut body = r#"{"name": "x", "delay_ms": 0}"#.to_owned();
        body.extend(std::iter::repeat_n(' ', bytes - body.len()));
        body
    };
    assert_eq!(server.ask("POST", TASKS, &of(64 << 10)).0, 201);
    let (status, answer) = server.ask("POST", TASKS, &of((64 << 10) + 1));
    assert_eq!(status, 413);
    assert!(
        answer["error"].as_str().unwrap().contains("limit"),
        "{answer}"
    );
}

#[test]
fn a_path_or_query_that_is_none_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let long = format!("/objects/{}/log", "x".repeat(257));
    let some = "/objects/house/tasks/0198c0a8-0000-7000-8000-000000000000";
    for (method, path, status, reason) in [
        ("GET", "/", 404, "nothing here"),
        ("GET", "/objects/house", 405, "DELETE"),
        ("GET", "/objects/house/task", 404, "nothing here"),
        ("GET", "/objects/house/log/1", 404, "nothing here"),
        ("GET", "/objects/house/log/", 404, "nothing here"),
        ("GET", "/Objects/house/log", 404, "nothing here"),
        ("PUT", TASKS, 405, "GET, POST"),
        ("GET", some, 405, "DELETE"),
        ("POST", "/objects/house/log", 405, "GET"),
        ("DELETE", "/objects/house/failed", 405, "GET"),
        ("GET", "/objects/house/failed/1/retry", 405, "POST"),
        ("GET", "/objects//log", 400, "1 to 256"),
        ("GET", &long, 400, "1 to 256"),
        ("GET", "/objects/%FF/log", 400, "UTF-8"),
        ("DELETE", "/objects/house/tasks/1", 400, "`1` is no id"),
        ("DELETE", "/objects/house/tasks/", 400, "`` is no id"),
        ("POST", "/objects/house/failed/x/retry", 400, "`x` is no id"),
        ("DELETE", some, 404, "is pending"),
        (
            "POST",
            "/objects/house/failed/0198c0a8-0000-7000-8000-000000000000/retry",
            404,
            "has failed",
        ),
        ("GET", "/objects/house/tasks?limit=0", 400, "1 to 1000"),
        ("GET", "/objects/house/tasks?limit=1001", 400, "1 to 1000"),
        ("GET", "/objects/house/failed?limit=many", 400, "query"),
        (
            "GET",
            "/objects/house/tasks?limit=1&limit=2",
            400,
            "duplicate field",
        ),
        ("GET", "/objects/house/tasks?pages=1", 400, "unknown field"),
        (
            "GET",
            "/objects/house/tasks?after=there",
            400,
            "`next` of the page before",
        ),
        (
            "GET",
            "/objects/house/failed?after=",
            400,
            "`next` of the page before",
        ),
        ("GET", "/objects/house/log?limit=1", 400, "no query"),
    ] {
        let (told, answer) = server.ask(method, path, "");
        let error = answer["error"].as_str().unwrap();
        assert_eq!(told, status, "{method} {path}: {answer}");
        assert!(error.contains(reason), "{method} {path}: {error}");
    }
}
