//! What every host must do: each scenario is one function over [`TestHost`], run on the world, on
//! the embedded host and, within a Worker, on workerd.

mod alarms;
mod calls;
mod failures;
mod fetches;
#[cfg(not(target_family = "wasm"))]
pub mod hosts;
mod programs;
mod recurrence;
#[cfg(not(target_family = "wasm"))]
pub mod report;
pub mod sql;
mod sql_refusals;
pub mod storage;
mod values;

use crate::{Lab, LabContinuation};
use lumenize::{CallError, FailedWork, Object, Output, PendingWork};
use std::fmt::Debug;
use std::time::Duration;

/// A host under test.
#[allow(async_fn_in_trait)] // nobody needs the futures to be `Send`
pub trait TestHost {
    /// Runs a continuation on an object.
    async fn run<D: Object, R: Output>(
        &mut self,
        object: &str,
        continuation: D::Continuation<'static, R>,
    ) -> Result<R, CallError>
    where
        D::Continuation<'static, R>: lumenize::ContinuationOf<'static, D, R>;

    /// What an object has pending.
    async fn pending<D: Object>(&mut self, object: &str) -> Result<Vec<PendingWork>, CallError>;

    /// What an object has set aside.
    async fn failed<D: Object>(&mut self, object: &str) -> Result<Vec<FailedWork>, CallError>;

    /// Lets time pass.
    async fn pass(&mut self, time: Duration);

    /// The URL of the server that objects can fetch from, without a path.
    fn server(&self) -> String;
}

/// What a scenario found wrong.
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a scenario ends with.
pub type Verdict = Result<(), Failure>;

/// A scenario's own object on a host.
struct Case<'h, H> {
    host: &'h mut H,
    object: String,
}

impl<H: TestHost> Case<'_, H> {
    async fn run<R: Output>(&mut self, steps: LabContinuation<'static, R>) -> Result<R, CallError> {
        self.host.run::<Lab, R>(&self.object, steps).await
    }

    /// What is said to a continuation that must not be run.
    async fn refused<R: Output + Debug>(
        &mut self,
        steps: LabContinuation<'static, R>,
    ) -> Result<String, Failure> {
        match self.run(steps).await {
            Ok(result) => Err(Failure(format!("it ran and returned {result:?}"))),
            Err(error) => Ok(error.to_string()),
        }
    }

    async fn log(&mut self) -> Result<Vec<String>, CallError> {
        self.run(Lab::c().log()).await
    }

    async fn pending(&mut self) -> Result<Vec<PendingWork>, CallError> {
        self.host.pending::<Lab>(&self.object).await
    }

    async fn failed(&mut self) -> Result<Vec<FailedWork>, CallError> {
        self.host.failed::<Lab>(&self.object).await
    }

    async fn pass(&mut self, ms: u64) {
        self.host.pass(Duration::from_millis(ms)).await;
    }

    /// Waits until the log has as many lines as expected, at most ten seconds, and a little longer
    /// to see whether there are more. It must be what is expected then.
    async fn logs<S: AsRef<str>>(&mut self, expected: &[S]) -> Verdict {
        self.wait(|seen| seen.log.len() >= expected.len()).await?;
        self.pass(30).await;
        let expected: Vec<_> = expected
            .iter()
            .map(|line| line.as_ref().to_owned())
            .collect();
        same(&self.log().await?, &expected)
    }

    /// Waits until `done`, at most ten seconds.
    async fn wait(&mut self, done: impl Fn(&Seen) -> bool) -> Result<Seen, Failure> {
        let mut seen = Seen::default();
        for _ in 0..1_000 {
            seen = Seen {
                log: self.log().await?,
                pending: self.pending().await?,
                failed: self.failed().await?,
            };
            if done(&seen) {
                return Ok(seen);
            }
            self.pass(10).await;
        }
        Err(Failure(format!(
            "it is not done after ten seconds: {seen:?}"
        )))
    }
}

#[derive(Debug, Default)]
struct Seen {
    log: Vec<String>,
    pending: Vec<PendingWork>,
    failed: Vec<FailedWork>,
}

#[track_caller]
fn same<A: Debug + PartialEq<B>, B: Debug>(found: &A, expected: &B) -> Verdict {
    check(found == expected, || {
        format!("found {found:?}, expected {expected:?}")
    })
}

#[track_caller]
fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    let place = std::panic::Location::caller();
    match holds {
        true => Ok(()),
        false => Err(Failure(format!("{place}: {}", otherwise()))),
    }
}

#[track_caller]
fn contains(text: &str, part: &str) -> Verdict {
    check(text.contains(part), || {
        format!("{text:?} should contain {part:?}")
    })
}

macro_rules! scenarios {
    ($($module:ident: $($name:ident)*;)*) => {
        /// All scenarios, as `module::name`.
        pub const NAMES: &[&str] = &[$($(concat!(stringify!($module), "::", stringify!($name)),)*)*];

        /// Runs a scenario on objects of its own, whose names begin with `prefix`; `None` if there
        /// is none of this name.
        pub async fn run<H: TestHost>(name: &str, host: &mut H, prefix: &str) -> Option<Verdict> {
            let mut case = Case { host, object: format!("{prefix}{name}") };
            match name {
                $($(concat!(stringify!($module), "::", stringify!($name)) => {
                    Some($module::$name(&mut case).await)
                })*)*
                _ => None,
            }
        }
    };
}

