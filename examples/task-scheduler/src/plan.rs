//! The file of tasks, read and checked; every error says the line.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::time::Duration;
use task_scheduler::{Due, Task, Way};
use toml::Spanned;

/// A task of the file.
pub(crate) struct Planned {
    pub(crate) object: String,
    pub(crate) task: Task,
    pub(crate) due: Due,
    pub(crate) way: Way,
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
    let due = match (entry.after_ms, entry.at, entry.every_ms) {
        (Some(ms), None, None) => Due::After(Duration::from_millis(ms)),
        (None, Some(date), None) => Due::At(date),
        (None, None, Some(ms)) => Due::Every(Duration::from_millis(ms)),
        _ => {
            return Err(format!(
                "the task {:?} needs one of `after_ms`, `at` and `every_ms`",
                entry.name
            ));
        }
    };
    Ok(Planned {
        object: entry.object,
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
    })
}
