//! What a handler is given of a response.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::any::type_name;
use std::fmt;

/// The response to a fetch, whole: its body has been read to its end, and is stored with the work of the
/// handler that is given it. Everything about it is synchronous.
///
/// It can be kept (`svc.put("last", &response)`) and passed on as any other value.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: StatusCode,
    url: String,
    attempts: u32,
    headers: HeaderMap,
    body: Bytes,
}

/// Whether another attempt may end better (RFC 9110, 15.5.9 and 15.6; RFC 8470, 5.2; RFC 6585, 4).
pub(crate) fn is_passing(status: StatusCode) -> bool {
    let passing = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_server_error() || passing.contains(&status)
}

impl Response {
    /// A response, as an executor or a test makes it. `url` is the one that answered, after all
    /// redirects.
    pub fn new(response: http::Response<impl Into<Bytes>>, url: impl Into<String>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            url: url.into(),
            attempts: 1,
            headers: parts.headers,
            body: body.into(),
        }
    }

    /// The status. Any status is a response, but those that are tried again are only so when there are no
    /// retries left: 408, 425, 429 and 5xx.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers, without those that belong to the connection (RFC 9110, 7.6.1).
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The URL that answered, after all redirects.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many attempts there were, this one included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn after(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// The body, decompressed.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body as text, which must be UTF-8 whatever its `Content-Type` says.
    ///
    /// # Errors
    /// [`BodyError::NotUtf8`].
    pub fn text(&self) -> Result<&str, BodyError> {
        std::str::from_utf8(&self.body).map_err(|error| BodyError::NotUtf8 {
            valid_up_to: error.valid_up_to(),
        })
    }

    /// The body as a value, read as JSON whatever its `Content-Type` says. It may borrow from nothing.
    ///
    /// # Errors
    /// [`BodyError::NotJson`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        serde_json::from_slice(&self.body).map_err(|error| BodyError::NotJson {
            type_name: type_name::<T>(),
            status: self.status,
            reason: error.to_string(),
        })
    }
}

/// Why a body can't be read as what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is no UTF-8.
    #[error("the body is no UTF-8 from its byte {valid_up_to} on; take its `bytes()`")]
    NotUtf8 {
        /// How many bytes are.
        valid_up_to: usize,
    },
    /// It is no JSON, or not of this type.
    #[error("the body of the response ({status}) is no JSON of a `{type_name}`: {reason}")]
    NotJson {
        /// The type that was asked for.
        type_name: &'static str,
        /// The response's status, which often says why.
        status: StatusCode,
        /// What is wrong with it.
        reason: String,
    },
}

/// Not its headers' values, which may be secret, nor its body, which may be long.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("url", &crate::fetch::shown(&self.url))
            .field("attempts", &self.attempts)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &format_args!("<{} bytes>", self.body.len()))
            .finish()
    }
}

/// A response as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Response")]
struct Stored {
    status: u16,
    url: String,
    attempts: u32,
    headers: Vec<(String, Bytes)>,
    body: Bytes,
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |value: &HeaderValue| Bytes::copy_from_slice(value.as_bytes());
        let headers = self.headers.iter();
        Stored {
            status: self.status.as_u16(),
            url: self.url.clone(),
            attempts: self.attempts,
            headers: headers.map(|(n, v)| (n.to_string(), value(v))).collect(),
            body: self.body.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Response {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let mut headers = HeaderMap::with_capacity(stored.headers.len().min(1_000));
        for (name, value) in stored.headers {
            let name = HeaderName::try_from(name).map_err(de::Error::custom)?;
            let value = HeaderValue::from_maybe_shared(value).map_err(de::Error::custom)?;
            // It refuses more than it can hold.
            headers.try_append(name, value).map_err(de::Error::custom)?;
        }
        Ok(Self {
            status: StatusCode::from_u16(stored.status).map_err(de::Error::custom)?,
            url: stored.url,
            attempts: stored.attempts,
            headers,
            body: stored.body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_statuses_pass() {
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(
                is_passing(StatusCode::from_u16(status).unwrap()),
                "{status}"
            );
        }
        for status in [200, 204, 301, 304, 400, 401, 404, 409, 418, 422] {
            assert!(
                !is_passing(StatusCode::from_u16(status).unwrap()),
                "{status}"
            );
        }
    }
}
