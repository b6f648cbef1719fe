//! Calls in a world, whose network does what the test says.

use super::silent;
use lumenize::testing::{CrashPoint, World};
use lumenize::{CallError, IdempotencyKey, Why};
use lumenize_tests::phone::{Ask, Manner, Phone, Stranger, awaits};
use std::time::Duration;

fn echo(text: &str) -> Ask {
    Ask::Echo(text.to_owned())
}

fn ring(world: &mut World, from: &str, to: &str, ask: Ask) -> lumenize::CallId {
    let steps = Phone::c().ring(to, ask);
    world.object::<Phone>(from).run(steps).unwrap()
}

fn log(world: &mut World, phone: &str) -> Vec<String> {
    // The first time that a phone is asked it makes its table, which is a point to crash at.
    let mut phone = world.object::<Phone>(phone);
    phone.run_at_least_once(Phone::c().log()).unwrap()
}

/// What is left in an object's outbox and inbox: rows, and answers that are kept.
fn left(world: &mut World, phone: &str) -> (usize, usize) {
    let pending = world.object::<Phone>(phone).pending().unwrap().len();
    let failed = world.object::<Phone>(phone).failed().unwrap().len();
    (pending, failed)
}

#[test]
fn a_call_is_executed_and_its_result_handled_once() {
    let mut world = World::new(1);
    let id = ring(&mut world, "a", "b", echo("hello"));
    let steps = Phone::c().call(id);
    let call = world.object::<Phone>("a").run(steps).unwrap().unwrap();
    assert!(awaits(&call, "b"), "{call:?}");
    assert_eq!(call.steps[0].handler, "answer");
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "b"), ["asked hello"]);
    assert_eq!(log(&mut world, "a"), ["heard hello"]);
    assert_eq!(left(&mut world, "a"), (0, 0));
    let steps = Phone::c().call(id);
    assert_eq!(world.object::<Phone>("a").run(steps).unwrap(), None);
}

#[test]
fn an_error_of_the_handler_is_an_answer() {
    let mut world = World::new(1);
    ring(&mut world, "a", "b", Ask::Fail("code".into()));
    world.run_until_idle().unwrap();
    // Nothing that the handler wrote is there.
    assert_eq!(log(&mut world, "b"), [""; 0]);
    let said = "Fail(\"code\"): the handler failed: as it was told (NotExecuted)";
    assert_eq!(log(&mut world, "a"), [said]);
}

#[test]
fn a_nested_call_is_one_call() {
    let mut world = World::new(1);
    let steps = Phone::c().ring_nested("b", "one", "two");
    world.object::<Phone>("a").run(steps).unwrap();
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "b"), ["asked one", "asked two"]);
    assert_eq!(log(&mut world, "a"), ["heard one and two"]);
}

#[test]
fn the_caller_is_known() {
    let mut world = World::new(1);
    let steps = Phone::c().answer(Ask::Who);
    assert_eq!(world.object::<Phone>("a").run(steps).unwrap(), "Outside");
    ring(&mut world, "a", "b", Ask::Who);
    ring(&mut world, "a", "a", Ask::Who);
    world.run_until_idle().unwrap();
    let a = "Object { class: \"Phone\", name: \"a\" }";
    assert_eq!(log(&mut world, "b"), [a]);
    assert_eq!(
        log(&mut world, "a")
            .iter()
            .filter(|line| *line == a)
            .count(),
        1
    );
}

#[test]
fn calls_go_back_and_round_and_along_a_chain() {
    let mut world = World::new(1);
    ring(&mut world, "a", "b", Ask::CallBack(Box::new(echo("back"))));
    world.run_until_idle().unwrap();
    let mut lines = log(&mut world, "a");
    lines.sort();
    assert_eq!(lines, ["asked back", "heard called back"]);
    assert_eq!(log(&mut world, "b"), ["heard back"]);

    let names: Vec<String> = (0..100).map(|n| format!("link {n}")).collect();
    ring(
        &mut world,
        "a",
        "first",
        Ask::PassOn(names, Box::new(echo("end"))),
    );
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "link 0"), ["asked end"]);
    assert_eq!(log(&mut world, "link 1"), ["heard end"]);

    ring(&mut world, "a", "a", Ask::PingPong(1_000));
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "a").last().unwrap(), "the last");
}

