//! Cron, intervals, names, lists and what `#[on_failed]` is told.

use super::{Case, Failure, TestHost, Verdict, check, contains, same};
use crate::Lab;
use crate::planner::{Moment, Planner, PlannerContinuation, Task};
use chrono::{TimeDelta, Timelike};
use lumenize::{
    CallError, FailedFilter, Output, Recurrence, RetryPolicy, ScheduleFilter, ScheduleKind, Why,
};
use std::fmt::Debug;
use std::time::Duration;

impl<H: TestHost> Case<'_, H> {
    async fn plans<R: Output>(
        &mut self,
        steps: PlannerContinuation<'static, R>,
    ) -> Result<R, CallError> {
        self.host.run::<Planner, R>(&self.object, steps).await
    }

    /// Waits until the planner's log has as many lines as expected, at most ten seconds.
    async fn planned(&mut self, expected: &[&str]) -> Verdict {
        for _ in 0..1_000 {
            if self.plans(Planner::c().log()).await?.len() >= expected.len() {
                break;
            }
            self.pass(10).await;
        }
        self.pass(30).await;
        same(&self.plans(Planner::c().log()).await?, &expected)
    }

    async fn plans_not<R: Output + Debug>(
        &mut self,
        steps: PlannerContinuation<'static, R>,
    ) -> Result<String, Failure> {
        match self.plans(steps).await {
            Ok(result) => Err(Failure(format!("it ran and returned {result:?}"))),
            Err(error) => Ok(error.to_string()),
        }
    }
}

fn log(line: &str) -> Task {
    Task::Log(line.to_owned())
}

fn name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn cron(expression: &str) -> Moment {
    Moment::Cron(expression.to_owned())
}

pub(super) async fn cron_rings_on_full_seconds<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let schedule = case
        .plans(Planner::c().plan(None, cron("* * * * * *"), log("tick")))
        .await?;
    same(&schedule.due.nanosecond(), &0)?;
    let work = case.plans(Planner::c().get(schedule.id)).await?;
    let recurrence = work.and_then(|work| work.recurrence);
    same(
        &recurrence,
        &Some(Recurrence::Cron {
            expression: "* * * * * *".to_owned(),
            zone: None,
        }),
    )?;
    let mut ticks = 0;
    for _ in 0..500 {
        ticks = case.plans(Planner::c().log()).await?.len();
        if ticks >= 2 {
            break;
        }
        case.pass(10).await;
    }
    check(ticks >= 2, || format!("it ticked {ticks} times"))?;
    let now = case.plans(Planner::c().time()).await?;
    let next = case.plans(Planner::c().get(schedule.id)).await?;
    let next = next.map(|work| work.due);
    check(
        next.is_some_and(|next| next.nanosecond() == 0 && next > now - TimeDelta::seconds(1)),
        || format!("at {now} the next is {next:?}"),
    )?;
    same(&case.plans(Planner::c().cancel(schedule.id)).await?, &true)
}

pub(super) async fn a_bad_expression_is_refused_when_it_is_scheduled<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for (expression, said) in [
        ("0 0 31 2 *", "never"),
        ("61 * * * *", "61"),
        ("", "empty"),
        ("* * * *", "field"),
    ] {
        let refused = case
            .plans_not(Planner::c().plan(None, cron(expression), log("never")))
            .await?;
        contains(&refused, said)?;
    }
    let page = case
        .plans(Planner::c().list(ScheduleFilter::default()))
        .await?;
    same(&page.items.len(), &0)
}

pub(super) async fn an_equal_upsert_leaves_a_named_schedule_alone<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let hourly = Moment::Every(3_600_000);
    let first = case
        .plans(Planner::c().plan(name("hourly"), hourly.clone(), log("hourly")))
        .await?;
    case.pass(20).await;
    for _ in 0..3 {
        let again = case
            .plans(Planner::c().plan(name("hourly"), hourly.clone(), log("hourly")))
            .await?;
        same(&again, &first)?;
    }
    // Another interval, other work: from the start, under the same id.
    for (at, task) in [
        (Moment::Every(7_200_000), log("hourly")),
        (Moment::Every(7_200_000), log("two hourly")),
        (Moment::After(7_200_000), log("two hourly")),
    ] {
        case.pass(5).await;
        let changed = case
            .plans(Planner::c().plan(name("hourly"), at, task))
            .await?;
        same(&changed.id, &first.id)?;
        check(changed.due > first.due + TimeDelta::hours(1), || {
            format!("{changed:?} after {first:?}")
        })?;
    }
    let page = case
        .plans(Planner::c().list(ScheduleFilter::default()))
        .await?;
    same(&page.items.len(), &1)?;
    same(
        &case.plans(Planner::c().cancel_named("hourly")).await?,
        &true,
    )?;
    same(
        &case.plans(Planner::c().cancel_named("hourly")).await?,
        &false,
    )?;
    same(&case.plans(Planner::c().get_named("hourly")).await?, &None)
}

