//! What went wrong, in our words.

use super::connect::Denied;
use crate::fetch::FetchError;
use crate::fetch::request::shown;
use http::Uri;
use hyper_util::client::legacy;
use std::error::Error;
use std::{io, iter};

/// Why a request got no response.
pub(super) fn of_request(error: &legacy::Error, uri: &Uri) -> FetchError {
    if let Some(denied) = causes(error).find_map(|cause| cause.downcast_ref::<Denied>()) {
        return FetchError::Refused {
            url: shown(&uri.to_string()),
            reason: denied.reason.clone(),
        };
    }
    // The client's own error only says which part of it failed.
    let reason = format!("{}: {}", origin(uri), reason(causes(error).skip(1)));
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            FetchError::Certificate { reason }
        }
        _ if error.is_connect() => FetchError::Connect { reason },
        _ => FetchError::Network { reason },
    }
}

/// Why a body did not come to its end.
pub(super) fn broken(error: &hyper::Error) -> FetchError {
    FetchError::Network {
        reason: format!("in the body: {}", reason(causes(error))),
    }
}

/// What a failure means if a request was sent and answered before, by a redirect: it is no longer true that
/// nothing was sent.
pub(super) fn after_redirect(error: FetchError) -> FetchError {
    match error {
        FetchError::Connect { reason } => FetchError::Network {
            reason: format!("no connection to where a redirect leads: {reason}"),
        },
        FetchError::Certificate { reason } => FetchError::Redirect {
            reason: format!("to a server whose certificate was not accepted: {reason}"),
        },
        other => other,
    }
}

/// The scheme, host and port.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let host = uri.authority().map_or("", |authority| authority.as_str());
    // As `shown`, it has no credentials.
    format!("{scheme}://{}", host.rsplit('@').next().unwrap_or(host))
}

/// The error and what it came of. An `io::Error` that wraps another hides it from `source`.
fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> + Clone {
    iter::successors(Some(error), |&error| cause(error))
}

fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>();
    match wrapped.and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// All of them, each said once.
fn reason<'e>(causes: impl Iterator<Item = &'e (dyn Error + 'static)>) -> String {
    let mut whole: Vec<String> = Vec::new();
    for cause in causes {
        let cause = cause.to_string();
        if whole.last().is_none_or(|last| !last.ends_with(&cause)) {
            whole.push(cause);
        }
    }
    whole.join(": ")
}
