//! Messages that come together share a commit. Nobody can tell: each gets the answer that it would get
//! alone, and what fails takes nothing with it.

use crate::calls::first_attempt;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{CallError, ContinuationOf};
use lumenize_runtime::engine::{
    Effect, Engine, Event, Fetched, Mail, Request, Start, Tried, Turns,
};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{
    Answer, End as Ends, Identity, Param, Rights, SqlError, SqlErrorKind, SqlValue, Storage, Tick,
};
use simulate::Random;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

    /// Breaks a foreign key.
    pub fn break_key(&mut self) -> Result<()> {
        let tables = [
            "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE child (parent INTEGER REFERENCES parent (id))",
            "INSERT INTO child VALUES (99)",
        ];
        for sql in tables {
            self.svc.execute(sql, ())?;
        }
        Ok(())
    }

    /// Ends it.
    pub fn destroy(&mut self) -> Result<()> {
        RAN.with_borrow_mut(|ran| ran.push(0));
        Ok(self.svc.destroy()?)
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
    on(Arc::new(Sqlite::in_memory().unwrap()))
}

fn on(storage: Arc<dyn Storage>) -> Engine<Tally> {
    let identity = Identity {
        class: "Tally",
        name: "main".into(),
    };
    Engine::new(storage, identity, Start::Clean)
}

/// Storage on which handlers have no savepoints, or that loses the next transaction.
struct Odd {
    database: Sqlite,
    spares: bool,
    loses: AtomicBool,
}

fn odd(spares: bool, loses: bool) -> Engine<Tally> {
    on(Arc::new(Odd {
        database: Sqlite::in_memory().unwrap(),
        spares,
        loses: AtomicBool::new(loses),
    }))
}

impl Storage for Odd {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.database.query(sql, params)
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.database.run(sql, params, rights)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Ends) -> Result<Ends, SqlError> {
        if !self.loses.swap(false, Ordering::Relaxed) {
            return self.database.transaction(body);
        }
        self.database.transaction(&mut || {
            body();
            Ends::Rollback
        })?;
        Err(SqlError {
            kind: SqlErrorKind::Disk,
            message: "it was lost".to_owned(),
            committing: false,
        })
    }

    fn spares_savepoints(&self) -> bool {
        self.spares
    }

    fn stands(&self) -> bool {
        self.database.stands()
    }

    fn set_alarm(&self, at: Option<i64>) {
        self.database.set_alarm(at);
    }
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

/// Also what destroys the object: what comes before it is executed, and what comes behind it is told that it is gone.
#[test]
fn without_savepoints_each_is_answered_as_with_them_and_none_runs_three_times() {
    let (mut failed, mut gone, mut twice) = (0, 0, 0);
    for seed in 0..300 {
        let mut dice = Random::new(seed);
        let mut with = engine();
        let mut without = odd(true, false);
        let mut token = 0;
        for _ in 0..4 {
            let mut mail: Vec<Mail> = (0..=dice.below(8))
                .map(|_| {
                    token += 1;
                    message(&mut dice, token)
                })
                .collect();
            if dice.below(4) == 0 {
                token += 1;
                let destroys = Mail::Request(Request {
                    token,
                    program: program(Tally::c().destroy()),
                    call: None,
                });
                mail.insert(dice.below(mail.len() as u64 + 1) as usize, destroys);
            }
            let (expected, once) = hear(&mut with, mail.clone());
            let (answers, ran) = hear(&mut without, mail);
            assert_eq!(answers, expected, "seed {seed}");
            for number in &once {
                let times = ran.iter().filter(|other| *other == number).count();
                assert!((1..=2).contains(&times), "seed {seed}: {number}: {times}");
                twice += times - 1;
            }
            assert!(
                ran.iter().all(|number| once.contains(number)),
                "seed {seed}"
            );
            failed += answers.iter().filter(|(_, answer)| answer.is_err()).count();
            let is_gone = |answer: &Result<_, CallError>| *answer == Err(CallError::Gone);
            gone += answers.iter().filter(|(_, answer)| is_gone(answer)).count();
            let left = |engine: &mut Engine<Tally>| {
                let tick = Tick {
                    now: NOW,
                    entropy: 7,
                };
                engine.inspect(tick).unwrap().pending.len()
            };
            assert_eq!(left(&mut without), left(&mut with), "seed {seed}");
        }
    }
    assert!(
        failed > 1_000 && gone > 100 && twice > 50,
        "{failed}, {gone}, {twice}"
    );
}

/// That an object was destroyed is forgotten with the transaction in which it was.
#[test]
fn what_comes_before_the_end_of_an_object_is_executed_though_their_transaction_was_lost() {
    let call = |number: u32| {
        Mail::Request(Request {
            token: number.into(),
            program: program(Tally::c().add(number, End::Well)),
            call: Some(first_attempt(Uuid::from_u128(number.into()), NOW)),
        })
    };
    let destroys = Mail::Request(Request {
        token: 2,
        program: program(Tally::c().destroy()),
        call: None,
    });
    let (answers, ran) = hear(&mut odd(false, true), vec![call(1), destroys, call(3)]);
    let ends: Vec<_> = answers
        .iter()
        .map(|(_, answer)| answer.as_ref().err())
        .collect();
    assert_eq!(ends, [None, None, Some(&CallError::Gone)]);
    assert_eq!(ran, [1, 0, 1, 0]);
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
            tried: Tried::Ended(Ok(Response::new(busy, "http://127.0.0.1:9/"))),
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

#[test]
fn callers_who_ask_at_the_same_time_share_a_commit_in_a_world() {
    let mut world = World::new(1);
    world.fail_commit(2);
    let add = |number, end| Tally::c().add(number, end);
    let mut tally = world.object::<Tally>("main");
    let told = tally.run_together([add(1, End::Well), add(2, End::Error), add(4, End::Well)]);
    assert!(matches!(told[1], Err(CallError::Handler(_))), "{told:?}");
    assert_eq!([&told[0], &told[2]], [&Ok(1), &Ok(5)]);
    assert_eq!(RAN.take(), [1, 2, 4]);
    // Its commit is the second.
    let told = tally.run_together([add(8, End::Well), add(16, End::Well)]);
    let lost = |told: &Result<u32, CallError>| matches!(told, Err(CallError::Unreachable { .. }));
    assert!(told.iter().all(lost), "{told:?}");
    assert_eq!(RAN.take(), [8, 16]);
    assert_eq!(tally.run(Tally::c().sum()), Ok((5, 5, 2)));
}

/// What breaks a foreign key hears of it, as it would alone; to drop all tables their checks were put off.
#[test]
fn behind_a_destroy_keys_are_checked_where_they_are_broken() {
    for spare in [false, true] {
        let mut world = World::new(1);
        world.spare_savepoints(spare);
        let mut tally = world.object::<Tally>("main");
        let broken = |told: &Result<(), CallError>| matches!(told, Err(CallError::Handler(_)));
        let alone = tally.run(Tally::c().break_key());
        assert!(broken(&alone), "{alone:?}");
        tally.run(Tally::c().add(1, End::Well)).unwrap();
        let told = tally.run_together([Tally::c().destroy(), Tally::c().break_key()]);
        assert_eq!(told[0], Ok(()));
        assert!(broken(&told[1]), "{told:?}");
    }
}