#[test]
fn what_fails_calls_nobody() {
    let mut world = World::new(1);
    let steps = Phone::c().ring_and_fail("b", echo("no"));
    let error = world.object::<Phone>("a").run(steps).unwrap_err();
    assert_eq!(error.to_string(), "the handler failed: after the call");
    let steps = Phone::c().ring_and_hang_up("b", echo("no"));
    assert!(world.object::<Phone>("a").run(steps).unwrap());
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "b"), [""; 0]);
    assert_eq!(log(&mut world, "a"), [""; 0]);
}

#[test]
fn calls_are_listed_apart_from_schedules() {
    let mut world = World::new(1);
    world
        .object::<Phone>("a")
        .run(Phone::c().ring_often("b", 25))
        .unwrap();
    let (ids, alarms) = world
        .object::<Phone>("a")
        .run(Phone::c().calls(10))
        .unwrap();
    assert_eq!((ids.len(), alarms), (25, 0));
    let pending = world.object::<Phone>("a").pending().unwrap();
    assert_eq!(pending.iter().map(|work| work.id).collect::<Vec<_>>(), ids);
    world.run_until_idle().unwrap();
    let (ids, _) = world
        .object::<Phone>("a")
        .run(Phone::c().calls(10))
        .unwrap();
    assert_eq!(ids, []);
}

#[test]
fn a_key_has_one_call_in_flight() {
    let mut world = World::new(1);
    let manner = Manner {
        key: Some("only".into()),
        ..Manner::default()
    };
    let mut send = |text: &str| {
        let steps = Phone::c().ring_like("b", echo(text), manner.clone());
        world.object::<Phone>("a").run(steps).unwrap()
    };
    let first = send("1");
    assert_eq!(send("2"), first);
    let steps = Phone::c().call_named("only");
    let known = world.object::<Phone>("a").run(steps).unwrap().unwrap();
    assert_eq!(known.id, first.into());
    assert_eq!(known.name.as_deref(), Some("only"));
    world.run_until_idle().unwrap();
    let mut send = |text: &str| {
        let steps = Phone::c().ring_like("b", echo(text), manner.clone());
        world.object::<Phone>("a").run(steps).unwrap()
    };
    assert_ne!(send("3"), first);
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "b"), ["asked 1", "asked 3"]);
}

#[test]
fn a_failing_handler_of_an_outcome_is_retried_then_set_aside_with_it() {
    for (ask, handler) in [
        (echo("x"), "heard"),
        (Ask::Fail("code".into()), "not_heard"),
    ] {
        for fails in [2, 3] {
            let mut world = World::new(1);
            let manner = Manner {
                fails,
                ..Manner::default()
            };
            let steps = Phone::c().ring_like("b", ask.clone(), manner);
            world.object::<Phone>("a").run(steps).unwrap();
            world.run_until_idle().unwrap();
            let failed = world.object::<Phone>("a").failed().unwrap();
            if fails == 2 {
                assert_eq!(failed, []);
                assert_eq!(log(&mut world, "a").len(), 1);
            } else {
                // The other handler has heard nothing, and `#[on_failed]` once.
                assert_eq!(log(&mut world, "a"), [format!("gave up {handler}")]);
                assert_eq!(failed.len(), 1);
                assert_eq!((failed[0].attempts, failed[0].parked), (3, false));
                assert_eq!(failed[0].steps[0].handler, handler);
                assert!(failed[0].outcome.is_some());
            }
        }
    }
}

#[test]
fn a_call_that_is_not_answered_in_time_times_out_and_is_not_executed_later() {
    let mut world = World::new(1);
    world.object::<Phone>("b").run(Phone::c().log()).unwrap();
    world.cut_off::<Phone>("b", true);
    let manner = Manner {
        timeout_ms: Some(30_000),
        ..Manner::default()
    };
    let steps = Phone::c().ring_like("b", echo("late"), manner);
    world.object::<Phone>("a").run(steps).unwrap();
    world.advance(Duration::from_secs(31));
    let lines = log(&mut world, "a");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("timed out") && lines[0].ends_with("(Unknown)"),
        "{lines:?}"
    );
    world.cut_off::<Phone>("b", false);
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world, "b"), [""; 0]);
}

