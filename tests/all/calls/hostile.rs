//! Calls whose bytes nobody wrote: refused, or executed as what they decode to.

use lumenize::{CallError, ContinuationOf, HandlerError};
use lumenize_runtime::codec::decode_with_reference;
use lumenize_runtime::continuation::program::{Arg, Program};
use lumenize_runtime::engine::{
    CallHeader, Effect, Engine, Event, Mail, Reply, Request, Start, Turns,
};
use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_runtime::host::{Identity, Tick};
use lumenize_runtime::views::Caller;
use lumenize_tests::phone::{Ask, Phone};
use simulate::Random;
use std::sync::Arc;
use uuid::Uuid;

const NOW: i64 = 1_767_225_600_000;

/// A callee without a host.
struct Callee {
    engine: Engine<Phone>,
    calls: u128,
}

impl Callee {
    fn new() -> Self {
        let identity = Identity {
            class: "Phone",
            name: "callee".into(),
        };
        let storage = Arc::new(Sqlite::in_memory().unwrap());
        Self {
            engine: Engine::new(storage, identity, Start::Clean),
            calls: 0,
        }
    }

    fn tick(&self) -> Tick {
        Tick {
            now: NOW,
            entropy: self.calls,
        }
    }

    fn call(&mut self, program: Vec<u8>) -> Reply {
        self.calls += 1;
        let id = Uuid::from_u128(self.calls);
        self.hear(program, super::first_attempt(id, NOW))
    }

    fn hear(&mut self, program: Vec<u8>, header: CallHeader) -> Reply {
        let request = Request {
            token: 7,
            program,
            call: Some(header),
        };
        let mut happens = Some(Event::Mail(vec![Mail::Request(request)]));
        let mut replies = Vec::new();
        while let Some(event) = happens.take() {
            let tick = self.tick();
            for effect in self.engine.turn(tick, event) {
                match effect {
                    Effect::Reply(reply) => replies.push(reply),
                    Effect::Resume { .. } => happens = Some(Event::Resume),
                    _ => {}
                }
            }
        }
        let [reply] = <[Reply; 1]>::try_from(replies).unwrap();
        assert_eq!(reply.token, 7);
        reply
    }

    fn log(&mut self) -> Vec<String> {
        let bytes = program(Phone::c().log());
        let reply = self.call(bytes);
        decode_with_reference(&reply.answer.unwrap()).unwrap()
    }
}

fn program<R>(steps: impl ContinuationOf<'static, Phone, R>) -> Vec<u8> {
    steps.into_steps().encode().unwrap()
}

fn mutate(dice: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len() as u64) as usize].clone();
    for _ in 0..=dice.below(2) {
        let place = dice.below(bytes.len().max(1) as u64) as usize;
        match dice.below(5) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, dice.below(256) as u8),
            2 if !bytes.is_empty() => drop(bytes.remove(place)),
            3 => {
                let other = &seeds[dice.below(seeds.len() as u64) as usize];
                let from = dice.below(other.len() as u64) as usize;
                bytes.extend_from_slice(&other[from..]);
            }
            _ if !bytes.is_empty() => bytes[place] = dice.below(256) as u8,
            _ => {}
        }
    }
    bytes
}

/// Whether it ends the process, the object or the test's patience, as it was told.
fn is_dangerous(bytes: &[u8]) -> bool {
    let Ok(program) = Program::decode(bytes) else {
        return false;
    };
    let args = program.steps().flat_map(|step| step.args.to_vec());
    let asks = args.filter_map(|arg| match arg {
        Arg::Value(value) => decode_with_reference::<Ask>(value).ok(),
        _ => None,
    });
    let harmless = |ask: &Ask| {
        matches!(
            ask,
            Ask::Echo(_) | Ask::Fail(_) | Ask::Who | Ask::PingPong(_)
        )
    };
    asks.into_iter().any(|ask| !harmless(&ask))
}

