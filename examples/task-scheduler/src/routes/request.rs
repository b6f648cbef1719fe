//! What a request asks for, or why it is refused.

use super::response::Refusal;
use crate::{Due, Plan, Task, Way};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, Uri};
use lumenize::Cursor;
use lumenize::prelude::*;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

/// The most bytes of the name of an object or a task.
const MAX_NAME_BYTES: usize = 256;

/// What is asked of an object.
pub(super) enum Asked {
    Schedule(Plan),
    Tasks(ScheduleFilter),
    Cancel(ScheduleId),
    Log,
    Failed(FailedFilter),
    Retry(WorkId),
    Destroy,
}

/// The body of `POST /objects/{name}/tasks`: a name, one of `delay_ms`, `at`, `every_ms` and `cron`,
/// and what else there is to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The name of the task, for the log; 1 to 256 bytes.
    pub name: String,
    /// Once, so many milliseconds from now.
    pub delay_ms: Option<u64>,
    /// Once, at this time (RFC 3339); at once if it has passed.
    pub at: Option<DateTime<Utc>>,
    /// Again and again, so many milliseconds apart; at least 1.
    pub every_ms: Option<u64>,
    /// Again and again, by this cron expression, in UTC: `*/5 * * * *`, or six fields, of which the
    /// first is the second.
    pub cron: Option<String>,
    /// The schedule's name, of 1 to 256 bytes. There is one of a name at a time: what is the same stays
    /// as it is, anything else replaces it.
    pub key: Option<String>,
    /// How many of its attempts fail, for trying out what happens then. There are five.
    #[serde(default)]
    pub fail_times: u32,
}

/// The query of a list.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paging {
    limit: Option<usize>,
    after: Option<String>,
}

/// What is asked, and of which object.
pub(super) fn read(request: Request<Bytes>) -> Result<(String, Asked), Refusal> {
    let uri = request.uri();
    let path = segments(uri.path())?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ["", "objects", name, rest @ ..] = path.as_slice() else {
        return Err(Refusal::no_route());
    };
    let name = named("the name of an object", name)?;
    let method = request.method();
    let asked = match rest {
        [] if method == Method::DELETE => Asked::Destroy,
        [] => return Err(Refusal::method("DELETE")),
        ["tasks"] if method == Method::POST => Asked::Schedule(plan(request.body())?),
        ["tasks"] if method == Method::GET => Asked::Tasks(tasks(uri)?),
        ["tasks"] => return Err(Refusal::method("GET, POST")),
        ["tasks", id] if method == Method::DELETE => Asked::Cancel(uuid(id)?.into()),
        ["tasks", _] => return Err(Refusal::method("DELETE")),
        ["log"] if method == Method::GET => Asked::Log,
        ["failed"] if method == Method::GET => Asked::Failed(failed(uri)?),
        ["log"] | ["failed"] => return Err(Refusal::method("GET")),
        ["failed", id, "retry"] if method == Method::POST => Asked::Retry(uuid(id)?.into()),
        ["failed", _, "retry"] => return Err(Refusal::method("POST")),
        _ => return Err(Refusal::no_route()),
    };
    let lists = matches!(asked, Asked::Tasks(_) | Asked::Failed(_));
    if !lists && uri.query().is_some() {
        return Err(Refusal::bad(
            "this takes no query; leave out what follows the `?`",
        ));
    }
    Ok((name, asked))
}

/// The parts of a path, decoded after they were split: a name may have a slash in it.
fn segments(path: &str) -> Result<Vec<String>, Refusal> {
    let decode = |segment| match percent_decode_str(segment).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(Refusal::bad(format!(
            "`{segment}` is no percent-encoded UTF-8"
        ))),
    };
    path.split('/').map(decode).collect()
}

fn named(what: &str, name: &str) -> Result<String, Refusal> {
    match name.len() {
        1..=MAX_NAME_BYTES => Ok(name.to_owned()),
        bytes => Err(Refusal::bad(format!(
            "{what} has {bytes} bytes; it must have 1 to {MAX_NAME_BYTES}"
        ))),
    }
}

fn uuid(id: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(id).map_err(|_| {
        Refusal::bad(format!(
            "`{id}` is no id; use one that was answered or listed"
        ))
    })
}

fn plan(body: &[u8]) -> Result<Plan, Refusal> {
    let task: NewTask = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("the body is no task as JSON: {error}")))?;
    let due = Due::only_one([
        task.delay_ms.map(Duration::from_millis).map(Due::After),
        task.at.map(Due::At),
        task.every_ms.map(Duration::from_millis).map(Due::Every),
        task.cron.map(Due::Cron),
    ]);
    Ok(Plan {
        task: Task {
            name: named("the name of a task", &task.name)?,
            fail_times: task.fail_times,
        },
        due: due.ok_or_else(|| {
            Refusal::bad("a task needs exactly one of `delay_ms`, `at`, `every_ms` and `cron`")
        })?,
        way: Way::Plain,
        key: task.key,
    })
}

fn tasks(uri: &Uri) -> Result<ScheduleFilter, Refusal> {
    let (limit, after) = paging(uri, ScheduleFilter::MAX_LIMIT)?;
    let filter = limit
        .into_iter()
        .fold(ScheduleFilter::default(), ScheduleFilter::limit);
    Ok(after.into_iter().fold(filter, ScheduleFilter::after))
}

fn failed(uri: &Uri) -> Result<FailedFilter, Refusal> {
    let (limit, after) = paging(uri, FailedFilter::MAX_LIMIT)?;
    let filter = limit
        .into_iter()
        .fold(FailedFilter::default(), FailedFilter::limit);
    Ok(after.into_iter().fold(filter, FailedFilter::after))
}

fn paging(uri: &Uri, most: usize) -> Result<(Option<usize>, Option<Cursor>), Refusal> {
    let Paging { limit, after } = serde_urlencoded::from_str(uri.query().unwrap_or_default())
        .map_err(|error| Refusal::bad(format!("the query: {error}")))?;
    if limit.is_some_and(|limit| !(1..=most).contains(&limit)) {
        return Err(Refusal::bad(format!("`limit` must be 1 to {most}")));
    }
    let Some(after) = after else {
        return Ok((limit, None));
    };
    match cursor(&after) {
        Some(cursor) => Ok((limit, Some(cursor))),
        None => Err(Refusal::bad(
            "`after` is no place in a list; use the `next` of the page before",
        )),
    }
}

/// A cursor as people pass it on: it is not for reading.
pub(super) fn opaque(cursor: Cursor) -> Result<String, serde_json::Error> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor)?))
}

fn cursor(opaque: &str) -> Option<Cursor> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(opaque).ok()?).ok()
}