/// The same value refers to another shape once more was seen of its type.
pub(super) async fn an_upsert_is_equal_though_more_is_known_of_a_type<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let first = case.plans(Planner::c().plan_maybe(None)).await?;
    case.pass(5).await;
    let other = case.plans(Planner::c().plan_maybe(name("x"))).await?;
    check(other.due > first.due, || {
        format!("{other:?} after {first:?}")
    })?;
    let none = case.plans(Planner::c().plan_maybe(None)).await?;
    case.pass(5).await;
    same(&case.plans(Planner::c().plan_maybe(None)).await?, &none)
}

pub(super) async fn a_name_is_free_when_its_work_ran_or_failed<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for (task, line) in [
        (log("once"), "once"),
        (Task::Fail("no".to_owned()), "told after 1 attempts: no"),
    ] {
        case.plans(Planner::c().plan(name("once"), Moment::After(0), task))
            .await?;
        for _ in 0..500 {
            if case
                .plans(Planner::c().log())
                .await?
                .iter()
                .any(|l| l == line)
            {
                break;
            }
            case.pass(10).await;
        }
        same(&case.plans(Planner::c().get_named("once")).await?, &None)?;
    }
    for bad in ["", &"x".repeat(257)] {
        let refused = case
            .plans_not(Planner::c().plan(name(bad), Moment::After(0), log("never")))
            .await?;
        contains(&refused, "1 to 256")?;
    }
    case.planned(&["once", "told after 1 attempts: no"]).await
}

pub(super) async fn a_failing_occurrence_is_set_aside_and_told_and_the_rest_goes_on<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let id = case
        .plans(Planner::c().plan(
            name("often"),
            Moment::Every(200),
            Task::Fail("no".to_owned()),
        ))
        .await?
        .id;
    let told = "told after 1 attempts: no";
    for _ in 0..1_000 {
        if case.plans(Planner::c().log()).await?.len() >= 2 {
            break;
        }
        case.pass(10).await;
    }
    let work = case.plans(Planner::c().get_named("often")).await?;
    same(&work.map(|work| work.id), &Some(id.into()))?;
    same(&case.plans(Planner::c().cancel(id)).await?, &true)?;
    let log = case.plans(Planner::c().log()).await?;
    check(
        log.len() >= 2 && log.iter().all(|line| line == told),
        || format!("{log:?}"),
    )?;
    let failed = case
        .plans(Planner::c().failed(FailedFilter::default()))
        .await?;
    same(&failed.items.len(), &log.len())?;
    same(&failed.items[0].name, &name("often"))?;
    check(failed.items.iter().all(|work| work.id != id.into()), || {
        format!("{failed:?}")
    })
}

pub(super) async fn what_is_told_of_failed_work_may_itself_fail<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.plans(Planner::c().fail_when_told(1)).await?;
    case.plans(Planner::c().plan(None, Moment::After(0), Task::Fail("no".to_owned())))
        .await?;
    for _ in 0..300 {
        let page = case
            .plans(Planner::c().list(ScheduleFilter::default()))
            .await?;
        if matches!(page.items.first().map(|work| &work.why), Some(Why::Retrying(error)) if error.message == "not now")
        {
            break;
        }
        case.pass(10).await;
    }
    // Tried again, it is told once.
    case.planned(&["told after 1 attempts: no"]).await?;
    let failed = case
        .plans(Planner::c().failed(FailedFilter::default()))
        .await?;
    same(&failed.items.len(), &1)
}

/// Ticks that pass during the retries are made up for once.
pub(super) async fn a_retry_and_the_next_tick_are_one_run<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let policy = RetryPolicy::default()
        .jitter(false)
        .initial_delay(Duration::from_millis(250));
    let task = Task::FailBefore(2, "done".to_owned());
    let schedule = case
        .plans(Planner::c().plan_with(None, Moment::Every(100), task, policy))
        .await?;
    case.planned(&["done"]).await?;
    let work = case.plans(Planner::c().get(schedule.id)).await?;
    let apart = work.map(|work| (work.scheduled - schedule.due).num_milliseconds());
    check(apart.is_some_and(|ms| ms >= 300 && ms % 100 == 0), || {
        format!("the next is {apart:?} ms after the first")
    })?;
    same(&case.plans(Planner::c().cancel(schedule.id)).await?, &true)
}