scenarios! {
    programs:
        a_chain_runs_in_order_and_returns_the_last_result
        a_pipe_is_linked_to_its_step
        nests_run_from_left_to_right_once_each
        a_pipe_within_a_pipe_reaches_the_outer_one
        an_error_in_the_last_step_leaves_no_trace
        what_is_not_pub_is_refused
        the_limits_are_typed_errors
        a_program_of_256_steps_runs
        objects_are_apart_and_know_their_names;
    alarms:
        a_delay_of_zero_rings
        delays_ring_in_order_and_never_early
        dates_ring_and_past_ones_at_once
        an_interval_stays_on_its_grid_until_it_is_cancelled
        what_is_cancelled_does_not_run
        a_handler_cancels_its_siblings_and_itself
        a_handler_schedules_itself_again_at_once
        a_handler_schedules_many_at_once
        work_of_one_instant_runs_in_the_order_of_scheduling
        times_out_of_range_are_typed_errors
        a_chain_rings_with_its_pipes_and_its_nests
        what_failed_has_scheduled_nothing;
    recurrence:
        cron_rings_on_full_seconds
        a_bad_expression_is_refused_when_it_is_scheduled
        an_equal_upsert_leaves_a_named_schedule_alone
        an_upsert_is_equal_though_more_is_known_of_a_type
        a_name_is_free_when_its_work_ran_or_failed
        a_failing_occurrence_is_set_aside_and_told_and_the_rest_goes_on
        what_is_told_of_failed_work_may_itself_fail
        a_retry_and_the_next_tick_are_one_run
        lists_have_filters_and_pages
        failed_work_is_listed_retried_and_discarded
        a_handler_plans_itself_again_under_its_own_name
        what_is_pending_says_what_it_is
        one_run_adds_a_thousand_items_at_most
        one_run_adds_eight_mebibytes_at_most
        what_is_destroyed_is_gone;
    failures:
        a_failing_item_concerns_no_other
        a_failing_handler_is_retried
        what_fails_for_good_is_set_aside_and_tried_again_on_demand
        a_failing_chain_is_set_aside_whole
        an_interval_goes_on_after_a_failed_occurrence
        a_retry_gives_up_its_place
        an_error_keeps_its_code_and_details
        an_object_that_can_t_be_built_says_so_and_its_work_waits
        what_is_not_understood_is_parked_without_an_attempt
        parked_work_is_repaired_on_demand
        parked_work_is_discarded_on_demand;
    sql:
        rows_are_structs_tuples_and_scalars
        what_an_insertion_changes_is_counted_whatever_it_sets_off
        parameters_are_what_they_were
        what_can_t_be_read_was_not_written
        numbers_are_exact_or_refused
        the_limits_of_sql_are_the_same
        a_book_of_statements_gives_the_same_rows
        all_that_reads_runs_in_a_handler_that_reads;
    sql_refusals:
        what_is_not_for_handlers_is_refused
        a_handler_that_reads_runs_no_sql_that_writes
        a_mistake_leaves_the_handlers_other_writes
        an_item_s_mistakes_concern_no_other;
    values:
        state_is_kept_by_its_type
        a_value_is_read_by_the_names_in_it
        an_entry_over_the_limit_of_a_row_is_refused
        what_cannot_be_read_back_is_refused_when_it_is_scheduled
        json_describes_itself
        a_handler_that_reads_cannot_write;
    calls:
        a_call_is_executed_once_and_its_result_handled
        an_error_of_the_handler_is_an_answer
        a_nested_call_is_one_call
        the_caller_is_known
        a_call_may_only_read
        nobody_need_hear_of_the_result
        what_is_cancelled_or_fails_calls_nobody
        a_call_is_cancelled_in_flight
        a_key_has_one_call_in_flight
        a_failing_handler_of_an_outcome_is_tried_again
        a_failing_handler_of_an_outcome_is_set_aside_with_it
        a_call_to_itself_and_one_back
        two_objects_call_each_other
        a_chain_of_objects
        many_calls_at_once
        a_callee_that_panics
        a_callee_that_can_t_be_built_in_time
        what_is_not_pub_is_refused_at_once
        an_id_of_nobody_is_said_at_once
        a_type_that_is_not_known_is_said_at_once
        a_callee_that_ends_itself_answers;
    fetches:
        a_response_comes_to_its_handler
        any_status_is_a_response
        a_request_arrives_as_it_is
        a_busy_server_is_asked_again
        the_last_answer_of_a_busy_server_is_the_outcome
        what_may_not_be_repeated_is_not
        a_server_is_given_the_time_it_asks_for
        an_attempt_ends_in_its_time
        so_does_one_whose_body_never_ends
        a_connection_that_breaks_is_no_response
        where_nobody_listens_there_is_no_response
        a_body_has_its_limit
        the_largest_body_comes_whole
        redirects_are_followed_to_their_end
        what_is_cancelled_in_flight_is_not_heard_of
        what_a_handler_takes_back_is_not_fetched
        an_executor_that_is_not_there_is_said_at_once
        a_failing_handler_is_given_the_same_response_again
        nobody_need_hear_of_the_response
        many_at_once
        what_is_destroyed_hears_of_nothing;
}
