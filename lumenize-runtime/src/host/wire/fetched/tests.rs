use super::super::letters::read_outcome;
use super::super::{Message, read_request};
use super::*;
use crate::fetch::Phase;
use bytes::Bytes;
use std::time::Duration;

const TOKEN: u128 = 0x1112_1314_1516_1718_191a_1b1c_1d1e_1f20;
const ID: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const TOKEN_BYTES: [u8; 16] = [
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
];

fn handed() -> Vec<u8> {
    reply(&FetchAttempt {
        fetch: Uuid::from_bytes(ID),
        attempt: 258,
        token: TOKEN,
        executor: String::new(),
        request: http::Request::new(Bytes::new()),
        timeout: Duration::from_secs(1),
        max_response_bytes: 10,
    })
}

fn told(outcome: &[u8]) -> Vec<u8> {
    [&handed(), outcome].concat()
}

fn heard(message: &[u8]) -> Result<Fetched, CallError> {
    match read_request(message, |_| true)? {
        Message::Fetched(fetched) => Ok(fetched),
        other => Err(CallError::refused(format!("{other:?}"))),
    }
}

fn outcome(bytes: &[u8]) -> Result<Response, FetchError> {
    let fetched = heard(&told(bytes)).unwrap();
    assert_eq!(fetched.fetch, Uuid::from_bytes(ID));
    assert_eq!((fetched.attempt, fetched.token), (258, TOKEN));
    match fetched.tried {
        Tried::Ended(outcome) => outcome,
        Tried::NotBegun => panic!("an executor has begun"),
    }
}

/// 200 from `http://a/`, one header, a body of two bytes.
const RESPONSE: &[u8] = b"\x00\xc8\x01\x09http://a/\x01\x01\x03x-y\x01z\x02ok";

/// Executors of two releases tell these bytes, and `fetch.js` writes them.
#[test]
fn golden_bytes() {
    let golden = [&[1, 5, 0][..], &ID, &[2, 1, 0, 0], &TOKEN_BYTES].concat();
    assert_eq!(handed(), golden);
    assert_eq!(golden.len(), REPLY_BYTES);

    let response = outcome(RESPONSE).unwrap();
    assert_eq!(
        (response.status().as_u16(), response.url()),
        (200, "http://a/")
    );
    assert_eq!(response.headers()["x-y"], "z");
    assert_eq!(response.text(), Ok("ok"));

    let reason = || "no".to_owned();
    let limit = 300;
    for (bytes, expected) in [
        (&b"\x00\x02no"[..], FetchError::Connect { reason: reason() }),
        (b"\x01\x02no", FetchError::Certificate { reason: reason() }),
        (b"\x02\x02no", FetchError::Network { reason: reason() }),
        (b"\x03\x00", timeout(Phase::Queue)),
        (b"\x03\x01", timeout(Phase::Connect)),
        (b"\x03\x02", timeout(Phase::Headers)),
        (b"\x03\x03", timeout(Phase::Body)),
        (b"\x04\xac\x02", FetchError::TooLarge { limit }),
        (b"\x05\x02no", FetchError::Redirect { reason: reason() }),
        (
            b"\x06\x01u\x02no",
            FetchError::Refused {
                url: "u".to_owned(),
                reason: reason(),
            },
        ),
        (b"\x07\x02no", FetchError::HandOver { reason: reason() }),
        (b"\x08\x02no", FetchError::Expired { reason: reason() }),
        (b"\x09\x02no", FetchError::Unknown { reason: reason() }),
    ] {
        assert_eq!(outcome(&[&[1], bytes].concat()), Err(expected));
    }
}

fn timeout(phase: Phase) -> FetchError {
    FetchError::Timeout { phase }
}

