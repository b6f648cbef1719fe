//! Calls between objects: phones, which keep a log of what they hear.

use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::phone::{Ask, Manner, Phone, PhoneContinuation, awaits};
use lumenize::{CallError, CallId, Output};
use std::time::Duration;

/// One of the case's phones.
fn name<H>(case: &Case<'_, H>, phone: &str) -> String {
    format!("{}-{phone}", case.object)
}

async fn run<H: TestHost, R: Output>(
    case: &mut Case<'_, H>,
    phone: &str,
    steps: PhoneContinuation<'static, R>,
) -> Result<R, CallError> {
    let name = name(case, phone);
    case.host.run::<Phone, R>(&name, steps).await
}

async fn ring<H: TestHost>(
    case: &mut Case<'_, H>,
    to: &str,
    ask: Ask,
    manner: Manner,
) -> Result<CallId, CallError> {
    let steps = Phone::c().ring_like(name(case, to), ask, manner);
    run(case, "a", steps).await
}

async fn log<H: TestHost>(case: &mut Case<'_, H>, phone: &str) -> Result<Vec<String>, CallError> {
    run(case, phone, Phone::c().log()).await
}

/// Waits until the log of a phone is as long as expected, at most 20 seconds, and a little longer to see
/// whether there is more. It must be what is expected then.
async fn logs<H: TestHost, S: AsRef<str>>(
    case: &mut Case<'_, H>,
    phone: &str,
    expected: &[S],
) -> Verdict {
    for _ in 0..1_000 {
        if log(case, phone).await?.len() >= expected.len() {
            break;
        }
        case.pass(20).await;
    }
    case.pass(30).await;
    let expected: Vec<_> = expected.iter().map(|line| line.as_ref()).collect();
    same(&log(case, phone).await?, &expected)
}

/// Waits for the first line in the log of `a`, at most 20 seconds; it must be the only one.
async fn only_line<H: TestHost>(case: &mut Case<'_, H>) -> Result<String, Failure> {
    for _ in 0..1_000 {
        if !log(case, "a").await?.is_empty() {
            break;
        }
        case.pass(20).await;
    }
    match log(case, "a").await?.as_slice() {
        [line] => Ok(line.clone()),
        lines => Err(Failure(format!("{lines:?}"))),
    }
}

/// Nothing is pending at a phone, nor set aside.
async fn is_idle<H: TestHost>(case: &mut Case<'_, H>, phone: &str) -> Verdict {
    let name = name(case, phone);
    same(&case.host.pending::<Phone>(&name).await?, &vec![])?;
    same(&case.host.failed::<Phone>(&name).await?, &vec![])
}

fn echo(text: &str) -> Ask {
    Ask::Echo(text.to_owned())
}

fn plain() -> Manner {
    Manner::default()
}

pub(super) async fn a_call_is_executed_once_and_its_result_handled<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let id = ring(case, "b", echo("hello"), plain()).await?;
    logs(case, "a", &["heard hello"]).await?;
    logs(case, "b", &["asked hello"]).await?;
    same(&run(case, "a", Phone::c().call(id)).await?, &None)?;
    is_idle(case, "a").await?;
    is_idle(case, "b").await
}

pub(super) async fn an_error_of_the_handler_is_an_answer<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    ring(case, "b", Ask::Fail("code".into()), plain()).await?;
    let said = "Fail(\"code\"): the handler failed: as it was told (NotExecuted)";
    logs(case, "a", &[said]).await?;
    // Nothing that the handler wrote is there.
    same(&log(case, "b").await?, &[""; 0])?;
    is_idle(case, "a").await
}

pub(super) async fn a_nested_call_is_one_call<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let steps = Phone::c().ring_nested(name(case, "b"), "one", "two");
    run(case, "a", steps).await?;
    logs(case, "a", &["heard one and two"]).await?;
    logs(case, "b", &["asked one", "asked two"]).await
}

pub(super) async fn the_caller_is_known<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let outside = run(case, "b", Phone::c().answer(Ask::Who)).await?;
    same(&outside.as_str(), &"Outside")?;
    ring(case, "b", Ask::Who, plain()).await?;
    let a = format!("Object {{ class: \"Phone\", name: {:?} }}", name(case, "a"));
    logs(case, "b", &["Outside", &a]).await?;
    let reading = Manner {
        reads: true,
        ..plain()
    };
    ring(case, "b", Ask::Who, reading).await?;
    logs(case, "a", &[format!("heard {a}"), format!("heard {a}")]).await
}