pub(super) async fn lists_have_filters_and_pages<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let hour = 3_600_000;
    for n in 0..5 {
        case.plans(Planner::c().plan(None, Moment::After(hour + n), log("once")))
            .await?;
    }
    case.plans(Planner::c().plan(name("a/1"), Moment::Every(hour), log("interval")))
        .await?;
    case.plans(Planner::c().plan_daily()).await?;
    let all = ScheduleFilter::default();
    let count = |filter: ScheduleFilter| Planner::c().list(filter);
    for (filter, expected) in [
        (all.clone(), 7),
        (all.clone().kind(ScheduleKind::Once), 5),
        (all.clone().kind(ScheduleKind::Interval), 1),
        (all.clone().kind(ScheduleKind::Cron), 1),
        (all.clone().name_prefix("a/"), 1),
        (all.clone().name_prefix("b/"), 0),
    ] {
        let page = case.plans(count(filter.clone())).await?;
        check(page.items.len() == expected && page.next.is_none(), || {
            format!("{filter:?}: {} of {expected}", page.items.len())
        })?;
    }
    let whole = case.plans(count(all.clone())).await?.items;
    check(whole.is_sorted_by_key(|work| (work.due, work.id)), || {
        format!("{whole:?}")
    })?;
    let (first, last) = (whole[1].due, whole[4].due);
    let some = case
        .plans(count(all.clone().due_from(first).due_before(last)))
        .await?;
    check(
        some.items
            .iter()
            .all(|work| work.due >= first && work.due < last)
            && some.items.first().map(|work| work.due) == Some(first),
        || format!("{some:?}"),
    )?;
    let mut paged = Vec::new();
    let mut filter = all.limit(3);
    loop {
        let page = case.plans(count(filter.clone())).await?;
        check(page.items.len() <= 3, || format!("{}", page.items.len()))?;
        paged.extend(page.items);
        let Some(next) = page.next else {
            break;
        };
        filter = filter.after(next);
    }
    same(&paged, &whole)
}

pub(super) async fn failed_work_is_listed_retried_and_discarded<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    for n in 1..=3 {
        let task = Task::FailBefore(2, format!("again {n}"));
        case.plans(Planner::c().plan(None, Moment::After(0), task))
            .await?;
    }
    let mut told = vec![
        "told after 1 attempts: again 1",
        "told after 1 attempts: again 2",
        "told after 1 attempts: again 3",
    ];
    case.planned(&told).await?;
    let page = case
        .plans(Planner::c().failed(FailedFilter::default().limit(2)))
        .await?;
    same(&page.items.len(), &2)?;
    let filter = FailedFilter::default().parked(false);
    let rest = filter.after(page.next.ok_or(Failure("no next page".to_owned()))?);
    same(
        &case.plans(Planner::c().failed(rest)).await?.items.len(),
        &1,
    )?;
    let parked = FailedFilter::default().parked(true);
    same(
        &case.plans(Planner::c().failed(parked)).await?.items.len(),
        &0,
    )?;
    let (first, second) = (page.items[0].id, page.items[1].id);
    same(&case.plans(Planner::c().discard(first)).await?, &true)?;
    same(&case.plans(Planner::c().discard(first)).await?, &false)?;
    same(&case.plans(Planner::c().retry(first)).await?, &false)?;
    same(&case.plans(Planner::c().retry(second)).await?, &true)?;
    told.push("told after 1 attempts: again 2");
    case.planned(&told).await?;
    same(&case.plans(Planner::c().retry_all()).await?, &2)?;
    told.extend([
        "told after 1 attempts: again 2",
        "told after 1 attempts: again 3",
    ]);
    case.planned(&told).await
}

pub(super) async fn a_handler_plans_itself_again_under_its_own_name<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let task = Task::Again("own".to_owned(), 3);
    case.plans(Planner::c().plan(name("own"), Moment::After(0), task))
        .await?;
    case.planned(&["again 3", "again 2", "again 1", "again 0"])
        .await?;
    same(&case.plans(Planner::c().get_named("own")).await?, &None)
}

