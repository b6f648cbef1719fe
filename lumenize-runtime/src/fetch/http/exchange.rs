//! One attempt: its first request, and those that redirects make of it.

use super::body::{self, Reading};
use super::redirect::Hop;
use super::{Shared, failure};
use crate::fetch::executor::Attempt;
use crate::fetch::request::{HOP_BY_HOP, shown};
use crate::fetch::{FetchError, Phase, Response, is_passing};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, StatusCode, Uri, response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::capture_connection;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longer than anybody waits, and short enough to be added to any time.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) async fn run(shared: &Shared, attempt: Attempt) -> Result<Response, FetchError> {
    let deadline = Instant::now() + attempt.timeout.min(LONGEST);
    let mut hop = first(shared, attempt.request);
    let asked_for_gzip = ask_for_gzip(&mut hop.headers);
    let mut behind: Vec<Hop> = Vec::new();
    let response = loop {
        allowed(shared, &hop.uri)?;
        let sent = send(shared, &hop, deadline, behind.is_empty()).await;
        let response = match behind.is_empty() {
            true => sent?,
            false => sent.map_err(failure::after_redirect)?,
        };
        if shared.max_redirects == 0 {
            break response;
        }
        match hop.redirected(&response).map_err(redirect)? {
            None => break response,
            Some(next) => {
                behind.push(hop);
                hop = followed(shared, &behind, next)?;
            }
        }
    };
    let (mut parts, incoming) = response.into_parts();
    let gzip = asked_for_gzip && is_gzip(&parts.headers);
    let reading = Reading {
        gzip,
        absent: hop.method == Method::HEAD || parts.status == StatusCode::NOT_MODIFIED,
        limit: attempt.max_response_bytes,
        cut: is_passing(parts.status),
    };
    let read = timeout_at(deadline, body::read(incoming, reading)).await;
    let body = read.map_err(|_| FetchError::Timeout { phase: Phase::Body })??;
    clean(&mut parts, gzip);
    let response = http::Response::from_parts(parts, body);
    Ok(Response::new(response, hop.uri.to_string()))
}

fn first(shared: &Shared, request: Request<bytes::Bytes>) -> Hop {
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers;
    let absent = |name| !headers.contains_key(name);
    let (agent, accept) = (absent(header::USER_AGENT), absent(header::ACCEPT));
    if agent {
        headers.insert(header::USER_AGENT, shared.user_agent.clone());
    }
    if accept {
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    }
    Hop {
        method: parts.method,
        uri: parts.uri,
        headers,
        body,
    }
}

/// Asks for it, unless the request says itself what it can read, or asks for a part of the body, which would be
/// a part of the compressed one.
fn ask_for_gzip(headers: &mut HeaderMap) -> bool {
    if headers.contains_key(header::ACCEPT_ENCODING) || headers.contains_key(header::RANGE) {
        return false;
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    true
}

/// Asks the policy about the URL, and about the address if it has one in it: only names are looked up.
fn allowed(shared: &Shared, uri: &Uri) -> Result<(), FetchError> {
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let asked = match host.parse::<IpAddr>() {
        Ok(address) => shared.policy.url(uri).and(shared.policy.address(address)),
        Err(_) => shared.policy.url(uri),
    };
    asked.map_err(|reason| FetchError::Refused {
        url: shown(&uri.to_string()),
        reason,
    })
}

/// Sends one request and waits for the status and the headers.
async fn send(
    shared: &Shared,
    hop: &Hop,
    deadline: Instant,
    is_first: bool,
) -> Result<http::Response<Incoming>, FetchError> {
    let mut request = Request::new(Full::new(hop.body.clone()));
    *request.method_mut() = hop.method.clone();
    *request.uri_mut() = hop.uri.clone();
    *request.headers_mut() = hop.headers.clone();
    // Servers may insist (RFC 9110, 8.6 and 15.5.12), and of an empty body the connection says it only if told.
    if hop.body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&hop.method) {
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let connection = capture_connection(&mut request);
    match timeout_at(deadline, shared.client.request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(failure::of_request(&error, &hop.uri)),
        Err(_) => {
            // It is told of the connection before anything is sent over it. After a redirect something was sent.
            let unsent = is_first && connection.connection_metadata().is_none();
            let phase = if unsent {
                Phase::Connect
            } else {
                Phase::Headers
            };
            Err(FetchError::Timeout { phase })
        }
    }
}

/// The next request, unless it leads too far or in circles.
fn followed(shared: &Shared, behind: &[Hop], next: Hop) -> Result<Hop, FetchError> {
    if behind.iter().any(|before| before.repeats(&next)) {
        let url = shown(&next.uri.to_string());
        return Err(redirect(format!("it leads in circles, to {url} again")));
    }
    if behind.len() > shared.max_redirects {
        let most = shared.max_redirects;
        return Err(redirect(format!("there were more than {most}")));
    }
    Ok(next)
}

fn redirect(reason: String) -> FetchError {
    FetchError::Redirect { reason }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    // What was encoded more than once is left to whoever knows what to do with it.
    let (Some(encoding), None) = (encodings.next(), encodings.next()) else {
        return false;
    };
    let encoding = encoding.as_bytes();
    encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
}

/// Takes out what belongs to the connection (RFC 9110, 7.6.1), and what is no longer true of the body.
fn clean(parts: &mut response::Parts, gzip: bool) {
    let named: Vec<String> = parts
        .headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        parts.headers.remove(name);
    }
    if gzip {
        parts.headers.remove(header::CONTENT_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
    }
}
