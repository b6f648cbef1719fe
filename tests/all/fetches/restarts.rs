//! Fetches in a world whose process or executor ends, whose object does, or whose outcomes come late.

use super::world::{Answer, URL, ended, fetch, log, serving};
use lumenize::testing::{CrashPoint, Served, World};
use lumenize::{FetchError, Why};
use lumenize_tests::fetcher::{Fetcher, Wanted};
use std::time::Duration;

#[test]
fn a_late_outcome_of_an_earlier_attempt_is_dropped() {
    // The first attempt's outcome comes when the second is under way.
    let (mut world, heard) = serving(|asked| match asked.attempt {
        1 => Served::status(200, "first"),
        _ => Served::status(200, "second").after(Duration::from_secs(20)),
    });
    world.delay_fetches(Duration::from_secs(3_600));
    for number in 0..20 {
        let wanted = Wanted {
            timeout_ms: Some(30_000),
            retries: Some(100),
            ..Wanted::get(URL)
        };
        fetch(&mut world, &number.to_string(), wanted);
    }
    world.advance(Duration::from_secs(300));
    world.heal();
    let log = ended(&mut world);
    assert_eq!(log.len(), 20);
    let second = log.iter().filter(|line| line.contains("second")).count();
    assert!(second > 10, "{log:?}");
    assert!(heard.borrow().len() > 30);
}

