use super::super::{Message, read_request};
use super::*;
use crate::error::HandlerError;

/// One step without arguments.
const PROGRAM: &[u8] = b"\x02\x01\x02go\x00";

fn header() -> CallHeader {
    CallHeader {
        id: Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        attempt: 2,
        deadline: 1_767_225_660_000,
        hops: 300,
        caller: Caller::Object {
            class: "Lab".into(),
            name: "main".into(),
        },
    }
}

fn read(message: &[u8]) -> Result<Letter<'_>, CallError> {
    match read_request(message, |_| true)? {
        Message::Letter(letter) => Ok(letter),
        other => Err(CallError::refused(format!("{other:?}"))),
    }
}

/// Objects of two releases send each other these bytes.
#[test]
fn golden_bytes() {
    let message = call(&header(), PROGRAM);
    let golden = [
        &[1, 3, 0, 0][..],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        &[2, 0xc0, 0xc9, 0xdc, 0xed, 0xee, 0x66, 0xac, 0x02],
        b"\x03Lab\x04main",
        PROGRAM,
    ]
    .concat();
    assert_eq!(message, golden);
    let outside = CallHeader {
        caller: Caller::Outside,
        ..header()
    };
    let from_outside = super::super::run_idempotent(&outside, PROGRAM).unwrap();
    assert_eq!(from_outside.len(), golden.len() - b"Labmain".len());
    let letter = read(&from_outside).unwrap();
    // What is sent is written anew.
    let written = [&[3], &PROGRAM[1..]].concat();
    assert_eq!(letter.call, Some((outside, written.as_slice())));
    let letter = read(&message).unwrap();
    assert_eq!(letter.call, Some((header(), PROGRAM)));
    assert!(letter.acknowledged.is_empty());

    // As `object.js` fills it in.
    let with_one = [&[1, 3, 7, 1][..], &[9; 16], &golden[4..]].concat();
    let letter = read(&with_one).unwrap();
    assert_eq!(letter.call, Some((header(), PROGRAM)));
    assert_eq!(letter.acknowledged, [Uuid::from_bytes([9; 16])]);
    let alone = [&[1, 4][..], &[9; 32]].concat();
    let letter = read(&alone).unwrap();
    assert_eq!((letter.call, letter.acknowledged.len()), (None, 2));

    assert_eq!(answer(Ok(vec![]), true), [1, 3, 0, 0]);
    assert_eq!(answer(Err(CallError::Gone), false), [1, 2, 1, 5]);
}

/// What `object.js` tells of an attempt.
fn told(how: u8, told: &[u8]) -> Delivered {
    let message = [&key(&header())[..], &[how], told].concat();
    let delivery = read_outcome(&message).unwrap();
    assert_eq!((delivery.call, delivery.attempt), (header().id, 2));
    delivery.outcome
}

fn lost_because(outcome: Delivered) -> String {
    match outcome {
        Delivered::Lost {
            reason,
            overloaded: false,
        } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_becomes_of_a_call_is_read_as_it_was_told() {
    let failed = CallError::Handler(HandlerError::new("no"));
    match told(0, &answer(Err(failed.clone()), true)) {
        Delivered::Answered {
            answer: Err(error),
            kept: true,
        } => assert_eq!(error, failed),
        other => panic!("{other:?}"),
    }
    assert_eq!(lost_because(told(1, b"gone")), "gone");
    assert!(matches!(
        told(2, b"busy"),
        Delivered::Lost {
            overloaded: true,
            ..
        }
    ));
    assert!(matches!(told(3, b"nobody"), Delivered::Impossible { .. }));
    for message in [&[][..], &[0; 20], &[4; 21]] {
        assert!(read_outcome(message).is_none(), "{message:?}");
    }
}

/// Of another release, or damaged: an attempt before may have been executed, so it is no refusal.
#[test]
fn an_answer_that_can_t_be_read_is_a_lost_one() {
    let refused = super::super::answer(Err(CallError::refused("a message of version 1")));
    assert!(lost_because(told(0, &refused)).contains("a message of version 1"));
    let plain = super::super::answer(Ok(vec![]));
    assert_eq!(
        lost_because(told(0, &plain)),
        "its answer is none to a call"
    );
    let newer = lost_because(told(0, &[2, 3, 0, 0]));
    assert_eq!(newer, "an answer of version 2; this release knows 1");
    assert_eq!(lost_because(told(0, &[])), "an empty answer");
    for damaged in [
        &[1][..],
        &[1, 2],
        &[1, 3, 0, 5],
        &[1, 3, 9],
        &[1, 3, 0, 0, 0],
    ] {
        assert!(!lost_because(told(0, damaged)).is_empty(), "{damaged:?}");
    }
    // Of one that is read, a result that is none is an answer.
    assert!(matches!(
        told(0, &[1, 3, 0, 1, 99]),
        Delivered::Answered {
            answer: Err(CallError::Result { .. }),
            kept: true
        }
    ));
}

#[test]
fn a_message_that_can_t_be_read_is_refused_and_claims_nothing() {
    let message = [&[1, 3, 7, 1][..], &[9; 16], &call(&header(), PROGRAM)[4..]].concat();
    for end in 0..message.len() {
        let refused = read(&message[..end]);
        assert!(matches!(refused, Err(CallError::Refused { .. })), "{end}");
    }
    let hundred_mebibytes = [0x80, 0x80, 0x80, 0x32];
    for head in [19, 20] {
        let claim = [&[1, 3, 0, 0][..], &vec![1; head], &hundred_mebibytes].concat();
        assert!(matches!(read(&claim), Err(CallError::Refused { .. })));
    }
    for bytes in [1, 15, 17, 16 * 1_001] {
        let ragged = [&[1, 4][..], &vec![0; bytes]].concat();
        assert!(matches!(read(&ragged), Err(CallError::Refused { .. })));
    }
    let mut newer = message;
    newer[0] = 2;
    let reason = read(&newer).unwrap_err().to_string();
    assert_eq!(
        reason,
        "refused: a message of version 2; this release knows 1"
    );
}

/// What is read of any bytes is what is written of it.
#[test]
fn mutated_messages_are_refused_or_are_what_they_decode_to() {
    let seeds = [
        [&[1, 3, 0, 1][..], &[9; 16], &call(&header(), PROGRAM)[4..]].concat(),
        [&[1, 4][..], &[9; 32]].concat(),
    ];
    let mut random = crate::engine::ids::Random::seeded(1);
    let mut below = |bound: usize| random.below(bound as u64) as usize;
    let mut accepted = 0;
    for _ in 0..100_000 {
        let mut bytes = seeds[below(2)].clone();
        for _ in 0..=below(3) {
            let place = below(bytes.len().max(1));
            match below(4) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, below(256) as u8),
                _ if place < bytes.len() => bytes[place] = below(256) as u8,
                _ => {}
            }
        }
        let Ok(letter) = read(&bytes) else {
            continue;
        };
        accepted += 1;
        let ids: Vec<u8> = letter
            .acknowledged
            .iter()
            .flat_map(|id| id.into_bytes())
            .collect();
        match letter.call {
            None => assert_eq!(&bytes[2..], ids),
            Some((header, program)) => {
                assert_eq!(usize::from(bytes[3]) * ID_BYTES, ids.len());
                assert_eq!(bytes[4..][..ids.len()], ids);
                // Numbers may be written in more bytes than they need.
                let again = call(&header, program);
                assert_eq!(read(&again).unwrap().call, Some((header, program)));
                assert!(bytes.ends_with(program));
            }
        }
    }
    assert!((1_000..90_000).contains(&accepted), "{accepted}");
}