pub(super) async fn a_call_may_only_read<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let reading = || Manner {
        reads: true,
        ..plain()
    };
    ring(case, "b", echo("read"), reading()).await?;
    logs(case, "a", &["heard read"]).await?;
    ring(case, "b", Ask::Destroy, reading()).await?;
    let refused = "Destroy: the handler failed: Destroy would write (NotExecuted)";
    logs(case, "a", &["heard read", refused]).await?;
    same(&log(case, "b").await?, &[""; 0])
}

pub(super) async fn nobody_need_hear_of_the_result<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let forgets = Manner {
        forgets: true,
        ..plain()
    };
    for text in ["1", "2"] {
        ring(case, "b", echo(text), forgets.clone()).await?;
        let expected = &["asked 1", "asked 2"][..text.parse().unwrap_or(0)];
        logs(case, "b", expected).await?;
    }
    ring(case, "b", Ask::Fail("x".into()), forgets).await?;
    case.pass(300).await;
    same(&log(case, "a").await?, &[""; 0])?;
    is_idle(case, "a").await
}

pub(super) async fn what_is_cancelled_or_fails_calls_nobody<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Phone::c().ring_and_hang_up(name(case, "b"), echo("no"));
    same(&run(case, "a", steps).await?, &true)?;
    let steps = Phone::c().ring_and_fail(name(case, "b"), echo("no"));
    let failed = run(case, "a", steps).await;
    check(matches!(failed, Err(CallError::Handler(_))), || {
        format!("{failed:?}")
    })?;
    case.pass(300).await;
    same(&log(case, "b").await?, &[""; 0])?;
    same(&log(case, "a").await?, &[""; 0])?;
    is_idle(case, "a").await
}

/// Makes a phone that answers nobody.
async fn break_phone<H: TestHost>(case: &mut Case<'_, H>, phone: &str) -> Verdict {
    run(case, phone, Phone::c().break_it()).await?;
    // What fails is made anew, and can't be.
    match run(case, phone, Phone::c().answer(Ask::Fail("x".into()))).await {
        Err(_) => Ok(()),
        Ok(told) => Err(Failure(format!("it said {told}"))),
    }
}

pub(super) async fn a_call_is_cancelled_in_flight<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    break_phone(case, "b").await?;
    let id = ring(case, "b", echo("no"), plain()).await?;
    case.pass(50).await;
    let call = run(case, "a", Phone::c().call(id)).await?;
    let waits = call
        .as_ref()
        .is_some_and(|call| awaits(call, &name(case, "b")));
    check(waits, || format!("{call:?}"))?;
    same(&run(case, "a", Phone::c().hang_up(id)).await?, &true)?;
    same(&run(case, "a", Phone::c().hang_up(id)).await?, &false)?;
    case.pass(300).await;
    same(&log(case, "a").await?, &[""; 0])?;
    is_idle(case, "a").await
}

pub(super) async fn a_key_has_one_call_in_flight<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let only = Manner {
        key: Some("only".into()),
        timeout_ms: Some(400),
        ..plain()
    };
    break_phone(case, "b").await?;
    let first = ring(case, "b", echo("1"), only.clone()).await?;
    same(&ring(case, "c", echo("2"), only.clone()).await?, &first)?;
    let known = run(case, "a", Phone::c().call_named("only")).await?;
    same(&known.map(|call| call.id), &Some(first.into()))?;
    // It is free once that call has ended.
    case.pass(1_000).await;
    same(&log(case, "a").await?.len(), &1)?;
    let third = ring(case, "c", echo("3"), only).await?;
    check(third != first, || format!("{third:?}"))?;
    logs(case, "c", &["asked 3"]).await
}

fn failing(fails: u32) -> Manner {
    Manner { fails, ..plain() }
}

pub(super) async fn a_failing_handler_of_an_outcome_is_tried_again<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    ring(case, "b", echo("x"), failing(2)).await?;
    logs(case, "a", &["heard x"]).await?;
    logs(case, "b", &["asked x"]).await?;
    is_idle(case, "a").await
}

pub(super) async fn a_failing_handler_of_an_outcome_is_set_aside_with_it<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    ring(case, "b", echo("x"), failing(3)).await?;
    // The other handler has heard nothing, and `#[on_failed]` once.
    logs(case, "a", &["gave up heard"]).await?;
    let name = name(case, "a");
    let failed = case.host.failed::<Phone>(&name).await?;
    same(&failed.len(), &1)?;
    same(&(failed[0].attempts, failed[0].parked), &(3, false))?;
    same(&failed[0].steps[0].handler, &"heard")?;
    check(failed[0].outcome.is_some(), || format!("{failed:?}"))?;
    same(&case.host.pending::<Phone>(&name).await?, &vec![])
}