#[test]
fn a_clean_restart_is_no_new_attempt() {
    let (mut world, heard) = serving(|_| Served::status(200, "yes").after(Duration::from_secs(9)));
    fetch(&mut world, "x", Wanted::get(URL));
    world.advance(Duration::from_secs(1));
    world.object::<Fetcher>("a").evict();
    world.advance(Duration::from_secs(1));
    assert_eq!(
        world.object::<Fetcher>("a").run(Fetcher::c().under_way(1)),
        Ok((1, 0))
    );
    assert_eq!(ended(&mut world), ["x: 200 yes (1)"]);
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn after_a_crash_an_attempt_is_made_again_at_once() {
    let (mut world, heard) = serving(|_| Served::status(200, "yes").after(Duration::from_secs(9)));
    fetch(&mut world, "x", Wanted::get(URL));
    let unrepeatable = Wanted {
        key: Some(String::new()),
        ..Wanted::post(URL, "{}")
    };
    fetch(&mut world, "y", unrepeatable);
    world.advance(Duration::from_secs(1));
    world.crash();
    world.advance(Duration::from_millis(100));
    let log = log(&mut world);
    assert!(log[0].starts_with("y: nothing was heard of it"), "{log:?}");
    assert_eq!(heard.borrow().len(), 3);
    assert_eq!(heard.borrow()[2].attempt, 2);
    assert_eq!(ended(&mut world)[1], "x: 200 yes (2)");
    assert_eq!(heard.borrow().len(), 3);
}

/// However far off the end of the attempt is by the clock.
#[test]
fn a_clock_that_was_set_back_does_not_delay_it() {
    let (mut world, heard) = serving(|_| Served::status(200, "yes").after(Duration::from_secs(9)));
    fetch(&mut world, "x", Wanted::get(URL));
    world.advance(Duration::from_secs(1));
    let day_before = world.now() - chrono::TimeDelta::days(1);
    world.set_clock(day_before);
    world.crash();
    world.advance(Duration::from_millis(100));
    // What runs the object again is asked of it: its alarm is of the day after.
    assert_eq!(log(&mut world), [""; 0]);
    world.advance(Duration::from_millis(100));
    assert_eq!(heard.borrow().len(), 2);
}

#[test]
fn an_object_that_ends_hears_of_no_fetch() {
    let (mut world, _) = serving(|_| Served::status(200, "yes").after(Duration::from_secs(1)));
    fetch(&mut world, "x", Wanted::get(URL));
    let steps = Fetcher::c().destroy();
    world.object::<Fetcher>("a").run(steps).unwrap();
    assert_eq!(ended(&mut world), [""; 0]);
}

#[test]
fn an_object_that_can_not_be_built_keeps_its_outcome() {
    let (mut world, heard) = serving(|_| Served::status(200, "yes"));
    fetch(&mut world, "x", Wanted::get(URL));
    let steps = Fetcher::c().break_it();
    world.object::<Fetcher>("a").run(steps).unwrap();
    world.object::<Fetcher>("a").evict();
    world.advance(Duration::from_secs(30));
    let pending = world.object::<Fetcher>("a").pending().unwrap();
    assert!(
        matches!(pending[0].why, Why::CannotBeBuilt(_)),
        "{pending:?}"
    );
    let mend = "DELETE FROM lumenize_state WHERE key = 'broken'";
    world.object::<Fetcher>("a").tamper(mend).unwrap();
    assert_eq!(ended(&mut world), ["x: 200 yes (1)"]);
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn crashes_anywhere_lose_and_double_nothing() {
    let scenarios: [(_, Answer); 4] = [
        ("answered", |_| Served::status(200, "yes")),
        ("again", |asked| match asked.attempt {
            1 => Served::status(503, "no"),
            _ => Served::status(200, "yes"),
        }),
        ("refused", |_| {
            Served::error(FetchError::Refused {
                url: "u".into(),
                reason: "r".into(),
            })
        }),
        ("lost", |asked| match asked.attempt {
            1 => Served::silence(),
            _ => Served::status(200, "yes"),
        }),
    ];
    for (name, answer) in scenarios {
        for fails in 0..2 {
            let tried = World::crash_everywhere(
                1,
                |world| {
                    world.serve(answer);
                    let wanted = Wanted {
                        retries: Some(9),
                        fails,
                        ..Wanted::get(URL)
                    };
                    fetch(world, "x", wanted);
                },
                |world| {
                    world.run_until_idle().unwrap();
                    assert_eq!(world.object::<Fetcher>("a").pending().unwrap(), []);
                    let lines = log(world).into_iter();
                    // How many attempts it took depends on the crash.
                    let lines = lines.map(|line| line.split(" (").next().map(str::to_owned));
                    lines.collect::<Vec<_>>()
                },
            );
            let tried = tried.unwrap();
            println!("{name}, {fails} failures of the handler: {tried} crashes");
            assert!(tried >= 4, "{name}: {tried}");
        }
    }
}

/// Whenever the executor dies, there is one outcome: the first response, or that of an attempt that follows.
#[test]
fn an_executor_may_die_at_any_point() {
    let mut at_which = 0;
    loop {
        let (mut world, heard) = serving(|asked| match asked.attempt {
            1 => Served::status(503, "no").after(Duration::from_secs(2)),
            _ => Served::status(200, "yes").after(Duration::from_secs(2)),
        });
        world.repeat_fetches(100);
        fetch(&mut world, "x", Wanted::get(URL));
        let mut happened = 0;
        while happened < at_which && world.advance_to_next().is_some() {
            happened += 1;
        }
        let over = happened < at_which;
        world.crash_executor();
        let log = ended(&mut world);
        assert_eq!(log.len(), 1, "{at_which}: {log:?}");
        assert!(log[0].starts_with("x: 200 yes ("), "{at_which}: {log:?}");
        let attempts: Vec<_> = heard.borrow().iter().map(|asked| asked.attempt).collect();
        assert!(
            attempts.is_sorted_by(|one, next| one < next),
            "{at_which}: {attempts:?}"
        );
        assert!(attempts.len() <= 4, "{at_which}: {attempts:?}");
        if over {
            break;
        }
        at_which += 1;
    }
    println!("the executor died at {at_which} points");
    assert!(at_which >= 7);
}

#[test]
fn a_crash_between_the_commit_and_the_hand_over_loses_nothing() {
    let (mut world, heard) = serving(|_| Served::status(200, "yes"));
    world
        .object::<Fetcher>("a")
        .run(Fetcher::c().log())
        .unwrap();
    world.crash_at(CrashPoint::AfterCommit(1));
    let steps = Fetcher::c().fetch("x", Wanted::get(URL));
    world.object::<Fetcher>("a").run(steps).unwrap_err();
    assert_eq!(ended(&mut world), ["x: 200 yes (2)"]);
    assert_eq!(heard.borrow().len(), 1);
}
