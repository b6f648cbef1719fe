//! Objects fetch while everything goes wrong: of each fetch one of the two handlers runs, once, and no
//! server is asked more often than it may be.

use crate::fetcher::{Fetcher, Wanted};
use crate::mishaps::{Mishaps, pass};
use lumenize::FetchError;
use lumenize::testing::{Asked, Served, World};
use simulate::Random;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

const OBJECTS: u64 = 4;

/// What a server does with a request, by its URL's path and the attempt.
fn answer(asked: &Asked, dice: &mut Random) -> Served {
    let served = match dice.below(8) {
        0 => Served::status(503, "busy"),
        1 => Served::status(404, "none"),
        2 => Served::error(FetchError::Network {
            reason: "broken".to_owned(),
        }),
        3 => Served::silence(),
        _ => Served::status(200, format!("attempt {}", asked.attempt)),
    };
    match dice.below(3) {
        0 => served.after(Duration::from_millis(dice.below(40_000))),
        _ => served,
    }
}

/// A fetch, and what is known of it.
#[derive(Debug)]
struct Sent {
    object: String,
    about: String,
    retries: u32,
    repeatable: bool,
    /// Whether it was taken back.
    cancelled: bool,
}

/// What a seed's world goes through, and what must be there then.
///
/// # Panics
/// If it is not.
pub fn run(seed: u64) {
    let mut dice = Random::new(seed);
    let mut world = World::new(seed);
    // By the fetch's own words: the numbers of the attempts that the server has heard of.
    let heard: Rc<RefCell<BTreeMap<String, Vec<u32>>>> = Rc::default();
    let hears = Rc::clone(&heard);
    let mut server = Random::new(!seed);
    world.serve(move |asked| {
        let about = asked.request.uri().path().trim_matches('/').to_owned();
        hears
            .borrow_mut()
            .entry(about)
            .or_default()
            .push(asked.attempt);
        answer(asked, &mut server)
    });
    // A swarm: each seed has some of the faults.
    if dice.one_in(2) {
        world.lose_fetches(dice.below(40) as u32);
    }
    if dice.one_in(2) {
        world.repeat_fetches(dice.below(60) as u32);
    }
    if dice.one_in(3) {
        world.delay_fetches(Duration::from_secs(1 + dice.below(90)));
    }
    let mishaps = Mishaps::begin(&mut world, &mut dice);
    let (executors, evicts, cancels) = (dice.one_in(3), dice.one_in(2), dice.one_in(3));
    let mut sent: Vec<Sent> = Vec::new();
    for number in 0..5 + dice.below(15) {
        let object = format!("fetcher {}", dice.below(OBJECTS));
        mishaps.befall(&mut world, &mut dice);
        if executors && dice.one_in(3) {
            world.crash_executor();
        }
        if evicts && dice.one_in(2) {
            world.object::<Fetcher>(&object).evict();
        }
        sent.push(send(&mut world, &mut dice, object, number));
        if cancels && dice.one_in(2) {
            let one = dice.below(sent.len() as u64) as usize;
            let taken = Fetcher::c().cancel_about(sent[one].about.as_str());
            let mut object = world.object::<Fetcher>(&sent[one].object);
            sent[one].cancelled = object.run_at_least_once(taken).unwrap();
        }
        pass(&mut world, &mut dice, 600);
    }
    world.heal();
    world.run_until_idle().unwrap();
    for fetch in &sent {
        check(&mut world, fetch, &heard.borrow());
    }
    for number in 0..OBJECTS {
        let mut object = world.object::<Fetcher>(&format!("fetcher {number}"));
        assert_eq!(object.pending().unwrap(), []);
        assert_eq!(object.failed().unwrap(), []);
    }
    assert_eq!(world.next_wake(), None);
}

/// Asks until it is known to be under way: what it is about makes it happen once.
fn send(world: &mut World, dice: &mut Random, object: String, number: u64) -> Sent {
    let about = format!("fetch-{number}");
    let url = format!("https://example.com/{about}");
    let retries = dice.below(4) as u32;
    let wanted = Wanted {
        retries: Some(retries),
        timeout_ms: Some(1 + dice.below(30_000)),
        deadline_ms: Some(1 + dice.below(300_000)),
        delay_ms: Some(dice.below(10_000)),
        fails: dice.below(3) as u32,
        ..match dice.below(3) {
            0 => Wanted::get(url),
            1 => Wanted::post(url, "{}"),
            _ => Wanted {
                key: Some(String::new()),
                ..Wanted::post(url, "{}")
            },
        }
    };
    let repeatable = wanted.key.is_none();
    let steps = || Fetcher::c().fetch_once(about.as_str(), wanted.clone());
    let mut fetcher = world.object::<Fetcher>(&object);
    fetcher.run_at_least_once(steps()).unwrap();
    Sent {
        object,
        about,
        retries,
        repeatable,
        cancelled: false,
    }
}

fn check(world: &mut World, fetch: &Sent, heard: &BTreeMap<String, Vec<u32>>) {
    let log = world
        .object::<Fetcher>(&fetch.object)
        .run(Fetcher::c().log());
    let about = format!("{}: ", fetch.about);
    let lines: Vec<_> = log
        .unwrap()
        .into_iter()
        .filter(|l| l.starts_with(&about))
        .collect();
    let asked = heard.get(&fetch.about).map_or(&[][..], Vec::as_slice);
    let known = (fetch, &lines, asked);
    match fetch.cancelled {
        true => assert_eq!(lines.len(), 0, "{known:?}"),
        false => assert_eq!(lines.len(), 1, "{known:?}"),
    }
    // Each attempt is made once, and there are no more than there may be. (One that is given up for lost
    // may come later than the next, when the clock was set.)
    let different: BTreeSet<_> = asked.iter().collect();
    assert_eq!(different.len(), asked.len(), "{known:?}");
    let most = if fetch.repeatable {
        fetch.retries + 1
    } else {
        1
    };
    assert!(asked.iter().all(|attempt| *attempt <= most), "{known:?}");
    if let Some(line) = lines.first().filter(|line| line.contains(": 200 attempt ")) {
        // The response is that of the attempt that it says.
        let rest = line.split(": 200 attempt ").nth(1).unwrap_or_default();
        let (attempt, attempts) = rest.split_once(" (").unwrap_or_default();
        assert_eq!(format!("{attempt})"), attempts, "{known:?}");
        assert!(
            asked.contains(&attempt.parse().unwrap_or_default()),
            "{known:?}"
        );
    }
}