pub(super) async fn a_call_to_itself_and_one_back<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    ring(case, "a", echo("me"), plain()).await?;
    logs(case, "a", &["asked me", "heard me"]).await?;
    ring(case, "b", Ask::CallBack(Box::new(echo("back"))), plain()).await?;
    logs(case, "b", &["heard back"]).await?;
    for _ in 0..500 {
        if log(case, "a").await?.len() == 4 {
            break;
        }
        case.pass(20).await;
    }
    // Which of the two comes first is open.
    let mut lines = log(case, "a").await?.split_off(2);
    lines.sort();
    same(&lines, &["asked back", "heard called back"])
}

pub(super) async fn two_objects_call_each_other<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    ring(case, "b", Ask::PingPong(99), plain()).await?;
    logs(case, "a", &["heard ", "the last"]).await?;
    is_idle(case, "a").await
}

pub(super) async fn a_chain_of_objects<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let links: Vec<_> = (0..100).map(|n| name(case, &n.to_string())).collect();
    ring(
        case,
        "b",
        Ask::PassOn(links, Box::new(echo("end"))),
        plain(),
    )
    .await?;
    logs(case, "0", &["asked end"]).await?;
    logs(case, "1", &["heard end"]).await?;
    logs(case, "a", &["heard passed on"]).await
}

pub(super) async fn many_calls_at_once<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let steps = Phone::c().ring_often(name(case, "b"), 1_000);
    run(case, "a", steps).await?;
    for _ in 0..1_000 {
        if log(case, "a").await?.len() >= 1_000 {
            break;
        }
        case.pass(20).await;
    }
    for (phone, word) in [("a", "heard"), ("b", "asked")] {
        let mut lines = log(case, phone).await?;
        lines.sort();
        let mut expected: Vec<_> = (0..1_000).map(|n| format!("{word} {n}")).collect();
        expected.sort();
        same(&lines, &expected)?;
    }
    is_idle(case, "a").await
}

pub(super) async fn a_callee_that_panics<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    ring(case, "b", Ask::Panic, plain()).await?;
    // Where a panic ends more than the handler, it is tried a few times.
    let line = only_line(case).await?;
    check(
        line.starts_with("Panic: ") && line.ends_with("(NotExecuted)"),
        || line.clone(),
    )?;
    same(&log(case, "b").await?, &[""; 0])?;
    is_idle(case, "a").await?;
    // It goes on.
    ring(case, "b", echo("alive"), plain()).await?;
    logs(case, "b", &["asked alive"]).await
}

pub(super) async fn a_callee_that_can_t_be_built_in_time<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    break_phone(case, "b").await?;
    let short = Manner {
        timeout_ms: Some(300),
        ..plain()
    };
    ring(case, "b", echo("late"), short).await?;
    let line = only_line(case).await?;
    contains(
        &line,
        "timed out: the object can't be built: broken on purpose",
    )?;
    contains(&line, "(Unknown)")?;
    is_idle(case, "a").await
}

pub(super) async fn what_is_not_pub_is_refused_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Phone::c().ring_private(name(case, "b"));
    let told = match run(case, "a", steps).await {
        Err(CallError::Handler(error)) => error.to_string(),
        told => return Err(Failure(format!("{told:?}"))),
    };
    contains(&told, "`Phone::heard` is not `pub`")?;
    is_idle(case, "a").await
}

pub(super) async fn an_id_of_nobody_is_said_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Phone::c().ring_by_id("no id at all", echo("x"));
    run(case, "a", steps).await?;
    let line = only_line(case).await?;
    contains(&line, "unreachable: ")?;
    contains(&line, "(NotExecuted)")?;
    is_idle(case, "a").await
}

pub(super) async fn a_type_that_is_not_known_is_said_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    run(case, "a", Phone::c().ring_a_stranger()).await?;
    let line = only_line(case).await?;
    contains(&line, "`Stranger")?;
    contains(&line, "(NotExecuted)")?;
    is_idle(case, "a").await
}

pub(super) async fn a_callee_that_ends_itself_answers<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    ring(case, "b", echo("before"), plain()).await?;
    logs(case, "b", &["asked before"]).await?;
    ring(case, "b", Ask::Destroy, plain()).await?;
    logs(case, "a", &["heard before", "heard destroyed"]).await?;
    same(&log(case, "b").await?, &[""; 0])?;
    // The next one meets a fresh object.
    ring(case, "b", echo("after"), plain()).await?;
    logs(case, "b", &["asked after"]).await?;
    case.host.pass(Duration::from_millis(1_200)).await;
    logs(case, "b", &["asked after"]).await?;
    is_idle(case, "a").await
}