pub(super) async fn what_is_pending_says_what_it_is<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let schedule = case
        .plans(Planner::c().plan(name("hourly"), Moment::Every(3_600_000), log("tick")))
        .await?;
    let Some(work) = case.plans(Planner::c().get(schedule.id)).await? else {
        return Err(Failure("it is not pending".to_owned()));
    };
    same(&work.id, &schedule.id.into())?;
    same(&(work.due, work.scheduled), &(schedule.due, schedule.due))?;
    same(&(&work.name, work.attempts), &(&name("hourly"), 0))?;
    same(&work.why, &Why::Due)?;
    let hour = Duration::from_secs(3_600);
    same(&work.recurrence, &Some(Recurrence::Every(hour)))?;
    same(&work.steps.len(), &1)?;
    same(&work.steps[0].handler.as_str(), &"run")?;
    let named = case.plans(Planner::c().get_named("hourly")).await?;
    same(&named.as_ref(), &Some(&work))?;
    let listed = case
        .plans(Planner::c().list(ScheduleFilter::default()))
        .await?;
    same(&listed.items, &[work])?;
    same(&case.plans(Planner::c().cancel(schedule.id)).await?, &true)?;
    same(&case.plans(Planner::c().get(schedule.id)).await?, &None)
}

pub(super) async fn one_run_adds_eight_mebibytes_at_most<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    // Each fits into a program, and nine are too many.
    let heavy = |items| Lab::c().schedule_heavy(items, 1_000_000);
    let refused = case.refused(heavy(9)).await?;
    contains(&refused, "8388608 bytes of work")?;
    same(&case.pending().await?.len(), &0)?;
    case.run(heavy(8)).await?;
    case.logs(&["heavy 1000000"; 8]).await
}

pub(super) async fn one_run_adds_a_thousand_items_at_most<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let refused = case.plans_not(Planner::c().run(Task::Add(1_001))).await?;
    contains(&refused, "at most 1000 items")?;
    // Both are due at once, and so run in one batch.
    let due = case.plans(Planner::c().time()).await? + TimeDelta::milliseconds(200);
    for task in [Task::Add(1_001), log("neighbour")] {
        case.plans(Planner::c().plan(None, Moment::Date(due), task))
            .await?;
    }
    let told = "told after 1 attempts: one run may add at most 1000 items and 8388608 bytes of work; add the rest in an item of its own";
    case.planned(&["neighbour", told]).await?;
    let page = case
        .plans(Planner::c().list(ScheduleFilter::default()))
        .await?;
    same(&page.items.len(), &0)?;
    case.plans(Planner::c().run(Task::AddRegardless(1_001)))
        .await?;
    let page = case
        .plans(Planner::c().list(ScheduleFilter::default().limit(1_000)))
        .await?;
    same(&page.items.len(), &1_000)
}

pub(super) async fn what_is_destroyed_is_gone<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let hour = Moment::After(3_600_000);
    // By a handler that fails: nothing has happened.
    case.plans_not(Planner::c().run(log("before")).run(Task::DestroyAndFail))
        .await?;
    case.plans(Planner::c().run(log("before"))).await?;
    case.plans(Planner::c().plan(name("a"), hour.clone(), log("never")))
        .await?;
    same(&case.plans(Planner::c().log()).await?, &["before"])?;
    // By a caller, in the middle of a chain.
    let chain = Planner::c().destroy().run(log("after"));
    case.plans(chain).await?;
    same(&case.plans(Planner::c().log()).await?.len(), &0)?;
    same(&case.plans(Planner::c().get_named("a")).await?, &None)?;
    // By an alarm: what is due with it is gone, too.
    let due = case.plans(Planner::c().time()).await? + TimeDelta::milliseconds(150);
    for task in [Task::Destroy, log("never")] {
        case.plans(Planner::c().plan(None, Moment::Date(due), task))
            .await?;
    }
    case.plans(Planner::c().plan(name("tick"), Moment::Every(10_000), Task::Destroy))
        .await?;
    case.plans(Planner::c().run(log("here"))).await?;
    for _ in 0..500 {
        if case.plans(Planner::c().log()).await?.is_empty() {
            break;
        }
        case.pass(10).await;
    }
    case.pass(50).await;
    same(&case.plans(Planner::c().log()).await?.len(), &0)?;
    let page = case
        .plans(Planner::c().list(ScheduleFilter::default()))
        .await?;
    same(&page.items.len(), &0)?;
    // A fresh object works.
    case.plans(Planner::c().plan(None, Moment::After(0), log("again")))
        .await?;
    case.planned(&["again"]).await
}