#[test]
fn a_lost_call_is_sent_again_and_executed_once() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        world.lose_messages(50);
        world.repeat_messages(30);
        world.delay_messages(Duration::from_secs(7));
        let manner = Manner {
            timeout_ms: Some(3_600_000),
            ..Manner::default()
        };
        let steps = Phone::c().ring_like("b", echo("x"), manner);
        world.object::<Phone>("a").run(steps).unwrap();
        world.run_until_idle().unwrap();
        assert_eq!(log(&mut world, "a"), ["heard x"], "{seed}");
        assert_eq!(log(&mut world, "b"), ["asked x"], "{seed}");
    }
}

#[test]
fn a_type_that_is_not_known_is_said_at_once() {
    let mut world = World::new(1);
    let ring = |world: &mut World| {
        let steps = Phone::c().ring_a_stranger();
        world.object::<Phone>("a").run(steps).unwrap();
        world.run_until_idle().unwrap();
        log(world, "a")
    };
    let said = "stranger: unreachable: the type `Stranger` is not known to the world; call \
                `world.register::<Stranger>()` (NotExecuted)";
    assert_eq!(ring(&mut world), [said]);
    world.register::<Stranger>();
    assert_eq!(ring(&mut world).len(), 1);
    assert_eq!(left(&mut world, "a"), (0, 0));
}

#[test]
fn two_calls_arrive_in_either_order() {
    let mut orders = Vec::new();
    for seed in 0..50 {
        let mut world = World::new(seed);
        ring(&mut world, "a", "b", echo("1"));
        ring(&mut world, "a", "b", echo("2"));
        world.run_until_idle().unwrap();
        orders.push(log(&mut world, "b"));
    }
    assert!(orders.contains(&vec!["asked 1".into(), "asked 2".into()]));
    assert!(orders.contains(&vec!["asked 2".into(), "asked 1".into()]));
}

/// What both sides keep of a call, whatever comes of it, is the same though the process dies anywhere.
#[test]
fn a_crash_anywhere_changes_nothing_of_a_call() {
    let manners = [
        Manner::default(),
        Manner {
            fails: 2,
            ..Manner::default()
        },
        Manner {
            fails: 3,
            ..Manner::default()
        },
        Manner {
            key: Some("key".into()),
            ..Manner::default()
        },
        Manner {
            forgets: true,
            ..Manner::default()
        },
        Manner {
            reads: true,
            ..Manner::default()
        },
    ];
    let names = vec!["c".to_owned(), "b".to_owned()];
    let asks = [
        echo("x"),
        Ask::Fail("code".into()),
        Ask::CallBack(Box::new(echo("back"))),
        Ask::PassOn(names, Box::new(echo("on"))),
        Ask::Destroy,
        Ask::PingPong(5),
    ];
    let mut tried = 0;
    for manner in &manners {
        for ask in &asks {
            for seed in [1, 2] {
                let before = |world: &mut World| {
                    let steps = Phone::c().ring_like("b", ask.clone(), manner.clone());
                    world.object::<Phone>("a").run(steps).unwrap();
                };
                let during = |world: &mut World| {
                    world.run_until_idle().unwrap();
                    // What a crash made of it is over when its time is.
                    world.advance(Duration::from_secs(200));
                    world.run_until_idle().unwrap();
                    ["a", "b", "c"].map(|phone| {
                        // Two calls, and so their lines, come in any order.
                        let mut lines = log(world, phone);
                        lines.sort();
                        let rows = "SELECT count(*) FROM lumenize_inbox";
                        let known = world.object::<Phone>(phone).number(rows).unwrap();
                        (lines, left(world, phone), known)
                    })
                };
                match World::crash_everywhere(seed, before, during) {
                    Ok(crashes) => tried += crashes,
                    Err(failure) => panic!("{manner:?} {ask:?} {seed}: {failure}"),
                }
            }
        }
    }
    println!("{tried} crashes");
    assert!(tried > 1_000);
}

