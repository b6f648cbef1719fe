//! What can be asked for.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{Request, Uri};

/// What [`proxy_fetch`](crate::services::Services::proxy_fetch) takes: an `http::Request` whose body is
/// bytes or a text, or a URL, which is got.
pub trait IntoRequest {
    /// The request.
    ///
    /// # Errors
    /// [`RequestError::Url`] if it is no URL.
    fn into_request(self) -> Result<Request<Bytes>, RequestError>;
}

impl<B: Into<Bytes>> IntoRequest for Request<B> {
    fn into_request(self) -> Result<Request<Bytes>, RequestError> {
        Ok(self.map(Into::into))
    }
}

impl IntoRequest for Uri {
    fn into_request(self) -> Result<Request<Bytes>, RequestError> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self;
        Ok(request)
    }
}

impl IntoRequest for &str {
    fn into_request(self) -> Result<Request<Bytes>, RequestError> {
        let uri = Uri::try_from(self).map_err(|error| RequestError::Url {
            reason: error.to_string(),
        })?;
        uri.into_request()
    }
}

impl IntoRequest for String {
    fn into_request(self) -> Result<Request<Bytes>, RequestError> {
        self.as_str().into_request()
    }
}

impl IntoRequest for &String {
    fn into_request(self) -> Result<Request<Bytes>, RequestError> {
        self.as_str().into_request()
    }
}

/// Why a request can't be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is no URL.
    #[error(
        "not a URL: {reason}; it must be absolute, and what is not ASCII percent-encoded (in the host: Punycode)"
    )]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The URL is relative.
    #[error("the URL has no {part}; it must be absolute, as in `https://example.com/path`")]
    Relative {
        /// What it has not.
        part: &'static str,
    },
    /// The URL's scheme is neither `http` nor `https`.
    #[error("`{scheme}` can't be fetched; the scheme must be `http` or `https`")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The URL has a user's name or a password, which would end up in logs.
    #[error("the URL has credentials; put them into the header `Authorization`")]
    Credentials,
    /// The port is none.
    #[error("the port `{port}` is none; write a number from 0 to 65535, or leave it out")]
    Port {
        /// What was written.
        port: String,
    },
    /// The method is not one that fetches.
    #[error("the method {method} can't be fetched")]
    Method {
        /// The method.
        method: String,
    },
    /// A header is not the sender's to set: it belongs to a single connection (RFC 9110, 7.6.1), or says
    /// what the URL and the body say.
    #[error("the header `{name}` {reason}; leave it out")]
    Header {
        /// The header.
        name: String,
        /// Why it may not be there.
        reason: &'static str,
    },
    /// A header's value that is to be sent can't be.
    #[error("the idempotency key can't be the value of a header; use visible ASCII")]
    IdempotencyKey,
}

/// Which headers belong to one connection (RFC 9110, 7.6.1).
pub(super) const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Refuses what can't be sent as it is.
pub(crate) fn check(request: &Request<Bytes>, any_scheme: bool) -> Result<(), RequestError> {
    let uri = request.uri();
    let scheme = uri.scheme_str();
    let scheme = scheme.ok_or(RequestError::Relative { part: "scheme" })?;
    if !any_scheme && scheme != "http" && scheme != "https" {
        let scheme = scheme.to_owned();
        return Err(RequestError::Scheme { scheme });
    }
    let authority = uri.authority();
    let authority = authority.filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or(RequestError::Relative { part: "host" })?;
    if authority.as_str().contains('@') {
        return Err(RequestError::Credentials);
    }
    let behind_host = authority.as_str().strip_prefix(authority.host());
    if let Some(port) = behind_host.and_then(|rest| rest.strip_prefix(':'))
        && !port.is_empty()
        && authority.port_u16().is_none()
    {
        let port = port.to_owned();
        return Err(RequestError::Port { port });
    }
    // Neither has a response that is read (RFC 9110, 9.3.6; the Fetch Standard, "forbidden method").
    if [http::Method::CONNECT, http::Method::TRACE].contains(request.method()) {
        return Err(RequestError::Method {
            method: request.method().to_string(),
        });
    }
    check_headers(request.headers(), request.body().len())
}

