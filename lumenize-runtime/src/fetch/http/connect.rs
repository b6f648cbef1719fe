//! Names, sockets and TLS: how a connection is made.

use super::HttpSetupError;
use super::policy::Policy;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;
use tower_service::Service;

pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// How long a connection is kept that nobody uses: less than servers commonly do, who would close it
/// just when it is used again.
const IDLE: Duration = Duration::from_secs(30);

/// How many connections to one host are kept that nobody uses: as many as a host of objects uses at a time.
const IDLE_PER_HOST: usize = 100;

/// How much is read ahead of one HTTP/1.1 connection. The headers must fit; with the last read it can be twice as
/// much.
const READ_AHEAD: usize = 64 << 10;

/// How much is read ahead of one HTTP/2 stream, and of a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// How many header lines a response may have by HTTP/1.1, where their place is made before they are read.
const MOST_HEADERS: usize = 500;
/// After so long in which an HTTP/2 connection with open streams is silent, it is asked whether it still
/// lives; a dead one would hold up all that follows.
const PING_AFTER: Duration = Duration::from_secs(15);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn client(
    policy: Arc<dyn Policy>,
    tls: ClientConfig,
    connect_timeout: Duration,
) -> Client {
    let mut tcp = HttpConnector::new_with_resolver(Resolver {
        policy,
        names: GaiResolver::new(),
    });
    // It is the TLS connector around it that sees to the scheme.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    tcp.set_connect_timeout(Some(connect_timeout));
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .http1_max_buf_size(READ_AHEAD)
        .http1_max_headers(MOST_HEADERS)
        .http2_max_header_list_size(READ_AHEAD as u32)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .build(https)
}

/// Mozilla's roots and these.
pub(super) fn tls(more: Vec<CertificateDer<'static>>) -> Result<ClientConfig, HttpSetupError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in more {
        let added = roots.add(certificate);
        added.map_err(|error| HttpSetupError::Certificate {
            reason: error.to_string(),
        })?;
    }
    // Named here, so that it does not depend on what else the program uses rustls for.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| HttpSetupError::Tls {
        reason: error.to_string(),
    })?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// Looks names up as the system does, and leaves out the addresses that the policy refuses.
#[derive(Clone)]
pub(super) struct Resolver {
    policy: Arc<dyn Policy>,
    names: GaiResolver,
}

/// All addresses of a name are refused.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Denied {
    pub reason: String,
}

type LookUp = Result<vec::IntoIter<SocketAddr>, Box<dyn Error + Send + Sync>>;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = LookUp> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.names.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = Arc::clone(&self.policy);
        let found = self.names.call(name);
        Box::pin(async move { Ok(allowed(found.await?, policy.as_ref())?.into_iter()) })
    }
}

fn allowed(
    found: impl Iterator<Item = SocketAddr>,
    policy: &dyn Policy,
) -> Result<Vec<SocketAddr>, Denied> {
    let mut refused = None;
    let mut allowed = Vec::new();
    for address in found {
        match policy.address(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(reason) => refused = Some(reason),
        }
    }
    match refused {
        Some(reason) if allowed.is_empty() => Err(Denied { reason }),
        _ => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::PublicOnly;

    #[test]
    fn refused_addresses_of_a_name_are_left_out() {
        let left = |found: &[&str]| {
            let found = found.iter().map(|address| address.parse().unwrap());
            allowed(found, &PublicOnly).map_err(|denied| denied.reason)
        };
        let public: SocketAddr = "8.8.8.8:80".parse().unwrap();
        assert_eq!(
            left(&["127.0.0.1:80", "8.8.8.8:80", "[::1]:80"]),
            Ok(vec![public])
        );
        let denied = left(&["127.0.0.1:80", "10.0.0.1:80"]);
        assert_eq!(denied.unwrap_err(), "10.0.0.1 is private, not public");
        assert_eq!(left(&[]), Ok(Vec::new()));
    }
}