/// The depth is `post.js`'s.
#[test]
fn how_deep_it_is_is_no_matter() {
    for depth in [0, 1, 9, 255] {
        let mut message = told(RESPONSE);
        message[2] = depth;
        assert!(heard(&message).is_ok());
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let message = told(RESPONSE);
    for end in 0..message.len() {
        assert!(heard(&message[..end]).is_err(), "{end}");
    }
    assert!(heard(&[&message[..], &[0]].concat()).is_err());
    let version = heard(&[&[2], &message[1..]].concat()).unwrap_err();
    assert!(version.to_string().contains("a message of version 2"));
    for bad in [
        // No status; no outcome; no error; no phase.
        &b"\x00\x63\x09http://a/\x01\x00\x00"[..],
        b"\x00\xe8\x07\x09http://a/\x01\x00\x00",
        b"\x02",
        b"\x01\x0a\x02no",
        b"\x01\x03\x04",
        // No name and no value of a header; no UTF-8.
        b"\x00\xc8\x01\x00\x01\x01\x02x y\x01z\x00",
        b"\x00\xc8\x01\x00\x01\x01\x00\x01z\x00",
        b"\x00\xc8\x01\x00\x01\x01\x01x\x02\x0az\x00",
        b"\x00\xc8\x01\x01\xff\x01\x00\x00",
        // It claims 100 MiB of a body, of headers, of a reason.
        b"\x00\xc8\x01\x00\x01\x00\x80\x80\x80\x32",
        b"\x00\xc8\x01\x00\x01\x80\x80\x80\x32",
        b"\x01\x02\x80\x80\x80\x32",
    ] {
        assert!(heard(&told(bad)).is_err(), "{bad:?}");
    }
    // Each byte of it as any other: it is read or refused.
    let mut read = 0;
    for place in 0..message.len() {
        for byte in 0..=255 {
            let mut damaged = message.clone();
            damaged[place] = byte;
            read += usize::from(heard(&damaged).is_ok());
        }
    }
    assert!(read > 1_000, "{read}");
}

/// More headers than a response holds, and an error that no row could.
#[test]
fn what_is_too_much_is_refused() {
    let many = [
        &b"\x00\xc8\x01\x00\x01\xc0\x84\x3d"[..],
        &b"\x01x\x00".repeat(1_000_000),
        &[0],
    ];
    assert!(heard(&told(&many.concat())).is_err());
    let reason = |bytes: usize| {
        let length = [
            0x80 | (bytes & 0x7f) as u8,
            0x80 | (bytes >> 7 & 0x7f) as u8,
        ];
        let last = [(bytes >> 14) as u8];
        told(&[&[1, 2], &length[..], &last, &vec![b'x'; bytes]].concat())
    };
    assert!(heard(&reason(16_000)).is_ok());
    let refused = heard(&reason(17_000)).unwrap_err();
    assert!(refused.to_string().contains("too long"), "{refused}");
}

#[test]
fn what_was_not_taken_is_read_as_it_was_told() {
    let message = |how: u8| {
        let handed = handed();
        let (key, token) = handed[3..].split_at(20);
        [key, &[how], token, b"why"].concat()
    };
    let reason = "why".to_owned();
    for (how, expected) in [
        (
            4,
            FetchError::HandOver {
                reason: reason.clone(),
            },
        ),
        (5, FetchError::Unknown { reason }),
    ] {
        // It is no outcome of a call.
        assert!(read_outcome(&message(how)).is_none());
        let fetched = read_not_taken(&message(how)).unwrap();
        assert_eq!((fetched.attempt, fetched.token), (258, TOKEN));
        assert_eq!(fetched.tried, Tried::Ended(Err(expected)));
    }
    for how in [0, 1, 2, 3, 6, 255] {
        assert!(read_not_taken(&message(how)).is_none(), "{how}");
    }
    for end in 0..37 {
        assert!(read_not_taken(&message(4)[..end]).is_none(), "{end}");
    }
}

#[test]
fn the_token_is_in_no_log() {
    let fetched = heard(&told(RESPONSE)).unwrap();
    let shown = format!("{fetched:?} {:?}", Message::Fetched(fetched.clone()));
    for part in ["token", &TOKEN.to_string(), "17, 18", "1112131415"] {
        assert!(!shown.contains(part), "{shown}");
    }
}
