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

impl Detail {
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Encoding plain data into memory does not fail.
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&VERSION, rest) => crate::codec::decode(rest).ok(),
            (&FIRST_VERSION, rest) => {
                let First { retry, every } = crate::codec::decode(rest).ok()?;
                Some(Self {
                    retry,
                    when: every.map_or(Timing::Once, Timing::Every),
                    name: None,
                    hops: 0,
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
            };
            assert_eq!(Detail::decode(&bytes), Some(detail.clone()));
            assert_eq!(Detail::decode(&detail.encode()), Some(detail));
        }
        assert_eq!(Detail::decode(&[]), None);
        assert_eq!(Detail::decode(&[3, 0]), None);
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
        };
        let golden = [
            &[2, 5, 232, 7, 224, 167, 18, 1, 4, 9][..],
            b"0 9 * * *\x01\x03UTC\x01\x05daily\x03",
        ]
        .concat();
        assert_eq!(detail.encode(), golden);
        assert_eq!(Detail::decode(&golden), Some(detail));
    }
}
