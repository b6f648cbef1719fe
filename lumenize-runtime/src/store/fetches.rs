//! What the row of a fetch holds until there is an outcome. A version byte, then postcard.

use super::outbox::{Blob, decode, encode};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use serde::{Deserialize, Serialize};

/// A fetch that waits for its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fetching<'b> {
    /// The name of what makes the attempts.
    pub executor: &'b str,
    pub method: &'b str,
    pub url: &'b str,
    #[serde(borrow)]
    pub headers: Vec<(&'b str, Blob<'b>)>,
    #[serde(borrow)]
    pub body: Blob<'b>,
    /// How long an attempt may take.
    pub timeout_ms: i64,
    pub max_retries: u32,
    pub retry_delay_ms: u64,
    pub max_response_bytes: u64,
    /// Whether the server takes a second request like it for the first.
    pub repeatable: bool,
    /// When the fetch is given up, in Unix milliseconds.
    pub deadline: i64,
    /// What to run with the outcome.
    #[serde(borrow)]
    pub on_success: Option<Blob<'b>>,
    #[serde(borrow)]
    pub on_error: Option<Blob<'b>>,
}

impl<'b> Fetching<'b> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    pub(crate) fn decode(bytes: &'b [u8]) -> Option<Self> {
        decode(bytes)
    }

    /// What is asked for; none if that is damaged.
    pub(crate) fn request(&self) -> Option<Request<Bytes>> {
        let mut request = Request::new(Bytes::copy_from_slice(self.body.0));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).ok()?;
        *request.uri_mut() = Uri::try_from(self.url).ok()?;
        *request.headers_mut() = self.header_map()?;
        Some(request)
    }

    fn header_map(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_bytes(value.0).ok()?;
            headers.try_append(name, value).ok()?;
        }
        Some(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are in people's databases.
    #[test]
    fn golden_bytes() {
        let fetching = Fetching {
            executor: "",
            method: "POST",
            url: "https://a.b/",
            headers: vec![("x-y", Blob(b"z"))],
            body: Blob(b"{}"),
            timeout_ms: 30_000,
            max_retries: 3,
            retry_delay_ms: 1_000,
            max_response_bytes: 1 << 20,
            repeatable: true,
            deadline: 1_767_225_660_000,
            on_success: Some(Blob(&[7])),
            on_error: None,
        };
        let golden = [
            b"\x01\x00\x04POST\x0chttps://a.b/\x01\x03x-y\x01z\x02{}".as_slice(),
            &[0xe0, 0xd4, 3, 3, 0xe8, 7, 0x80, 0x80, 0x40, 1],
            &[0xc0, 0xc9, 0xdc, 0xed, 0xee, 0x66, 1, 1, 7, 0],
        ]
        .concat();
        assert_eq!(fetching.encode(), golden);
        assert_eq!(Fetching::decode(&golden), Some(fetching));
        assert_eq!(Fetching::decode(&golden[..golden.len() - 1]), None);
        assert_eq!(Fetching::decode(&[&golden[..], &[0]].concat()), None);

        let request = Fetching::decode(&golden).and_then(|f| f.request()).unwrap();
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()["x-y"], "z");
        assert_eq!(request.body(), "{}");
    }
}
