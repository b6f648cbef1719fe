//! Fetches from a server that all hosts can reach: [`Origin`](crate::origin::Origin), or what plays it in a
//! world.

use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::fetcher::{Fetcher, FetcherContinuation, Wanted};
use lumenize::{CallError, FetchId, Output, Response, Why};

async fn run<H: TestHost, R: Output>(
    case: &mut Case<'_, H>,
    steps: FetcherContinuation<'static, R>,
) -> Result<R, CallError> {
    case.host.run::<Fetcher, R>(&case.object, steps).await
}

/// The URL of a path of the server's, which no other scenario asks for.
fn url<H: TestHost>(case: &Case<'_, H>, path: &str) -> String {
    format!("{}{path}?{}", case.host.server(), case.object)
}

fn get<H: TestHost>(case: &Case<'_, H>, path: &str) -> Wanted {
    Wanted::get(url(case, path))
}

fn post<H: TestHost>(case: &Case<'_, H>, path: &str) -> Wanted {
    Wanted::post(url(case, path), "{}")
}

async fn fetch<H: TestHost>(
    case: &mut Case<'_, H>,
    about: &str,
    wanted: Wanted,
) -> Result<FetchId, CallError> {
    run(case, Fetcher::c().fetch(about, wanted)).await
}

/// Waits until so much has come of it, at most 30 seconds, and a little longer to see whether there is more.
/// Nothing is pending then.
async fn lines<H: TestHost>(case: &mut Case<'_, H>, count: usize) -> Result<Vec<String>, Failure> {
    for _ in 0..1_500 {
        if run(case, Fetcher::c().logged()).await? as usize >= count {
            break;
        }
        case.pass(20).await;
    }
    case.pass(50).await;
    let log = run(case, Fetcher::c().log()).await?;
    check(log.len() == count, || format!("not {count} lines: {log:?}"))?;
    let object = case.object.clone();
    same(&case.host.pending::<Fetcher>(&object).await?, &[])?;
    Ok(log)
}

/// Fetches it, and says what came of it.
async fn line<H: TestHost>(case: &mut Case<'_, H>, wanted: Wanted) -> Result<String, Failure> {
    fetch(case, "x", wanted).await?;
    let line = lines(case, 1).await?.remove(0);
    Ok(line.strip_prefix("x: ").unwrap_or(&line).to_owned())
}

async fn last<H: TestHost>(case: &mut Case<'_, H>) -> Result<Response, Failure> {
    let last = run(case, Fetcher::c().last()).await?;
    last.ok_or_else(|| Failure("there is no last response".to_owned()))
}

pub(super) async fn a_response_comes_to_its_handler<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = get(case, "/ok");
    let url = wanted.url.clone();
    same(&line(case, wanted).await?, &"200 ok (1)")?;
    let response = last(case).await?;
    same(&response.url(), &url.as_str())
}

pub(super) async fn any_status_is_a_response<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = get(case, "/status/404");
    same(&line(case, wanted).await?, &"404 404 (1)")
}

pub(super) async fn a_request_arrives_as_it_is<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = Wanted {
        method: "PATCH".to_owned(),
        headers: vec![("X-Own".to_owned(), "a, b".to_owned())],
        ..post(case, "/echo")
    };
    same(&line(case, wanted).await?, &"200 {} (1)")?;
    let response = last(case).await?;
    let header = |name: &str| response.headers().get(name).and_then(|h| h.to_str().ok());
    same(&header("x-echo-method"), &Some("PATCH"))?;
    same(&header("x-echo-x-own"), &Some("a, b"))?;
    // It needs one to be told from a second one.
    let key = header("x-echo-idempotency-key").unwrap_or_default();
    check(key.len() == 38 && key.starts_with('"'), || key.to_owned())
}

pub(super) async fn a_busy_server_is_asked_again<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = post(case, "/flaky/2");
    same(&line(case, wanted).await?, &"200 now (3)")
}

pub(super) async fn the_last_answer_of_a_busy_server_is_the_outcome<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        retries: Some(1),
        ..get(case, "/flaky/9")
    };
    same(&line(case, wanted).await?, &"503 not yet (2)")
}

pub(super) async fn what_may_not_be_repeated_is_not<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        key: Some(String::new()),
        ..post(case, "/flaky/1")
    };
    same(&line(case, wanted).await?, &"503 not yet (1)")
}

pub(super) async fn a_server_is_given_the_time_it_asks_for<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = get(case, "/limited/seconds/1");
    fetch(case, "x", wanted).await?;
    case.pass(500).await;
    same(&run(case, Fetcher::c().logged()).await?, &0)?;
    same(&lines(case, 1).await?, &["x: 200 now (2)"])
}

pub(super) async fn an_attempt_ends_in_its_time<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = Wanted {
        timeout_ms: Some(150),
        retries: Some(1),
        ..get(case, "/slow/10000")
    };
    let line = line(case, wanted).await?;
    same(&line, &"timed out before the response began (Unknown)")
}

pub(super) async fn so_does_one_whose_body_never_ends<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        timeout_ms: Some(150),
        retries: Some(0),
        ..get(case, "/stalled")
    };
    let line = line(case, wanted).await?;
    same(
        &line,
        &"timed out before the response's body ended (Unknown)",
    )
}

