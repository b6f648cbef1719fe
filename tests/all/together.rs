//! Messages that come together share a commit. Nobody can tell: each gets the answer that it would get
//! alone, and what fails takes nothing with it.

use crate::calls::first_attempt;
use lumenize::prelude::*;
use lumenize::{CallError, ContinuationOf};
use lumenize_runtime::engine::{Effect, Engine, Event, Fetched, Mail, Request, Start, Turns};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{Identity, Tick};
use simulate::Random;
use std::cell::RefCell;
use std::sync::Arc;
use uuid::Uuid;

const NOW: i64 = 1_767_225_600_000;

thread_local! {
    /// What the handlers were given that may write, as they ran.
    static RAN: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

pub struct Tally {
    svc: Services<Self>,
    added: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum End {
    Well,
    Error,
    Panic,
}

#[durable_object]
impl Tally {
    pub fn new(svc: Services<Self>) -> Result<Self> {
        let added = svc.get("added")?.unwrap_or(0);
        Ok(Self { svc, added })
    }

    /// Adds a number, in memory and on disk, and schedules something.
    pub fn add(&mut self, number: u32, end: End) -> Result<u32> {
        RAN.with_borrow_mut(|ran| ran.push(number));
        self.added += number;
        self.svc.put("added", &self.added)?;
        self.svc
            .alarms
            .schedule(Duration::from_secs(60), Self::c().add(0, End::Well))?;
        match end {
            End::Well => Ok(self.added),
            End::Error => Err(lumenize::ErrorCode::new("told", "as it was told").into()),
            End::Panic => panic!("as it was told"),
        }
    }

    /// Fetches; whether one that fails is tried again depends on what is drawn.
    pub fn fetch(&mut self) -> Result<FetchId> {
        let fetch = self.svc.proxy_fetch("http://127.0.0.1:9/");
        let fetch = fetch
            .retry_delay(Duration::from_secs(20))
            .deadline(Duration::from_secs(10));
        Ok(fetch.on_success(|_| Self::c().add(0, End::Well)).send()?)
    }

    /// What was added, in memory, on disk, and how much is scheduled.
    pub fn sum(&self) -> Result<(u32, u32, usize)> {
        let stored = self.svc.get("added")?.unwrap_or(0);
        Ok((
            self.added,
            stored,
            self.svc.alarms.list(Default::default())?.items.len(),
        ))
    }
}

fn engine() -> Engine<Tally> {
    let identity = Identity {
        class: "Tally",
        name: "main".into(),
    };
    Engine::new(
        Arc::new(Sqlite::in_memory().unwrap()),
        identity,
        Start::Clean,
    )
}

type Answers = Vec<(u64, Result<Vec<u8>, CallError>)>;

/// The answers to what comes together, and what ran.
fn hear(engine: &mut Engine<Tally>, mail: Vec<Mail>) -> (Answers, Vec<u32>) {
    let tick = Tick {
        now: NOW,
        entropy: 7,
    };
    let effects = engine.turn(tick, Event::Mail(mail));
    let answers = effects.into_iter().filter_map(|effect| match effect {
        Effect::Reply(reply) => Some((reply.token, reply.answer)),
        _ => None,
    });
    (answers.collect(), RAN.take())
}

fn program<R>(steps: impl ContinuationOf<'static, Tally, R>) -> Vec<u8> {
    steps.into_steps().encode().unwrap()
}

fn message(dice: &mut Random, token: u64) -> Mail {
    let id = |number: u64| Uuid::from_u128(number.into());
    let program = match dice.below(12) {
        0 => return Mail::Acknowledged(id(dice.below(token + 1))),
        1..5 => program(Tally::c().sum()),
        end => program(Tally::c().add(
            token as u32,
            match end {
                5 | 6 => End::Error,
                7 => End::Panic,
                _ => End::Well,
            },
        )),
    };
    let call = (dice.below(2) == 0).then(|| first_attempt(id(token), NOW));
    Mail::Request(Request {
        token,
        program,
        call,
    })
}

#[test]
fn each_is_answered_as_if_it_had_come_alone_and_runs_once() {
    let mut failed = 0;
    for seed in 0..100 {
        let mut dice = Random::new(seed);
        let (mut together, mut alone) = (engine(), engine());
        let mut token = 0;
        for _ in 0..20 {
            let mail: Vec<Mail> = (0..=dice.below(6))
                .map(|_| {
                    token += 1;
                    message(&mut dice, token)
                })
                .collect();
            let mut expected = (Vec::new(), Vec::new());
            for one in mail.clone() {
                let (answers, ran) = hear(&mut alone, vec![one]);
                expected.0.extend(answers);
                expected.1.extend(ran);
            }
            failed += expected
                .0
                .iter()
                .filter(|(_, answer)| answer.is_err())
                .count();
            assert_eq!(hear(&mut together, mail), expected, "seed {seed}");
        }
    }
    assert!(failed > 500, "{failed}");
}

/// What comes of a fetch, with what fails behind it.
#[test]
fn what_begins_again_goes_as_before() {
    let mut ended = 0;
    for number in 0..100 {
        let entropy = number << 64 | number;
        let mut engine = engine();
        let mut turn = |mail| {
            let tick = Tick { now: NOW, entropy };
            let effects = engine.turn(tick, Event::Mail(mail));
            (effects, RAN.take())
        };
        let request = |token, program| {
            Mail::Request(Request {
                token,
                program,
                call: None,
            })
        };
        let (effects, _) = turn(vec![request(1, program(Tally::c().fetch()))]);
        let attempt = effects.into_iter().find_map(|effect| match effect {
            Effect::Fetch(attempt) => Some(attempt),
            _ => None,
        });
        let attempt = attempt.unwrap();
        let busy = http::Response::builder().status(503).body("").unwrap();
        let fetched = Mail::Fetched(Fetched {
            fetch: attempt.fetch,
            attempt: attempt.attempt,
            token: attempt.token,
            outcome: Ok(Response::new(busy, "http://127.0.0.1:9/")),
        });
        let (_, ran) = turn(vec![
            fetched,
            request(2, program(Tally::c().add(5, End::Error))),
        ]);
        match &ran[..] {
            [5] => {}
            [0, 5] => ended += 1,
            _ => panic!("{entropy}: {ran:?}"),
        }
        assert_eq!(
            engine.inspect(Tick { now: NOW, entropy }).unwrap().failed,
            []
        );
        let pending = engine.inspect(Tick { now: NOW, entropy }).unwrap().pending;
        let attempts: Vec<u32> = pending.iter().map(|work| work.attempts).collect();
        assert!(
            attempts.iter().all(|attempts| *attempts <= 1),
            "{attempts:?}"
        );
    }
    assert!((20..80).contains(&ended), "{ended}");
}
