//! What else is known of an item: a version byte, then postcard.

use crate::engine::retry::RetryPolicy;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detail {
    pub retry: RetryPolicy,
    /// How its time was given; a recurrence goes on by it.
    pub when: Timing,
    /// The name that it was scheduled under.
    pub name: Option<String>,
    /// How many items begot each other, from one that came from outside to this one.
    pub hops: u32,
    /// Of a fetch, what the executor of the attempt under way was given, if there is one.
    #[serde(skip)]
    pub token: Option<u128>,
}

/// How an item's time was given. Times and durations are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Timing {
    /// It runs once, and it is not known any more.
    Once,
    After(u64),
    At(i64),
    Every(u64),
    Cron {
        expression: String,
        zone: Option<String>,
    },
}

/// As the first release wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct First {
    retry: RetryPolicy,
    every: Option<u64>,
}

const FIRST_VERSION: u8 = 1;
const VERSION: u8 = 2;
/// What follows the same is a token.
pub(super) const WITH_TOKEN: u8 = 3;
/// The newest that is read.
pub(super) const NEWEST: u8 = WITH_TOKEN;
const TOKEN_BYTES: usize = 16;

impl Detail {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let version = match self.token {
            None => VERSION,
            Some(_) => WITH_TOKEN,
        };
        // Encoding plain data into memory does not fail.
        let mut bytes = postcard::to_extend(self, vec![version]).unwrap_or_default();
        bytes.extend(self.token.iter().flat_map(|token| token.to_be_bytes()));
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&VERSION, rest) => crate::codec::decode(rest).ok(),
            (&WITH_TOKEN, rest) => {
                let (rest, token) = rest.split_last_chunk::<TOKEN_BYTES>()?;
                let detail: Self = crate::codec::decode(rest).ok()?;
                Some(Self {
                    token: Some(u128::from_be_bytes(*token)),
                    ..detail
                })
            }
            (&FIRST_VERSION, rest) => {
                let First { retry, every } = crate::codec::decode(rest).ok()?;
                Some(Self {
                    retry,
                    when: every.map_or(Timing::Once, Timing::Every),
                    name: None,
                    hops: 0,
                    token: None,
                })
            }
            _ => None,
        }
    }

    /// That of an occurrence by itself.
    pub(crate) fn once(self) -> Self {
        Self {
            when: Timing::Once,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_release_wrote_is_read() {
        let retry = RetryPolicy::default();
        for (every, when) in [(None, Timing::Once), (Some(7), Timing::Every(7))] {
            let bytes = postcard::to_extend(&First { retry, every }, vec![1]).unwrap();
            let detail = Detail {
                retry,
                when,
                name: None,
                hops: 0,
                token: None,
            };
            assert_eq!(Detail::decode(&bytes), Some(detail.clone()));
            assert_eq!(Detail::decode(&detail.encode()), Some(detail));
        }
        assert_eq!(Detail::decode(&[]), None);
        assert_eq!(Detail::decode(&[3, 0]), None);
        assert_eq!(Detail::decode(&[4, 0]), None);
    }

    /// These bytes are in people's databases.
    #[test]
    fn golden_bytes() {
        let detail = Detail {
            retry: RetryPolicy::default(),
            when: Timing::Cron {
                expression: "0 9 * * *".to_owned(),
                zone: Some("UTC".to_owned()),
            },
            name: Some("daily".to_owned()),
            hops: 3,
            token: None,
        };
        let golden = [
            &[2, 5, 232, 7, 224, 167, 18, 1, 4, 9][..],
            b"0 9 * * *\x01\x03UTC\x01\x05daily\x03",
        ]
        .concat();
        assert_eq!(detail.encode(), golden);
        assert_eq!(Detail::decode(&golden), Some(detail));

        let fetch = Detail {
            retry: RetryPolicy::default(),
            when: Timing::Once,
            name: None,
            hops: 0,
            token: Some(0x0102),
        };
        let mut golden = vec![3, 5, 232, 7, 224, 167, 18, 1, 0, 0, 0];
        golden.extend([0; 14]);
        golden.extend([1, 2]);
        assert_eq!(fetch.encode(), golden);
        assert_eq!(Detail::decode(&golden), Some(fetch));
        assert_eq!(Detail::decode(&golden[..26]), None);
    }
}
