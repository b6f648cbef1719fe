//! Which addresses are in the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is instead of public.
pub(super) fn why_not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => why_not_v4(address),
        IpAddr::V6(address) => why_not_v6(address),
    }
}

fn why_not_v4(address: Ipv4Addr) -> Option<&'static str> {
    let what = match address.octets() {
        [0, ..] => "unspecified",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "private",
        [100, 64..=127, ..] => "shared",
        [127, ..] => "loopback",
        [169, 254, ..] => "link-local",
        [192, 0, 0, _] | [192, 88, 99, _] => "reserved for protocols",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "for documentation",
        [198, 18..=19, ..] => "for benchmarks",
        [224..=239, ..] => "multicast",
        [240..=255, ..] => "reserved",
        [168, 63, 129, 16] => "the machine's own host",
        _ => return None,
    };
    Some(what)
}

fn why_not_v6(address: Ipv6Addr) -> Option<&'static str> {
    let what = match address.segments() {
        // Mapped (RFC 4291, 2.5.5.2) and translated by NAT64 (RFC 6052, 2.1): it is the IPv4 address that is
        // reached.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            return why_not_v4(Ipv4Addr::new(a, b, c, d));
        }
        [0, 0, 0, 0, 0, 0, 0, 0] => "unspecified",
        [0, 0, 0, 0, 0, 0, 0, 1] => "loopback",
        [0xfc00..=0xfdff, ..] => "unique local",
        [0xfe80..=0xfebf, ..] => "link-local",
        [0xfec0..=0xfeff, ..] => "site-local",
        [0xff00..=0xffff, ..] => "multicast",
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => "for documentation",
        [0x2001, 0..=0x01ff, ..] => "reserved for protocols",
        [0x2002, ..] => "6to4",
        [0x2000..=0x3fff, ..] => return None,
        _ => "not global unicast",
    };
    Some(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> bool {
        why_not_public(address.parse().unwrap()).is_some()
    }

    /// The first and the last address of each block, and the public ones beside it.
    #[test]
    fn blocks_end_where_they_should() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "255.255.255.255"),
            ("168.63.129.16", "168.63.129.16"),
        ] {
            let [low, high] = [first, last].map(|end| end.parse::<Ipv4Addr>().unwrap().to_bits());
            for inside in [low, high, low + (high - low) / 2] {
                let inside = Ipv4Addr::from_bits(inside);
                assert!(refused(&inside.to_string()), "{inside}");
                for mapped in [format!("::ffff:{inside}"), format!("64:ff9b::{inside}")] {
                    assert!(refused(&mapped), "{mapped}");
                }
            }
            for outside in [low.checked_sub(1), high.checked_add(1)] {
                let Some(outside) = outside.map(Ipv4Addr::from_bits) else {
                    continue;
                };
                // It may be in another block, but only as its first or last.
                let next_to =
                    [[100, 64], [198, 18]].contains(&[outside.octets()[0], outside.octets()[1]]);
                assert!(!refused(&outside.to_string()) || next_to, "{outside}");
            }
        }
    }

    #[test]
    fn blocks_of_ipv6() {
        for address in [
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "100::1",
            "64:ff9b:1::8.8.8.8",
            "fc00::1",
            "fdff::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2001:db8:ffff::1",
            "2002:7f00:1::1",
            "3fff::1",
            "3fff:fff::1",
            "4000::1",
            "5f00::1",
            "1fff::1",
        ] {
            assert!(refused(address), "{address}");
        }
        for address in [
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::1111",
            "3ffe:ffff::1",
            "3fff:1000::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(!refused(address), "{address}");
        }
    }
}
