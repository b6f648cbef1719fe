//! Chains, pipes and nests.

use lumenize::CallError;
use lumenize::testing::World;
use lumenize_tests::Lab;

fn run(continuation: lumenize_tests::LabContinuation<'static, u32>) -> (u32, Vec<String>) {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let result = lab.run(continuation).unwrap();
    (result, lab.run(Lab::c().log()).unwrap())
}

#[test]
fn chains_run_in_order_and_return_the_last_result() {
    let (result, log) = run(Lab::c().count(1).count(2).text("three"));
    assert_eq!(
        (result, log),
        (
            5,
            vec!["count(1)".into(), "count(2)".into(), "text(three)".into()]
        )
    );
}

#[test]
fn a_pipe_is_linked_to_its_step_whatever_stands_in_between() {
    let (result, log) = run(Lab::c()
        .count(1)
        .count(2)
        .then(|x| Lab::c().two(Lab::c().count(7), x)));
    assert_eq!(result, 72);
    assert_eq!(log, ["count(1)", "count(2)", "count(7)", "two(7, 2)"]);
}

#[test]
fn nests_run_left_to_right_each_once() {
    let (result, log) = run(Lab::c().two(
        Lab::c().two(Lab::c().count(1), Lab::c().count(2)),
        Lab::c().count(3).then(|x| Lab::c().two(x, x)),
    ));
    assert_eq!(result, 12 * 10 + 33);
    assert_eq!(
        log,
        [
            "count(1)",
            "count(2)",
            "two(1, 2)",
            "count(3)",
            "two(3, 3)",
            "two(12, 33)"
        ]
    );
}

#[test]
fn pipes_within_pipes_reach_the_outer_ones() {
    let (result, log) = run(Lab::c()
        .count(1)
        .then(|x| Lab::c().count(2).then(move |y| Lab::c().two(y, x)))
        .then(|z| Lab::c().two(z, z)));
    assert_eq!(result, 21 * 10 + 21);
    assert_eq!(log, ["count(1)", "count(2)", "two(2, 1)", "two(21, 21)"]);
}

#[test]
fn an_error_in_the_last_step_leaves_no_trace() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let error = lab
        .run(Lab::c().count(1).count(2).count(3).count(4).fail("five"))
        .unwrap_err();
    assert_eq!(error.to_string(), "the handler failed: five");
    assert_eq!(lab.run(Lab::c().log()).unwrap(), [""; 0]);

    lab.run(Lab::c().count(0).schedule_failing_chain()).unwrap();
    world.advance(std::time::Duration::from_millis(1));
    let mut lab = world.object::<Lab>("main");
    assert_eq!(lab.run(Lab::c().log()).unwrap(), ["count(0)"]);
    let failed = lab.failed().unwrap();
    assert_eq!(failed[0].steps.len(), 5);
    assert_eq!(failed[0].why.message, "five");
}

#[test]
fn a_private_handler_is_refused_to_callers() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let error = lab.run(Lab::hidden_continuation()).unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
    assert!(
        error.to_string().contains("`hidden` is not `pub`"),
        "{error}"
    );
}

#[test]
fn a_result_that_is_passed_on_has_the_limit_too() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let weigh = |count| Lab::c().count(count).weigh(Lab::c().bytes(count));
    assert_eq!(lab.run(weigh(1_000_000)).unwrap(), 1_000_000);
    let error = lab.run(weigh(1_100_000)).unwrap_err().to_string();
    assert!(error.contains("the limit is 1048576"), "{error}");
    assert_eq!(
        lab.run(Lab::c().log()).unwrap(),
        ["count(1000000)", "weigh"]
    );
}

#[test]
fn limits_are_typed_errors() {
    let mut world = World::new(1);
    let mut lab = world.object::<Lab>("main");
    let mut steps = Lab::c().count(0);
    for n in 1..256 {
        steps = steps.count(n);
    }
    assert_eq!(lab.run(steps).unwrap(), 255);
    let mut steps = Lab::c().count(0);
    for n in 1..=256 {
        steps = steps.count(n);
    }
    let error = lab.run(steps).unwrap_err().to_string();
    assert!(error.contains("257 steps, the limit is 256"), "{error}");
    let error = lab
        .run(Lab::c().text("x".repeat(1 << 20)))
        .unwrap_err()
        .to_string();
    assert!(error.contains("the limit is 1048576"), "{error}");
    assert_eq!(lab.run(Lab::c().log()).unwrap().len(), 256);
}
