//! Calls in a world, whose network does what the test says.

use lumenize::testing::World;
use lumenize::{CallError, Outcome};
use lumenize_tests::phone::{Ask, Manner, Phone, awaits};
use std::time::Duration;

fn echo(text: &str) -> Ask {
    Ask::Echo(text.to_owned())
}

fn ring(world: &mut World, from: &str, to: &str, ask: Ask) -> lumenize::CallId {
    let steps = Phone::c().ring(to, ask);
    world.object::<Phone>(from).run(steps).unwrap()
}

fn log(world: &mut World, phone: &str) -> Vec<String> {
    world.object::<Phone>(phone).run(Phone::c().log()).unwrap()
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
    assert_eq!(log(&mut world, "a"), ["heard called back", "asked back"]);
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
    struct Stranger;
    #[lumenize::durable_object]
    impl Stranger {
        pub fn new(_: lumenize::Services<Self>) -> Self {
            Self
        }
        pub fn hello(&mut self) {}
    }
    struct Curious {
        svc: lumenize::Services<Self>,
    }
    #[lumenize::durable_object]
    impl Curious {
        pub fn new(svc: lumenize::Services<Self>) -> Self {
            Self { svc }
        }
        pub fn ask(&mut self) -> lumenize::Result<()> {
            self.svc
                .call("x", Stranger::c().hello())
                .on_error(|error| Self::c().note(error))
                .send()?;
            Ok(())
        }
        fn note(&mut self, error: CallError) -> lumenize::Result<()> {
            Ok(self.svc.put("error", &error)?)
        }
        pub fn noted(&self) -> lumenize::Result<Option<CallError>> {
            Ok(self.svc.get("error")?)
        }
    }
    let mut world = World::new(1);
    world
        .object::<Curious>("c")
        .run(Curious::c().ask())
        .unwrap();
    world.run_until_idle().unwrap();
    let noted = world
        .object::<Curious>("c")
        .run(Curious::c().noted())
        .unwrap();
    let noted = noted.unwrap();
    assert!(
        noted.to_string().contains("`world.register::<Stranger>()`"),
        "{noted}"
    );
    assert_eq!(noted.outcome(), Outcome::NotExecuted);
    world.register::<Stranger>();
    world
        .object::<Curious>("c")
        .run(Curious::c().ask())
        .unwrap();
    world.run_until_idle().unwrap();
    assert_eq!(world.object::<Curious>("c").pending().unwrap(), []);
}
