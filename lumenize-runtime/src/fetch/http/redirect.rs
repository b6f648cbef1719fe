//! Where a redirect leads (RFC 9110, 15.4; the Fetch Standard, "HTTP-redirect fetch").

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, Response, StatusCode, Uri};
use url::Url;

/// One request of an attempt: the first, or what a redirect made of it.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What says something about a body, and is left out with it.
const OF_THE_BODY: [HeaderName; 5] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// What is meant for one origin only.
const OF_THE_ORIGIN: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];

impl Hop {
    /// The request that the response asks for, if it is a redirect. One without `Location` is none.
    ///
    /// # Errors
    /// What is wrong with where it leads.
    pub(super) fn redirected<B>(&self, response: &Response<B>) -> Result<Option<Self>, String> {
        let status = response.status();
        let Some(location) = response.headers().get(header::LOCATION) else {
            return Ok(None);
        };
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let from = Url::parse(&self.uri.to_string());
        let from = from.map_err(|error| format!("from a URL that can't be read: {error}"))?;
        let to = target(&from, location.as_bytes())?;

        let mut next = self.clone();
        next.uri = Uri::try_from(to.as_str()).map_err(|error| format!("to no URL: {error}"))?;
        if becomes_get(status, &self.method) {
            next.method = Method::GET;
            next.body = Bytes::new();
            for name in OF_THE_BODY {
                next.headers.remove(name);
            }
        }
        if from.origin() != to.origin() {
            for name in OF_THE_ORIGIN {
                next.headers.remove(name);
            }
        }
        Ok(Some(next))
    }

    /// Whether it asks for the same as the other.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        (&self.method, &self.uri) == (&other.method, &other.uri)
    }
}

fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => *method != Method::GET && *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

fn target(from: &Url, location: &[u8]) -> Result<Url, String> {
    let location = std::str::from_utf8(location).map_err(|_| "to no UTF-8".to_owned())?;
    let mut to = from
        .join(location)
        .map_err(|error| format!("to no URL: {error}"))?;
    match to.scheme() {
        "http" | "https" => {}
        other => return Err(format!("to a URL of the scheme `{other}`")),
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err("to a URL with credentials".to_owned());
    }
    to.set_fragment(None);
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post() -> Hop {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "content-type", "x-own"] {
            headers.insert(name, "x".parse().unwrap());
        }
        Hop {
            method: Method::POST,
            uri: Uri::from_static("https://a.example/b/c?d=e"),
            headers,
            body: Bytes::from_static(b"body"),
        }
    }

    fn redirected(status: u16, location: &str) -> Result<Option<Hop>, String> {
        let response = Response::builder()
            .status(status)
            .header("location", location);
        post().redirected(&response.body(()).unwrap())
    }

    #[test]
    fn methods_and_bodies() {
        for (status, method) in [
            (301, Method::GET),
            (302, Method::GET),
            (303, Method::GET),
            (307, Method::POST),
            (308, Method::POST),
        ] {
            let next = redirected(status, "/x").unwrap().unwrap();
            assert_eq!(next.method, method, "{status}");
            let kept = method == Method::POST;
            assert_eq!(!next.body.is_empty(), kept, "{status}");
            assert_eq!(next.headers.contains_key("content-type"), kept, "{status}");
        }
        for status in [200, 201, 300, 304, 305, 306, 400] {
            assert!(redirected(status, "/x").unwrap().is_none(), "{status}");
        }
        for (status, method, expected) in [
            (303, Method::HEAD, Method::HEAD),
            (303, Method::PUT, Method::GET),
            (302, Method::PUT, Method::PUT),
            (301, Method::HEAD, Method::HEAD),
        ] {
            let response = Response::builder().status(status).header("location", "/x");
            let from = Hop { method, ..post() };
            let next = from
                .redirected(&response.body(()).unwrap())
                .unwrap()
                .unwrap();
            assert_eq!(next.method, expected, "{status}");
        }
        let nowhere = Response::builder().status(302).body(()).unwrap();
        assert!(post().redirected(&nowhere).unwrap().is_none());
    }

    #[test]
    fn where_they_lead() {
        for (location, expected) in [
            ("x", "https://a.example/b/x"),
            ("/x", "https://a.example/x"),
            ("?y", "https://a.example/b/c?y"),
            ("//b.example", "https://b.example/"),
            ("https://a.example:443/x#y", "https://a.example/x"),
            ("http://127.1/", "http://127.0.0.1/"),
            ("http://0x7f000001/", "http://127.0.0.1/"),
            ("/ä", "https://a.example/%C3%A4"),
        ] {
            let next = redirected(307, location).unwrap().unwrap();
            assert_eq!(next.uri.to_string(), expected, "{location}");
        }
        for location in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "data:,x",
            "https://",
            "https://me:pw@b.example/",
            "https://me@b.example/",
            "http://a.example:99999/",
        ] {
            let refused = redirected(307, location).unwrap_err();
            assert!(!refused.contains("pw"), "{refused}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        for (location, kept) in [
            ("/x", true),
            ("https://a.example:443/x", true),
            ("http://a.example/x", false),
            ("https://a.example:444/x", false),
            ("https://b.a.example/x", false),
        ] {
            let next = redirected(307, location).unwrap().unwrap();
            for name in ["authorization", "cookie"] {
                assert_eq!(next.headers.contains_key(name), kept, "{location}");
            }
            assert!(next.headers.contains_key("x-own"));
        }
    }
}