pub(super) async fn a_connection_that_breaks_is_no_response<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for path in ["/cut", "/reset"] {
        let wanted = Wanted {
            retries: Some(1),
            ..get(case, path)
        };
        fetch(case, path, wanted).await?;
    }
    for line in lines(case, 2).await? {
        contains(&line, "the connection failed")?;
    }
    Ok(())
}

pub(super) async fn where_nobody_listens_there_is_no_response<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        retries: Some(1),
        ..Wanted::get("http://127.0.0.1:1/")
    };
    // Not every host knows why.
    contains(&line(case, wanted).await?, "connection")
}

pub(super) async fn a_body_has_its_limit<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    for (path, fits) in [
        ("/bytes/1000", true),
        ("/bytes/1001", false),
        ("/chunked/1000", true),
        ("/chunked/100000", false),
        ("/gzip/1000", true),
        ("/gzip/1001", false),
        ("/bomb/10000000", false),
    ] {
        let wanted = Wanted {
            max_bytes: Some(1_000),
            ..get(case, path)
        };
        fetch(case, &format!("{fits}{path}"), wanted).await?;
    }
    for line in lines(case, 7).await? {
        let ends = match line.starts_with("true") {
            true => "200 <1000 bytes> (1)",
            false => "more than 1000 bytes",
        };
        contains(&line, ends)?;
    }
    Ok(())
}

pub(super) async fn the_largest_body_comes_whole<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = Wanted {
        max_bytes: Some(1_800_000),
        ..get(case, "/bytes/1800000")
    };
    same(&line(case, wanted).await?, &"200 <1800000 bytes> (1)")
}

pub(super) async fn redirects_are_followed_to_their_end<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for path in ["/chain/10", "/chain/11", "/loop", "/ping"] {
        let wanted = get(case, path);
        fetch(case, path, wanted).await?;
    }
    let mut lines = lines(case, 4).await?;
    lines.sort();
    same(&lines[0], &"/chain/10: 200 end (1)")?;
    contains(&lines[1], "there were more than 10 (Unknown)")?;
    for line in &lines[2..] {
        contains(line, "it leads in circles")?;
    }
    Ok(())
}

pub(super) async fn what_is_cancelled_in_flight_is_not_heard_of<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = get(case, "/slow/400");
    let id = fetch(case, "cancelled", wanted.clone()).await?;
    fetch(case, "x", wanted).await?;
    case.pass(100).await;
    let known = run(case, Fetcher::c().known(id)).await?;
    let fetching = known.is_some_and(|known| matches!(known.why, Why::Fetching { .. }));
    check(fetching, || "it is not under way".to_owned())?;
    same(&run(case, Fetcher::c().under_way(1)).await?, &(2, 0))?;
    same(&run(case, Fetcher::c().cancel(id)).await?, &true)?;
    same(&run(case, Fetcher::c().cancel(id)).await?, &false)?;
    case.pass(400).await;
    same(&lines(case, 1).await?, &["x: 200 at last (1)"])
}

pub(super) async fn what_a_handler_takes_back_is_not_fetched<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = get(case, "/ok");
    let steps = Fetcher::c().fetch_and_cancel(wanted.clone());
    same(&run(case, steps).await?, &true)?;
    let failed = run(case, Fetcher::c().fetch_and_fail(wanted)).await;
    check(failed.is_err(), || "it did not fail".to_owned())?;
    case.pass(100).await;
    same(&lines(case, 0).await?, &[""; 0])
}

pub(super) async fn an_executor_that_is_not_there_is_said_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        via: Some("NOBODY".to_owned()),
        ..Wanted::post("mail://example.com/box", "hello")
    };
    fetch(case, "x", wanted).await?;
    case.pass(1_000).await;
    let line = lines(case, 1).await?.remove(0);
    contains(&line, "it was not handed over")?;
    contains(&line, "NOBODY")?;
    contains(&line, "(NotExecuted)")
}

pub(super) async fn a_failing_handler_is_given_the_same_response_again<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        fails: 1,
        ..get(case, "/flaky/1")
    };
    same(&line(case, wanted).await?, &"200 now (2)")
}

pub(super) async fn nobody_need_hear_of_the_response<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = Wanted {
        forgets: true,
        ..get(case, "/flaky/1")
    };
    fetch(case, "x", wanted).await?;
    for _ in 0..500 {
        if run(case, Fetcher::c().under_way(9)).await? == (0, 0) {
            break;
        }
        case.pass(20).await;
    }
    same(&lines(case, 0).await?, &[""; 0])
}

pub(super) async fn many_at_once<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let wanted = Wanted::get(format!(
        "{}/status/201?{}-",
        case.host.server(),
        case.object
    ));
    run(case, Fetcher::c().fetch_often(wanted, 300)).await?;
    let mut lines = lines(case, 300).await?;
    lines.sort();
    lines.dedup();
    same(&lines.len(), &300)?;
    check(
        lines.iter().all(|line| line.ends_with(": 201 201 (1)")),
        || format!("{lines:?}"),
    )
}

pub(super) async fn what_is_destroyed_hears_of_nothing<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let wanted = get(case, "/slow/200");
    fetch(case, "x", wanted).await?;
    case.pass(50).await;
    run(case, Fetcher::c().destroy()).await?;
    case.pass(400).await;
    same(&lines(case, 0).await?, &[""; 0])
}
