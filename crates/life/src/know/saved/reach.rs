//! Which Internet addresses a message may be sent to: public ones. An address inside one's own
//! network would let whoever writes an alert knock where only the server can.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

/// Why a webhook is not called, as far as its address says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Barred {
    #[error(
        "the webhook leads to a private address: list it under `private_addresses` of `[alerts]`, \
         or use a public one"
    )]
    Private,
    #[error("the webhook goes in the open: use https://")]
    Open,
}

impl Barred {
    /// The stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Barred::Private => "webhook-private",
            Barred::Open => "webhook-open",
        }
    }
}

/// Bars a webhook whose address is written out and may not be reached, and one in the open. Where
/// a name leads is seen when it is called.
pub fn admit(url: &Url, allowed: &[IpAddr]) -> Result<(), Barred> {
    let written_out = match url.host() {
        Some(Host::Ipv4(four)) => Some(IpAddr::V4(four)),
        Some(Host::Ipv6(six)) => Some(IpAddr::V6(six)),
        Some(Host::Domain(_)) | None => None,
    };
    if written_out.is_some_and(|address| !may_reach(address, allowed)) {
        return Err(Barred::Private);
    }
    let is_listed = |address: IpAddr| !is_public(address);
    if url.scheme() == "https" || written_out.is_some_and(is_listed) {
        return Ok(());
    }
    Err(Barred::Open)
}

/// Whether an address may be reached at all: a public one, or one of those that are allowed.
#[must_use]
pub fn may_reach(address: IpAddr, allowed: &[IpAddr]) -> bool {
    let address = address.to_canonical();
    is_public(address) || allowed.iter().any(|one| one.to_canonical() == address)
}

/// Whether an address belongs to the public Internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_own = address.is_private() || address.is_loopback() || address.is_link_local();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocols = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_measured = a == 198 && (b == 18 || b == 19);
    let is_documented = address.is_documentation();
    let is_nobody = a == 0 || a >= 224;
    !(is_own || is_shared || is_protocols || is_measured || is_documented || is_nobody)
}

/// Global unicast, without the blocks that stand for documents, for protocols, or for an address of
/// version 4 inside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_global = a & 0xe000 == 0x2000;
    let is_protocols = a == 0x2001 && b < 0x0200;
    let is_documented = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    let holds_another = a == 0x2002;
    is_global && !is_protocols && !is_documented && !holds_another
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called_and_only_listed_ones_in_the_open() {
        let listed = ["10.0.0.7".parse().unwrap()];
        let check = |url: &str| match admit(&Url::parse(url).unwrap(), &listed) {
            Ok(()) => "fine",
            Err(barred) => barred.code(),
        };
        assert_eq!(check("https://example.com/hook"), "fine");
        assert_eq!(check("http://example.com/hook"), "webhook-open");
        assert_eq!(check("http://1.1.1.1/hook"), "webhook-open");
        assert_eq!(check("https://1.1.1.1/hook"), "fine");
        for inside in ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]"] {
            assert_eq!(check(&format!("https://{inside}/")), "webhook-private", "{inside}");
        }
        assert_eq!(check("http://10.0.0.7:9/"), "fine");
        assert_eq!(check("http://[::ffff:10.0.0.7]/"), "fine");
    }

    #[test]
    fn only_public_addresses_are_public() {
        let check = |text: &str| is_public(text.parse().unwrap());
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(check(public), "{public}");
        }
        let private = "0.0.0.0 10.0.0.1 127.0.0.1 100.64.0.1 169.254.169.254 172.16.0.1 192.0.0.8 \
                       192.0.2.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 \
                       255.255.255.255 ::1 :: ::ffff:127.0.0.1 fe80::1 fc00::1 fd12::1 ff02::1 \
                       2001:db8::1 2001::1 2002:7f00:1::1 64:ff9b::7f00:1 3fff::1";
        for private in private.split_whitespace() {
            assert!(!check(private), "{private}");
        }
    }
}