fn check_headers(headers: &HeaderMap, body: usize) -> Result<(), RequestError> {
    let refuse = |name: &HeaderName, reason| {
        Err(RequestError::Header {
            name: name.to_string(),
            reason,
        })
    };
    for name in headers.keys() {
        if HOP_BY_HOP.contains(&name.as_str()) {
            return refuse(name, "belongs to the connection");
        }
    }
    if headers.contains_key(header::HOST) {
        return refuse(&header::HOST, "comes from the URL");
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    if let Some(length) = lengths.next()
        && length.as_bytes() != body.to_string().as_bytes()
    {
        return refuse(&header::CONTENT_LENGTH, "is not the body's length");
    }
    if lengths.next().is_some() {
        return refuse(&header::CONTENT_LENGTH, "is there twice");
    }
    Ok(())
}

/// A URL as it may be shown: without credentials, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = url.get(..end).unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let host = host.rsplit('@').next().unwrap_or(host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(request: impl IntoRequest) -> Result<(), RequestError> {
        check(&request.into_request()?, false)
    }

    #[test]
    fn what_can_be_sent() {
        checked("https://example.com").unwrap();
        checked(String::from("http://example.com:8080/a?b=c")).unwrap();
        checked(Uri::from_static("http://[::1]/")).unwrap();
        checked("http://[::1]:65535/").unwrap();
        checked("http://example.com:/").unwrap();
        let post = Request::post("https://example.com/").header("content-length", "2");
        checked(post.body("ab").unwrap()).unwrap();
    }

    #[test]
    fn what_can_not() {
        use RequestError::{Credentials, Header, Method, Port, Relative, Scheme, Url};
        let url = |url: &str| checked(url).unwrap_err();
        assert!(matches!(url("https://exa mple.com"), Url { .. }));
        assert!(matches!(url("https://münchen.de"), Url { .. }));
        assert!(matches!(url("/path"), Relative { part: "scheme" }));
        assert!(matches!(url("example.com"), Relative { part: "scheme" }));
        assert!(matches!(url("ftp://example.com"), Scheme { .. }));
        assert_eq!(url("https://me:secret@example.com"), Credentials);
        for port in ["65536", "99999", "abc", "-1", "8x"] {
            let refused = Port {
                port: port.to_owned(),
            };
            for host in ["example.com", "127.0.0.1", "[::1]"] {
                let spelled = format!("http://{host}:{port}/");
                assert_eq!(url(&spelled), refused, "{spelled}");
            }
        }

        for name in [
            "Connection",
            "keep-alive",
            "TE",
            "Transfer-Encoding",
            "Host",
        ] {
            let request = Request::get("https://example.com/").header(name, "x");
            let refused = checked(request.body("").unwrap()).unwrap_err();
            assert!(matches!(refused, Header { .. }), "{name}: {refused}");
        }
        let post = Request::post("https://example.com/").header("content-length", "3");
        let refused = checked(post.body("ab").unwrap()).unwrap_err();
        assert!(matches!(refused, Header { .. }));
        let post = Request::post("https://example.com/").header("content-length", "2");
        let twice = post.header("content-length", "2").body("ab").unwrap();
        assert!(matches!(checked(twice).unwrap_err(), Header { .. }));
        let trace = Request::trace("https://example.com/").body("").unwrap();
        assert!(matches!(checked(trace), Err(Method { .. })));
    }

    #[test]
    fn secrets_are_not_shown() {
        for (url, expected) in [
            ("https://me:pw@a.b/c?key=1#x", "https://a.b/c"),
            ("https://a.b", "https://a.b"),
            ("https://a.b?x=@", "https://a.b"),
            ("nonsense?x", "nonsense"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
