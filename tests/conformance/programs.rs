//! Chains, pipes, nests, and their limits.

use super::{Case, TestHost, Verdict, contains, same};
use crate::Lab;
use lumenize::CallError;

pub(super) async fn a_chain_runs_in_order_and_returns_the_last_result<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Lab::c().count(1).count(2).text("three");
    same(&case.run(steps).await?, &5)?;
    same(&case.log().await?, &["count(1)", "count(2)", "text(three)"])
}

pub(super) async fn a_pipe_is_linked_to_its_step<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let steps = Lab::c()
        .count(1)
        .count(2)
        .then(|x| Lab::c().two(Lab::c().count(7), x));
    same(&case.run(steps).await?, &72)?;
    let expected = ["count(1)", "count(2)", "count(7)", "two(7, 2)"];
    same(&case.log().await?, &expected)
}

pub(super) async fn nests_run_from_left_to_right_once_each<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Lab::c().two(
        Lab::c().two(Lab::c().count(1), Lab::c().count(2)),
        Lab::c().count(3).then(|x| Lab::c().two(x, x)),
    );
    same(&case.run(steps).await?, &(12 * 10 + 33))?;
    let expected = [
        "count(1)",
        "count(2)",
        "two(1, 2)",
        "count(3)",
        "two(3, 3)",
        "two(12, 33)",
    ];
    same(&case.log().await?, &expected)
}

pub(super) async fn a_pipe_within_a_pipe_reaches_the_outer_one<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let steps = Lab::c()
        .count(1)
        .then(|x| Lab::c().count(2).then(move |y| Lab::c().two(y, x)))
        .then(|z| Lab::c().two(z, z));
    same(&case.run(steps).await?, &(21 * 10 + 21))?;
    let expected = ["count(1)", "count(2)", "two(2, 1)", "two(21, 21)"];
    same(&case.log().await?, &expected)
}

pub(super) async fn an_error_in_the_last_step_leaves_no_trace<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    case.run(Lab::c().count(0)).await?;
    let steps = Lab::c().count(1).count(2).count(3).count(4).fail("five");
    same(
        &case.refused(steps).await?.as_str(),
        &"the handler failed: five",
    )?;
    same(&case.log().await?, &["count(0)"])
}

pub(super) async fn what_is_not_pub_is_refused<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let told = case.refused(Lab::hidden_continuation()).await?;
    contains(&told, "`hidden` is not `pub`")?;
    same(&case.log().await?, &[""; 0])
}

pub(super) async fn the_limits_are_typed_errors<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    contains(
        &case.refused(counts(257)).await?,
        "257 steps, the limit is 256",
    )?;
    let large = "x".repeat(1 << 20);
    contains(
        &case.refused(Lab::c().text(large)).await?,
        "the limit is 1048576",
    )?;
    let weigh = |count| Lab::c().count(count).weigh(Lab::c().bytes(count));
    contains(
        &case.refused(weigh(1_100_000)).await?,
        "the limit is 1048576",
    )?;
    same(&case.log().await?, &[""; 0])?;
    same(&case.run(weigh(1_000_000)).await?, &1_000_000)
}

pub(super) async fn a_program_of_256_steps_runs<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    same(&case.run(counts(256)).await?, &255)?;
    same(&case.log().await?.len(), &256)
}

fn counts(steps: u32) -> crate::LabContinuation<'static, u32> {
    (1..steps).fold(Lab::c().count(0), |steps, n| steps.count(n))
}

pub(super) async fn objects_are_apart_and_know_their_names<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let names: Vec<String> = ["a", "ä/€ 🦀", "a "]
        .iter()
        .map(|name| format!("{}{name}", case.object))
        .collect();
    for (n, name) in names.iter().enumerate() {
        let steps = Lab::c().count(n as u32);
        case.host.run::<Lab, u32>(name, steps).await?;
    }
    for (n, name) in names.iter().enumerate() {
        let log: Result<Vec<String>, CallError> =
            case.host.run::<Lab, _>(name, Lab::c().log()).await;
        same(&log?, &[format!("count({n})")])?;
        same(
            &case.host.run::<Lab, String>(name, Lab::c().name()).await?,
            name,
        )?;
    }
    Ok(())
}
