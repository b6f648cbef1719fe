//! How the default executor is set up.

use super::policy::{AllowAll, Policy};
use super::{HttpExecutor, Shared, connect};
use http::HeaderValue;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::Duration;

/// Sets up an [`HttpExecutor`].
#[must_use = "it does nothing until `build` is called"]
pub struct HttpExecutorBuilder {
    policy: Arc<dyn Policy>,
    max_redirects: usize,
    user_agent: String,
    connect_timeout: Duration,
    roots: Vec<Vec<u8>>,
}

/// Why an executor can't be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSetupError {
    /// The bytes are no certificates in PEM, or not ones that can be a root.
    #[error(
        "the root certificate can't be used: {reason}; give it as PEM (`-----BEGIN CERTIFICATE-----`)"
    )]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// The text can't be a header's value.
    #[error("the user agent can't be the value of a header; use visible ASCII")]
    UserAgent,
    /// TLS can't be set up.
    #[error("TLS can't be set up: {reason}")]
    Tls {
        /// What went wrong.
        reason: String,
    },
}

impl Default for HttpExecutorBuilder {
    fn default() -> Self {
        Self {
            policy: Arc::new(AllowAll),
            max_redirects: 10,
            user_agent: concat!("lumenize/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            roots: Vec::new(),
        }
    }
}

impl HttpExecutorBuilder {
    /// What may be fetched. By default everything may ([`AllowAll`]): most objects fetch from URLs that
    /// stand in the program, often of services beside it. Where users give the URLs, use [`PublicOnly`](super::PublicOnly).
    pub fn policy(self, policy: impl Policy) -> Self {
        let policy = Arc::new(policy);
        Self { policy, ..self }
    }

    /// How many redirects are followed: 10 unless told otherwise. One more is a
    /// [`FetchError::Redirect`](crate::fetch::FetchError::Redirect). With 0 none is followed, and the redirect itself is the response.
    pub fn max_redirects(self, max_redirects: usize) -> Self {
        Self {
            max_redirects,
            ..self
        }
    }

    /// What the header `User-Agent` says if the request has none: `lumenize/` and its version unless told
    /// otherwise.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        let user_agent = user_agent.into();
        Self { user_agent, ..self }
    }

    /// How long connecting by TCP may take, to all addresses of a name together: 10 s unless told
    /// otherwise. The attempt's own timeout may be over before.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// Trusts these certificates too, one or more in PEM: those of a private authority. Mozilla's roots
    /// stay trusted.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// The executor. Each has connections of its own; a clone of one shares them.
    ///
    /// # Errors
    /// [`HttpSetupError`].
    pub fn build(self) -> Result<HttpExecutor, HttpSetupError> {
        let user_agent =
            HeaderValue::try_from(&self.user_agent).map_err(|_| HttpSetupError::UserAgent)?;
        let mut roots = Vec::new();
        for pem in &self.roots {
            roots.append(&mut read_pem(pem)?);
        }
        let tls = connect::tls(roots)?;
        let client = connect::client(Arc::clone(&self.policy), tls, self.connect_timeout);
        let shared = Shared {
            client,
            policy: self.policy,
            max_redirects: self.max_redirects,
            user_agent,
        };
        Ok(HttpExecutor {
            shared: Arc::new(shared),
        })
    }
}

fn read_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, HttpSetupError> {
    let unusable = |reason| HttpSetupError::Certificate { reason };
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(read) if read.is_empty() => Err(unusable("there is none in it".to_owned())),
        Ok(read) => Ok(read),
        Err(error) => Err(unusable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_set_up() {
        let failed = |builder: HttpExecutorBuilder| builder.build().unwrap_err();
        let agent = HttpExecutor::builder().user_agent("a\nb");
        assert_eq!(failed(agent), HttpSetupError::UserAgent);
        for pem in [
            "",
            "no PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
        ] {
            let failed = failed(HttpExecutor::builder().root_certificate(pem));
            assert!(
                matches!(failed, HttpSetupError::Certificate { .. }),
                "{pem}"
            );
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let executor = HttpExecutor::builder().build().unwrap();
        let shown = format!("{executor:?}");
        assert!(
            shown.starts_with("HttpExecutor { max_redirects: 10"),
            "{shown}"
        );
    }
}