#[test]
fn calls_that_beget_each_other_for_ever_are_slowed() {
    let mut world = World::new(1);
    world.cut_off::<Phone>("b", true);
    ring(&mut world, "a", "b", Ask::PingPong(20));
    // As if so many had been before: the number stands last.
    let hops = "UPDATE lumenize_queue SET
        detail = CAST(substr(detail, 1, length(detail) - 1) || x'a08d06' AS BLOB)";
    world.object::<Phone>("a").tamper(hops).unwrap();
    world.cut_off::<Phone>("b", false);
    while log(&mut world, "b").is_empty()
        && world.object::<Phone>("b").pending().unwrap().is_empty()
    {
        world.advance_to_next().unwrap();
    }
    let slowed = world.object::<Phone>("b").pending().unwrap();
    assert_eq!(slowed[0].why, Why::Slowed);
    let began = world.now();
    // What comes from outside meanwhile is not slowed.
    ring(&mut world, "b", "c", echo("x"));
    world.advance(Duration::from_millis(50));
    assert_eq!(log(&mut world, "c"), ["asked x"]);
    world.run_until_idle().unwrap();
    assert!(log(&mut world, "b").contains(&"the last".to_owned()));
    let took = (world.now() - began).num_milliseconds();
    assert!((2_000..4_000).contains(&took), "{took} ms");
}

#[test]
fn what_is_destroyed_does_not_execute_a_call_again() {
    // The second attempt arrives when the object is gone, and at a fresh one.
    for seed in 0..100 {
        let mut world = World::new(seed);
        world.repeat_messages(100);
        world.delay_messages(Duration::from_secs(20));
        ring(&mut world, "a", "b", echo("x"));
        ring(&mut world, "c", "b", Ask::Destroy);
        world.advance(Duration::from_secs(50));
        let asked = log(&mut world, "b");
        let heard = log(&mut world, "a");
        assert!(
            asked.is_empty() || asked == ["asked x"],
            "{seed}: {asked:?}"
        );
        assert_eq!(heard, ["heard x"], "{seed}");
        world.advance(Duration::from_secs(300));
        assert_eq!(log(&mut world, "b"), asked, "{seed}");
        assert_eq!(log(&mut world, "c"), ["heard destroyed"], "{seed}");
    }
}

/// A caller outside who asks until it is answered, wherever the process dies.
#[test]
fn a_request_with_a_key_is_executed_once() {
    let mut crashed = 0;
    let mut at = |point: fn(u32) -> CrashPoint| {
        for n in 1.. {
            let mut world = World::new(1);
            let deadline = world.now() + Duration::from_secs(60);
            let mut key = IdempotencyKey::new(uuid::Uuid::from_u128(7), deadline);
            world.object::<Phone>("a").run(Phone::c().log()).unwrap();
            world.crash_at(point(n));
            let mut attempts = 0;
            let said = loop {
                attempts += 1;
                let steps = Phone::c().answer(echo("x"));
                match world.object::<Phone>("a").run_idempotent(&mut key, steps) {
                    Err(CallError::Unreachable { .. }) if attempts < 5 => {}
                    said => break said,
                }
            };
            assert_eq!(said.unwrap(), "x");
            let steps = Phone::c().answer(echo("again"));
            let said = world.object::<Phone>("a").run_idempotent(&mut key, steps);
            assert_eq!(said.unwrap(), "x");
            if world.heal() {
                break;
            }
            crashed += 1;
            assert_eq!(log(&mut world, "a"), ["asked x"]);
            // Later it is refused, and then forgotten.
            world.advance(Duration::from_secs(200));
            let steps = Phone::c().answer(echo("late"));
            let late = world.object::<Phone>("a").run_idempotent(&mut key, steps);
            assert!(matches!(late, Err(CallError::Timeout { .. })), "{late:?}");
            assert_eq!(log(&mut world, "a"), ["asked x"]);
        }
    };
    at(CrashPoint::BeforeCommit);
    at(CrashPoint::AtCommit);
    at(CrashPoint::AfterCommit);
    at(CrashPoint::InHandler);
    assert!(crashed >= 4, "{crashed}");
}

