//! Lists, page by page, and a log of many entries.

use super::routes::names;
use crate::server::Server;
use serde_json::{Value, json};

/// All ids of a list, read in pages of this many, and how many pages there were.
fn ids(server: &Server, list: &str, limit: usize) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = server.get(&format!("/objects/house/{list}?limit={limit}{after}"));
        let items = page[if list == "tasks" { "tasks" } else { "failed" }]
            .as_array()
            .unwrap();
        assert!(items.len() <= limit);
        ids.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match &page["next"] {
            Value::String(next) => after = format!("&after={next}"),
            _ => return (ids, pages),
        }
    }
}

#[test]
fn lists_are_read_page_by_page() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let mut scheduled = Vec::new();
    for n in 0..7 {
        let task = json!({"name": format!("{n}"), "delay_ms": 3_600_000});
        scheduled.push(
            server.schedule("house", task)["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        let broken = json!({"name": "broken", "delay_ms": 0, "fail_times": 99});
        server.schedule("house", broken);
    }
    server.until("/objects/house/failed", |failed| {
        failed["failed"].as_array().unwrap().len() == 7
    });
    for limit in [1, 3, 7, 1_000] {
        let (listed, pages) = ids(&server, "tasks", limit);
        assert_eq!(listed, scheduled);
        assert!(pages >= 7_usize.div_ceil(limit));
        let (mut failed, _) = ids(&server, "failed", limit);
        failed.dedup();
        assert_eq!(failed.len(), 7);
    }
}

/// More than one turn of the object returns.
#[test]
fn the_log_is_whole_however_long_it_is() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    std::thread::scope(|scope| {
        for poster in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for n in 0..150 {
                    let name = format!("{poster} {n}");
                    server.schedule("house", json!({"name": name, "delay_ms": 0}));
                }
            });
        }
    });
    let log = server.until("/objects/house/log", |log| names(log).len() >= 1_200);
    let mut once = names(&log);
    once.sort_unstable();
    once.dedup();
    assert_eq!((once.len(), names(&log).len()), (1_200, 1_200));
}
