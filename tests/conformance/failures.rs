//! What fails concerns nobody else, and is never dropped.

use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::{At, FaultyShelf, Job, Lab};
use lumenize::{CallError, PendingWork, RetryPolicy, Why};
use std::time::Duration;

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

fn quick(attempts: u32) -> RetryPolicy {
    RetryPolicy::default()
        .attempts(attempts)
        .initial_delay(Duration::from_millis(20))
        .jitter(false)
}

pub(super) async fn a_failing_item_concerns_no_other<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let due = case.run(Lab::c().time()).await? + Duration::from_millis(200);
    for job in [
        log("1"),
        log("2"),
        Job::Fail("3".into()),
        log("4"),
        log("5"),
    ] {
        let steps = Lab::c().schedule_with(At::Date(due), job, RetryPolicy::none());
        case.run(steps).await?;
    }
    // Each reading of the log compares memory with disk.
    case.logs(&["1", "2", "4", "5"]).await?;
    let failed = case.failed().await?;
    same(&failed.len(), &1)?;
    for work in failed {
        same(&(work.attempts, work.parked), &(1, false))?;
        same(&work.why.message, &"3")?;
    }
    Ok(())
}

pub(super) async fn a_failing_handler_is_retried<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let job = Job::FailBefore(3, "the third".into());
    case.run(Lab::c().schedule_with(At::After(0), job, quick(5)))
        .await?;
    let mid = case
        .wait(|seen| seen.pending.iter().all(|work| work.attempts > 0))
        .await?;
    for work in mid.pending {
        let retrying =
            matches!(&work.why, Why::Retrying(error) if error.message.contains("attempt"));
        check(retrying, || format!("{:?}", work.why))?;
    }
    case.logs(&["the third"]).await?;
    same(&case.failed().await?.len(), &0)
}

pub(super) async fn what_fails_for_good_is_set_aside_and_tried_again_on_demand<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let job = Job::Fail("no".into());
    case.run(Lab::c().schedule_with(At::After(0), job, quick(3)))
        .await?;
    for _ in 0..2 {
        let seen = case
            .wait(|seen| seen.pending.is_empty() && !seen.failed.is_empty())
            .await?;
        same(&(seen.pending.len(), seen.failed.len()), &(0, 1))?;
        for work in &seen.failed {
            same(&work.attempts, &3)?;
            same(&work.why.message, &"no")?;
            same(&work.steps[0].handler, &"job")?;
        }
        same(&case.run(Lab::c().retry_failed()).await?, &1)?;
    }
    let seen = case.wait(|seen| !seen.failed.is_empty()).await?;
    same(&case.run(Lab::c().discard(seen.failed[0].id)).await?, &true)?;
    same(&case.failed().await?.len(), &0)?;
    same(&case.log().await?, &[""; 0])
}

pub(super) async fn a_failing_chain_is_set_aside_whole<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule_failing_chain()).await?;
    let seen = case.wait(|seen| !seen.failed.is_empty()).await?;
    same(&seen.log, &[""; 0])?;
    same(&seen.failed[0].steps.len(), &5)?;
    same(&seen.failed[0].why.message, &"five")
}

pub(super) async fn an_interval_goes_on_after_a_failed_occurrence<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let job = Job::Fail("no".into());
    case.run(Lab::c().schedule_with(At::Every(40), job, RetryPolicy::none()))
        .await?;
    let seen = case.wait(|seen| seen.failed.len() >= 3).await?;
    same(&seen.pending.len(), &1)?;
    same(&seen.log, &[""; 0])
}

pub(super) async fn a_retry_gives_up_its_place<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let due = case.run(Lab::c().time()).await? + Duration::from_millis(500);
    for job in [
        Job::FailBefore(2, "first".into()),
        log("second"),
        log("third"),
    ] {
        case.run(Lab::c().schedule_with(At::Date(due), job, quick(2)))
            .await?;
    }
    case.logs(&["second", "third", "first"]).await?;
    same(&case.failed().await?.len(), &0)
}

pub(super) async fn an_error_keeps_its_code_and_details<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let details = FaultyShelf {
        shelf: "B 12".to_owned(),
        missing: vec![("nails".to_owned(), Some(1 << 60)), ("é".to_owned(), None)],
    };
    let steps = Lab::c().count(1);
    let steps = steps.fail_with_code("out_of_stock", details.clone());
    let told = case.run(steps).await;
    let Err(CallError::Handler(error)) = told else {
        return Err(Failure(format!("{told:?}")));
    };
    same(&error.code.as_deref(), &Some("out_of_stock"))?;
    same(&error.message.as_str(), &"a code of its own")?;
    same(&error.details::<FaultyShelf>()?, &Some(details))?;
    same(&case.log().await?, &[""; 0])
}

pub(super) async fn an_object_that_can_t_be_built_says_so_and_its_work_waits<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule(At::After(800), log("waits")))
        .await?;
    case.run(Lab::c().break_new()).await?;
    // What fails is made anew, and can't be.
    case.refused(Lab::c().fail("no")).await?;
    let told = case.refused(Lab::c().count(1)).await?;
    contains(&told, "can't be built: broken on purpose")?;
    case.pass(1_000).await;
    let pending = case.pending().await?;
    let waits = |work: &PendingWork| {
        let reason = match &work.why {
            Why::CannotBeBuilt(error) => error.message.as_str(),
            _ => "",
        };
        work.attempts == 0 && reason == "broken on purpose"
    };
    check(pending.len() == 1 && pending.iter().all(waits), || {
        format!("{pending:?}")
    })?;
    same(&case.failed().await?.len(), &0)
}

pub(super) async fn parked_work_is_repaired_on_demand<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule_odds()).await?;
    let seen = case.wait(|seen| !seen.failed.is_empty()).await?;
    let id = seen.failed[0].id;
    // Not yet.
    same(&case.run(Lab::c().mend(id, 4)).await?, &true)?;
    let seen = case.wait(|seen| !seen.failed.is_empty()).await?;
    same(&(seen.failed[0].id, seen.failed[0].parked), &(id, true))?;
    same(&case.run(Lab::c().mend(id, 5)).await?, &true)?;
    case.logs(&["odd 1", "odd 5"]).await?;
    same(&case.failed().await?.len(), &0)?;
    same(&case.run(Lab::c().mend(id, 5)).await?, &false)
}

pub(super) async fn parked_work_is_discarded_on_demand<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule_odds()).await?;
    let seen = case.wait(|seen| !seen.failed.is_empty()).await?;
    same(&seen.failed[0].parked, &true)?;
    let id = seen.failed[0].id;
    same(&case.run(Lab::c().discard(id)).await?, &true)?;
    same(&case.run(Lab::c().discard(id)).await?, &false)?;
    same(&case.run(Lab::c().retry_failed()).await?, &0)?;
    case.logs(&["odd 1"]).await
}

pub(super) async fn what_is_not_understood_is_parked_without_an_attempt<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule_odds()).await?;
    case.run(Lab::c().schedule(At::After(0), log("neighbour")))
        .await?;
    case.logs(&["odd 1", "neighbour"]).await?;
    let failed = case.failed().await?;
    same(&failed.len(), &1)?;
    same(&(failed[0].parked, failed[0].attempts), &(true, 0))?;
    contains(&failed[0].why.message, "`odd`: the argument `number`")?;
    // Under the same code it is parked again.
    same(&case.run(Lab::c().retry_failed()).await?, &1)?;
    let seen = case.wait(|seen| seen.failed.len() == 1).await?;
    same(&seen.failed[0].parked, &true)
}
