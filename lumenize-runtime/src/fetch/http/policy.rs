//! What may be fetched.

use super::addresses::why_not_public;
use http::Uri;
use std::net::IpAddr;

/// Decides what an [`HttpExecutor`](super::HttpExecutor) may fetch. What it refuses is a
/// [`FetchError::Refused`](crate::fetch::FetchError::Refused) with its reason, and nothing is sent there.
///
/// ```
/// use lumenize_runtime::fetch::Policy;
///
/// struct OnlyOurs;
///
/// impl Policy for OnlyOurs {
///     fn url(&self, url: &http::Uri) -> Result<(), String> {
///         match url.host() {
///             Some("api.example.com") => Ok(()),
///             _ => Err("only api.example.com may be fetched".to_owned()),
///         }
///     }
/// }
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Whether this URL may be fetched. It is asked before the first request, and again for each redirect
    /// before that is followed. The URL is absolute and `http` or `https`.
    ///
    /// # Errors
    /// Why it may not.
    fn url(&self, url: &Uri) -> Result<(), String> {
        let _ = url;
        Ok(())
    }

    /// Whether this address may be connected to. It is asked for each address that a name has, whenever
    /// it is looked up for a new connection, and for an address that stands in the URL; so a name that
    /// changes its address between two look-ups gains nothing. Of a name's addresses the refused ones are
    /// left out; the fetch is refused if that leaves none.
    ///
    /// # Errors
    /// Why it may not.
    fn address(&self, address: IpAddr) -> Result<(), String> {
        let _ = address;
        Ok(())
    }
}

/// The policy that allows everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Policy for AllowAll {}

/// The policy that allows only addresses in the public Internet: for URLs that strangers give.
///
/// Refused are (IANA's registries of special-purpose addresses, RFC 6890):
/// - IPv4: `0.0.0.0/8`, private (RFC 1918), shared (RFC 6598), loopback, link-local (RFC 3927), the IETF's
///   `192.0.0.0/24`, documentation (RFC 5737), `192.88.99.0/24`, benchmarks (RFC 2544), multicast, reserved
///   and broadcast; and `168.63.129.16`, by which a machine at Azure reaches its own host;
/// - IPv6: whatever is not global unicast (`2000::/3`), so loopback, unspecified, unique local (RFC 4193),
///   link-local, site-local and multicast; in it the IETF's `2001::/23` (Teredo), 6to4 (RFC 7526) and
///   documentation (RFC 3849, RFC 9637);
/// - IPv6 addresses that stand for one of IPv4 (mapped; NAT64, RFC 6052) as that one is.
///
/// It doesn't know about public addresses that are only reachable from where the process runs, or that
/// trust it more than others; refuse those with a policy of your own that asks this one too.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicOnly;

impl Policy for PublicOnly {
    fn address(&self, address: IpAddr) -> Result<(), String> {
        match why_not_public(address) {
            None => Ok(()),
            Some(what) => Err(format!("{address} is {what}, not public")),
        }
    }
}
