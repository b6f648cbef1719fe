//! The commands that the README shows.

use super::routes::names;
use crate::server::Server;

const README: &str = include_str!("../../../../../README.md");
/// Where the README's server listens.
const SHOWN: &str = "http://127.0.0.1:8080";

/// What stands between two texts.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

/// The method, the path and the body of a line `curl [-X METHOD] URL [-d 'BODY']`.
fn request(line: &str) -> (&str, &str, &str) {
    let line = line.split("  #").next().unwrap().trim();
    let line = line.strip_prefix("curl ").unwrap();
    let (method, line) = match line.strip_prefix("-X ") {
        Some(rest) => rest.split_once(' ').unwrap(),
        None => ("GET", line),
    };
    let (url, body) = match line.split_once(" -d ") {
        Some((url, body)) => (url, between(body, "'", "'")),
        None => (line, ""),
    };
    (method, url.strip_prefix(SHOWN).unwrap(), body)
}

#[test]
fn its_curl_lines_do_what_they_say() {
    let section = between(README, "## Serve it", "\n## ");
    let serve =
        "cargo run -p task-scheduler -- serve --data target/tasks --listen 127.0.0.1:8080\n";
    assert!(section.contains(serve), "{section}");
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());

    let mut last = String::new();
    let mut told = Vec::new();
    for line in section.lines().filter(|line| line.starts_with("curl ")) {
        let (method, path, body) = request(line);
        let (status, answer) = server.ask(method, &path.replace("ID", &last), body);
        if let Some(id) = answer["id"].as_str() {
            last = id.to_owned();
        }
        match path {
            "/objects/house/tasks" if method == "GET" => {
                assert_eq!(answer["tasks"].as_array().unwrap().len(), 2, "{answer}");
            }
            "/objects/house/log" => {
                assert!(answer.is_array(), "{answer}");
                // An alarm rings for the task that was not cancelled.
                server.until(path, |log| names(log) == ["water the plants"]);
            }
            "/objects/house/failed" => assert!(answer["failed"].is_array(), "{answer}"),
            _ => {}
        }
        told.push((method, status));
    }
    let expected = [
        ("POST", 201),
        ("POST", 201),
        ("GET", 200),
        ("DELETE", 204),
        ("GET", 200),
        ("GET", 200),
        // Nothing has failed here. What is retried is in `routes`.
        ("POST", 404),
        ("DELETE", 204),
    ];
    assert_eq!(told, expected);
}
