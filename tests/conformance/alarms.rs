//! Alarms that ring.

use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::{At, Job, Lab};
use chrono::{DateTime, TimeDelta, Utc};
use lumenize::ScheduleId;

async fn schedule<H: TestHost>(
    case: &mut Case<'_, H>,
    at: At,
    job: Job,
) -> Result<ScheduleId, Failure> {
    Ok(case.run(Lab::c().schedule(at, job)).await?)
}

fn log(line: &str) -> Job {
    Job::Log(line.to_owned())
}

/// The date of the object's clock, so many milliseconds on.
async fn later<H: TestHost>(case: &mut Case<'_, H>, ms: i64) -> Result<DateTime<Utc>, Failure> {
    Ok(case.run(Lab::c().time()).await? + TimeDelta::milliseconds(ms))
}

pub(super) async fn a_delay_of_zero_rings<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    schedule(case, At::After(0), log("now")).await?;
    case.logs(&["now"]).await?;
    same(&case.pending().await?.len(), &0)
}

pub(super) async fn delays_ring_in_order_and_never_early<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for delay in [150, 0, 40, 90, 1, 2, 3] {
        let due = later(case, delay).await?;
        schedule(case, At::Date(due), Job::Punctual(due)).await?;
    }
    schedule(case, At::After(3_600_000), log("an hour")).await?;
    let seen = case.wait(|seen| seen.log.len() >= 7).await?;
    check(
        seen.log.iter().all(|line| line == "on time or late"),
        || format!("{:?}", seen.log),
    )?;
    same(&case.pending().await?.len(), &1)
}

pub(super) async fn dates_ring_and_past_ones_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let past = later(case, -86_400_000).await?;
    let soon = later(case, 500).await?;
    schedule(case, At::Date(soon), log("soon")).await?;
    schedule(case, At::Date(past), log("past")).await?;
    case.logs(&["past", "soon"]).await
}

pub(super) async fn an_interval_stays_on_its_grid_until_it_is_cancelled<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let id = schedule(case, At::Every(50), log("tick")).await?;
    let first = case.pending().await?.first().map(|work| work.scheduled);
    let seen = case.wait(|seen| seen.log.len() >= 3).await?;
    let next = seen.pending.first().map(|work| work.scheduled);
    let apart = next
        .zip(first)
        .map(|(next, first)| (next - first).num_milliseconds());
    check(apart.is_some_and(|ms| ms >= 150 && ms % 50 == 0), || {
        format!("the next tick is {apart:?} ms after the first")
    })?;
    same(&case.run(Lab::c().cancel(id)).await?, &true)?;
    same(&case.run(Lab::c().cancel(id)).await?, &false)?;
    let ticks = case.log().await?;
    case.pass(150).await;
    same(&case.log().await?, &ticks)?;
    same(&case.pending().await?.len(), &0)
}

pub(super) async fn what_is_cancelled_does_not_run<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let never = schedule(case, At::After(800), log("never")).await?;
    schedule(case, At::After(850), log("after it")).await?;
    same(&case.run(Lab::c().cancel(never)).await?, &true)?;
    case.logs(&["after it"]).await?;
    same(&case.run(Lab::c().cancel(never)).await?, &false)
}

pub(super) async fn a_handler_cancels_its_siblings_and_itself<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let due = At::Date(later(case, 200).await?);
    schedule(case, due.clone(), Job::Cancel("sibling".into())).await?;
    let sibling = schedule(case, due.clone(), log("sibling")).await?;
    let once = schedule(case, due, Job::Cancel("once".into())).await?;
    let tick = schedule(case, At::Every(300), Job::Cancel("tick".into())).await?;
    for (name, id) in [("sibling", sibling), ("tick", tick), ("once", once)] {
        case.run(Lab::c().remember(name.to_owned(), id)).await?;
    }
    case.logs(&[
        "cancelled sibling: true",
        "cancelled once: false",
        "cancelled tick: true",
    ])
    .await?;
    same(&case.pending().await?.len(), &0)
}

pub(super) async fn a_handler_schedules_itself_again_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    schedule(case, At::After(0), Job::Again(0, 30)).await?;
    let expected: Vec<String> = (0..=30).rev().map(|n| format!("again {n}")).collect();
    case.logs(&expected).await
}

pub(super) async fn a_handler_schedules_many_at_once<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    schedule(case, At::After(0), Job::Many(50)).await?;
    let numbers = (0..50).map(|n| n.to_string());
    let expected: Vec<String> = std::iter::once("many".to_owned()).chain(numbers).collect();
    case.logs(&expected).await
}

pub(super) async fn work_of_one_instant_runs_in_the_order_of_scheduling<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().schedule_many(300)).await?;
    let expected: Vec<String> = (0..300).map(|n| format!("count({n})")).collect();
    case.logs(&expected).await
}

pub(super) async fn a_chain_rings_with_its_pipes_and_its_nests<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let due = later(case, 500).await?;
    case.run(Lab::c().schedule_chain(due)).await?;
    let pending = case.pending().await?;
    same(&pending.len(), &1)?;
    let steps: Vec<String> = pending[0].steps.iter().map(ToString::to_string).collect();
    same(&steps.len(), &4)?;
    same(
        &steps[2].as_str(),
        &"two(a: result of step 1, b: result of step 0)",
    )?;
    case.logs(&["count(1)", "count(7)", "two(7, 1)", "text(end)"])
        .await?;
    same(&case.pending().await?.len(), &0)
}

pub(super) async fn what_failed_has_scheduled_nothing<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Lab::c().schedule(At::After(0), log("never")).fail("no");
    contains(&case.refused(steps).await?, "no")?;
    same(&case.pending().await?.len(), &0)?;
    schedule(case, At::After(0), log("other")).await?;
    case.logs(&["other"]).await
}

pub(super) async fn times_out_of_range_are_typed_errors<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let far = Lab::c().schedule(At::After(u64::MAX), log("never"));
    contains(&case.refused(far).await?, "years 1970 and 9999")?;
    let short = Lab::c().schedule(At::Every(0), log("never"));
    contains(&case.refused(short).await?, "at least one millisecond")?;
    same(&case.pending().await?.len(), &0)?;
    // Beyond what workerd takes for an alarm (the year 2189), and still kept.
    let last = DateTime::from_timestamp_millis(253_402_300_799_000).unwrap_or_default();
    schedule(case, At::Date(last), log("never")).await?;
    schedule(case, At::After(10), log("now")).await?;
    case.logs(&["now"]).await?;
    let due: Vec<_> = case.pending().await?.iter().map(|work| work.due).collect();
    same(&due, &[last])
}
