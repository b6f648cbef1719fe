//! The file of tasks, read and checked; every error says the line.

use chrono::{DateTime, Utc};
use lumenize::Cron;
use serde::Deserialize;
use std::time::Duration;
use task_scheduler::{Due, Plan, Task, Way};
use toml::Spanned;

/// A task of the file.
pub(crate) struct Planned {
    pub(crate) object: String,
    pub(crate) plan: Plan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    task: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    object: String,
    name: String,
    after_ms: Option<u64>,
    at: Option<DateTime<Utc>>,
    every_ms: Option<u64>,
    cron: Option<String>,
    key: Option<String>,
    #[serde(default)]
    steps: Steps,
    #[serde(default)]
    fail_times: u32,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Steps {
    #[default]
    Plain,
    Chain,
    Nested,
}

/// Reads the text of a file of tasks.
pub(crate) fn read(text: &str) -> Result<Vec<Planned>, String> {
    // The error of `toml` shows the line and the column.
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let planned = file.task.into_iter().map(|entry| {
        let line = text
            .get(..entry.span().start)
            .map_or(1, |before| before.matches('\n').count() + 1);
        plan(entry.into_inner()).map_err(|error| format!("line {line}: {error}"))
    });
    planned.collect()
}

fn plan(entry: Entry) -> Result<Planned, String> {
    let due = Due::only_one([
        entry.after_ms.map(Duration::from_millis).map(Due::After),
        entry.at.map(Due::At),
        entry.every_ms.map(Duration::from_millis).map(Due::Every),
        entry.cron.map(Due::Cron),
    ]);
    let Some(due) = due else {
        return Err(format!(
            "the task {:?} needs one of `after_ms`, `at`, `every_ms` and `cron`",
            entry.name
        ));
    };
    if let Due::Cron(expression) = &due {
        Cron::new(expression).map_err(|error| error.to_string())?;
    }
    Ok(Planned {
        object: entry.object,
        plan: Plan {
            task: Task {
                name: entry.name,
                fail_times: entry.fail_times,
            },
            due,
            way: match entry.steps {
                Steps::Plain => Way::Plain,
                Steps::Chain => Way::Chain,
                Steps::Nested => Way::Nested,
            },
            key: entry.key,
        },
    })
}