/// Both versions are named, and nothing runs: neither for an object nor for who is outside.
#[test]
fn a_program_of_a_newer_format_is_refused() {
    let mut callee = Callee::new();
    let mut newer = program(Phone::c().answer(Ask::Echo("text".into())));
    let known = std::mem::replace(&mut newer[0], 99);
    let text = format!("the program is of format version 99, this code reads version {known}");
    let refused = CallError::Refused { reason: text };
    assert_eq!(callee.call(newer.clone()).answer, Err(refused.clone()));
    let request = Request {
        token: 7,
        program: newer,
        call: None,
    };
    let event = Event::Mail(vec![Mail::Request(request)]);
    let effects = callee.engine.turn(callee.tick(), event);
    let [Effect::Reply(reply)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(reply.answer, Err(refused));
    assert_eq!(callee.log(), [""; 0]);
}

/// Prints how many were executed.
#[test]
fn mutated_calls_are_refused_or_executed_as_what_they_decode_to() {
    let seeds = [
        program(Phone::c().answer(Ask::Echo("text".into()))),
        program(Phone::c().answer(Ask::Who).join("x", "y")),
        program(Phone::c().join(
            Phone::c().peek(Ask::Who),
            Phone::c().answer(Ask::Fail("c".into())),
        )),
        program(Phone::c().ring("b", Ask::Echo("on".into()))),
        program(Phone::c().log()),
        // By its name alone, a private handler.
        [&[2, 1, 5][..], b"heard", &[2, 3, 3, 1, 1, 3, 2, 1, 0]].concat(),
    ];
    let mut dice = Random::new(1);
    let mut callee = Callee::new();
    let mut executed = 0;
    for round in 0..100_000 {
        let bytes = mutate(&mut dice, &seeds);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if is_dangerous(&bytes) {
            continue;
        }
        let reply = callee.call(bytes.clone());
        match reply.answer {
            Ok(_) | Err(CallError::Handler(HandlerError { .. })) => {
                executed += 1;
                let decoded = Program::decode(&bytes).unwrap();
                for step in decoded.steps() {
                    assert!(
                        !["heard", "not_heard"].contains(&step.handler),
                        "{round}: {text}"
                    );
                }
            }
            // It is told again to whoever asks again, unless it could only have read.
            Err(CallError::Refused { .. }) => {
                let reads = |bytes| Engine::<Phone>::only_reads(bytes);
                assert!(reply.kept || reads(&bytes), "{round}: {text}");
            }
            Err(other) => panic!("{round}: {other:?}: {text}"),
        }
    }
    println!("{executed} of 100,000 were executed");
    assert!((100..99_000).contains(&executed), "{executed}");
    let log = callee.log();
    assert!(log.iter().any(|line| line.starts_with("asked")));
    assert!(!log.iter().any(|line| line.starts_with("heard")), "{log:?}");
}

#[test]
fn a_claim_of_much_in_few_bytes_is_refused_at_once() {
    let mut callee = Callee::new();
    // A hundred mebibytes of a value, of a name, of steps, and of arguments.
    let hundred = [0x80, 0x80, 0x80, 0x32];
    for bytes in [
        [&[2, 1, 6][..], b"answer", &[1, 3], &hundred, &[0; 4]].concat(),
        [&[2, 1][..], &hundred, b"answer"].concat(),
        [&[2][..], &hundred, b"answer"].concat(),
        [&[2, 1, 6][..], b"answer", &hundred].concat(),
    ] {
        assert!(bytes.len() <= 20);
        let reply = callee.call(bytes);
        assert!(
            matches!(reply.answer, Err(CallError::Refused { .. })),
            "{reply:?}"
        );
    }
}

/// What comes again, late, too early, or from far in the future.
#[test]
fn a_call_is_looked_up_by_its_id_and_held_against_its_deadline() {
    let mut callee = Callee::new();
    let echo = program(Phone::c().answer(Ask::Echo("x".into())));
    let header = CallHeader {
        id: Uuid::from_u128(u128::MAX),
        attempt: 1,
        deadline: NOW + 60_000,
        hops: 0,
        caller: Caller::Outside,
    };
    let with = |attempt, deadline| CallHeader {
        attempt,
        deadline,
        ..header.clone()
    };
    for late in [NOW, NOW - 1, i64::MIN, NOW + 31 * 24 * 3_600_000, i64::MAX] {
        let reply = callee.hear(echo.clone(), with(1, late));
        assert!(
            matches!(reply.answer, Err(CallError::Timeout { .. })),
            "{reply:?}"
        );
        assert!(!reply.kept);
    }
    assert_eq!(callee.log(), [""; 0]);
    let first = callee.hear(echo.clone(), with(2, NOW + 60_000));
    // An earlier attempt that comes later, and one that says something else.
    let again = callee.hear(echo, with(1, NOW + 60_000));
    let other = program(Phone::c().answer(Ask::Echo("y".into())));
    let other = callee.hear(other, with(3, NOW + 50_000));
    for reply in [&again, &other] {
        assert_eq!(reply.answer, first.answer);
        assert!(reply.kept);
    }
    assert_eq!(callee.log(), ["asked x"]);
}
