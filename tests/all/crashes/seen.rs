//! What can be seen of an object in the end.

use super::ledger::Ledger;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{CallError, ContinuationOf, Object, PendingWork, StepView};
use lumenize_tests::Lab;
use lumenize_tests::planner::Planner;

#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) log: Vec<String>,
    pub(super) pending: Vec<String>,
    pub(super) failed: Vec<String>,
}

pub(super) fn seen<D: Object>(
    world: &mut World,
    log: impl ContinuationOf<'static, D, Vec<String>>,
) -> Result<Seen, CallError> {
    let mut object = world.object::<D>("main");
    let pending = |work: PendingWork| {
        // What does not recur is due later after a crash, if it is retried.
        let due = work.recurrence.is_some().then_some(work.due);
        let PendingWork {
            name,
            attempts,
            steps,
            ..
        } = work;
        format!("{name:?} {due:?} {attempts} {}", handlers(&steps))
    };
    let failed = |work: FailedWork| {
        let FailedWork {
            parked,
            attempts,
            why,
            steps,
            ..
        } = work;
        format!("{parked} {attempts} {}: {why}", handlers(&steps))
    };
    Ok(Seen {
        log: object.run(log)?,
        pending: object.pending()?.into_iter().map(pending).collect(),
        failed: object.failed()?.into_iter().map(failed).collect(),
    })
}

pub(super) fn lab_seen(world: &mut World) -> Result<Seen, CallError> {
    seen::<Lab>(world, Lab::c().log())
}

/// An item whose attempt the process died of gives up its place in the order.
pub(super) fn lab_seen_in_any_order(world: &mut World) -> Result<Seen, CallError> {
    let mut seen = lab_seen(world)?;
    seen.log.sort();
    Ok(seen)
}

pub(super) fn planner_seen(world: &mut World) -> Result<Seen, CallError> {
    seen::<Planner>(world, Planner::c().log())
}

pub(super) fn ledger_seen(world: &mut World) -> Result<Seen, CallError> {
    seen::<Ledger>(world, Ledger::c().book())
}

/// Without the bytes of their arguments: what these refer to is what the process has seen of a type so
/// far, in other tests too.
fn handlers(steps: &[StepView]) -> String {
    let handlers: Vec<_> = steps.iter().map(|step| &*step.handler).collect();
    handlers.join(" ")
}