/// A caller is told one thing, whatever comes later.
#[test]
fn what_timed_out_is_told_once_though_it_is_answered_later() {
    let (mut in_time, mut late) = (0, 0);
    for seed in 0..200 {
        let mut world = World::new(seed);
        world.delay_messages(Duration::from_secs(30));
        let manner = Manner {
            timeout_ms: Some(20_000),
            ..Manner::default()
        };
        let steps = Phone::c().ring_like("b", echo("x"), manner);
        world.object::<Phone>("a").run(steps).unwrap();
        world.run_until_idle().unwrap();
        let told = log(&mut world, "a");
        assert_eq!(told.len(), 1, "{seed}: {told:?}");
        let asked = log(&mut world, "b");
        if told == ["heard x"] {
            in_time += 1;
            assert_eq!(asked, ["asked x"], "{seed}");
        } else {
            assert!(told[0].ends_with("(Unknown)"), "{seed}: {told:?}");
            assert!(asked.len() <= 1, "{seed}: {asked:?}");
            late += asked.len();
        }
    }
    assert!(in_time > 10 && late > 10, "{in_time} in time, {late} late");
}

/// Nothing that is told not to have happened happens later.
#[test]
fn what_is_refused_is_not_executed_later() {
    for seed in 0..50 {
        let mut world = World::new(seed);
        world.register::<silent::Phone>();
        world.repeat_messages(100);
        world.delay_messages(Duration::from_secs(20));
        world.redeploy::<silent::Phone>();
        let steps = silent::Phone::c().ring("b");
        world.object::<silent::Phone>("a").run(steps).unwrap();
        // Until the caller is told.
        let told = |world: &mut World| {
            let mut phone = world.object::<silent::Phone>("a");
            phone.run(silent::Phone::c().told()).unwrap()
        };
        while told(&mut world).is_none() {
            world.advance_to_next().unwrap();
        }
        let said = told(&mut world).unwrap();
        assert!(matches!(said, CallError::Refused { .. }), "{said:?}");
        world.redeploy::<Phone>();
        world.run_until_idle().unwrap();
        assert_eq!(log(&mut world, "b"), [""; 0], "{seed}");
    }
}

#[test]
fn what_waits_for_an_object_that_ends_is_told_that_it_is_gone() {
    let mut gone = 0;
    for seed in 0..300 {
        let mut world = World::new(seed);
        world.repeat_messages(100);
        ring(&mut world, "a", "b", Ask::Destroy);
        ring(&mut world, "c", "b", echo("x"));
        world.advance(Duration::from_millis(500));
        let heard = log(&mut world, "c");
        let asked = log(&mut world, "b");
        match heard[0].as_str() {
            // Before the end or after it: in the first case nothing of it is left.
            "heard x" => assert!(asked.len() <= 1, "{seed}"),
            told => {
                assert!(told.contains("was destroyed"), "{seed}: {told}");
                assert!(told.ends_with("(NotExecuted)"), "{seed}: {told}");
                assert_eq!(asked, [""; 0], "{seed}");
                gone += 1;
            }
        }
        assert_eq!(heard.len(), 1);
    }
    assert!(gone > 3, "{gone}");
}

/// However far the clock goes back, and however late an attempt arrives.
#[test]
fn what_was_forgotten_is_not_executed_again() {
    for seed in 0..50 {
        let mut world = World::new(seed);
        world.repeat_messages(100);
        let began = world.now();
        world.delay_messages(Duration::from_secs(1_000));
        let manner = Manner {
            timeout_ms: Some(600_000),
            forgets: true,
            ..Manner::default()
        };
        let steps = Phone::c().ring_like("b", echo("x"), manner);
        world.object::<Phone>("a").run(steps).unwrap();
        let mut set_back = false;
        while world.advance_to_next().is_some() {
            let rows = "SELECT count(*) FROM lumenize_inbox";
            let forgotten = world.now() > began + Duration::from_secs(700)
                && world.object::<Phone>("b").number(rows).unwrap_or(0) == 0;
            if forgotten && !set_back {
                set_back = true;
                world.set_clock(began);
            }
        }
        assert!(log(&mut world, "b").len() <= 1, "{seed}");
    }
}
