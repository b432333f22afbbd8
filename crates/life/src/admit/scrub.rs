//! What is taken out of a URL and of an address before anybody may keep it.
//!
//! A URL loses user and password, fragment, and every query parameter that is not listed; what
//! looks like an identifier in its path is masked. What cannot be read as a URL is masked whole.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use url::Url;

use super::looks::like_identifier;

/// What stands where something was masked.
pub const MASK: &str = "***";

/// A URL, or the part of one that starts with a path or a query, without what names a person.
pub fn url(text: &str, is_listed: impl Fn(&str) -> bool) -> String {
    let text = text.trim();
    let Some((front, rest)) = front_of(text) else { return MASK.to_owned() };
    let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut out = String::with_capacity(text.len());
    out.push_str(&front);
    push_path(&mut out, path);
    push_query(&mut out, query, is_listed);
    out
}

/// The first 24 bits of an IPv4 address, the first 48 of an IPv6 one.
#[must_use]
pub fn truncate(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(six) => {
            let [a, b, c, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// Scheme and host without credentials, and what follows them. `None` = it cannot be told what is
/// the host.
fn front_of(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if let Some(front) = plain_front(text) {
        let (front, rest) = text.split_at_checked(front)?;
        return Some((Cow::Borrowed(front), rest));
    }
    let is_relative = match text.as_bytes() {
        [] | [b'?' | b'#', ..] => true,
        // Two slashes would be a host, and a backslash counts as a slash.
        [b'/', rest @ ..] => !matches!(rest, [b'/' | b'\\', ..]),
        [_, ..] => !text.contains([':', '\\', '@']),
    };
    if is_relative {
        return Some((Cow::Borrowed(""), text));
    }
    let parsed = Url::parse(text).ok()?;
    let host = parsed.host_str()?;
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = text.find(['?', '#']).map_or("", |at| text.get(at..).unwrap_or_default());
    let mut front = format!("{}://{host}{port}", parsed.scheme());
    push_path(&mut front, parsed.path());
    Some((Cow::Owned(front), path))
}

/// The length of `https://host:port` when it holds nothing that has to be thought about.
fn plain_front(text: &str) -> Option<usize> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let end = host.find(['/', '?', '#']).unwrap_or(host.len());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    let authority = host.get(..end)?;
    let is_host = !authority.is_empty() && authority.bytes().all(is_plain);
    is_host.then_some(text.len() - host.len() + end)
}

fn push_path(out: &mut String, path: &str) {
    for (place, segment) in path.split('/').enumerate() {
        if place > 0 {
            out.push('/');
        }
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        out.push_str(if like_identifier(&decoded) { MASK } else { segment });
    }
}

fn push_query(out: &mut String, query: &str, is_listed: impl Fn(&str) -> bool) {
    let mut mark = '?';
    for pair in query.split(['&', ';']) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !is_listed(name) {
            continue;
        }
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        let value = if like_identifier(&decoded) { MASK } else { value };
        out.push(mark);
        out.push_str(name);
        if pair.contains('=') {
            out.push('=');
            out.push_str(value);
        }
        mark = '&';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) {
        assert_eq!(url(before, |name| name.starts_with("utm_")), after, "from {before}");
    }

    #[test]
    fn a_url_loses_what_names_a_person() {
        check(
            "https://shop.example/a/b?utm_source=x&email=b%40c.de#t=1",
            "https://shop.example/a/b?utm_source=x",
        );
        check("https://bob:secret@shop.example:8443/a", "https://shop.example:8443/a");
        check("https://shop.example", "https://shop.example");
        check("https://shop.example?a=1", "https://shop.example");
        check("https://shop.example/u/bob%40example.com/edit", "https://shop.example/u/***/edit");
        check(
            "https://shop.example/reset/9f86d081884c7d659a2feaa0c55ad015",
            "https://shop.example/reset/***",
        );
        check(
            "https://shop.example/?utm_term=bob@example.com&utm_id=7",
            "https://shop.example/?utm_term=***&utm_id=7",
        );
        check("/cart?token=1&utm_medium=mail", "/cart?utm_medium=mail");
        check("?q=shoes", "");
        check("", "");
        check("products/shoes", "products/shoes");
    }

    #[test]
    fn odd_urls_hide_nothing() {
        check("https:\\\\bob:secret@shop.example/a", "https://shop.example/a");
        check("https:bob:secret@shop.example/a", "https://shop.example/a");
        check("HTTPS://bob@shop.example/a?k=1", "https://shop.example/a");
        check("//bob:secret@shop.example/a", "***");
        check("mailto:bob@example.com", "***");
        check("data:text/plain,bob", "***");
        check("android-app://com.example/", "android-app://com.example/");
        check("https://[2001:db8::1]/a?x=1", "https://[2001:db8::1]/a");
        check("bob@example.com", "***");
        check(" https://shop.example/a ", "https://shop.example/a");
    }

    #[test]
    fn addresses_are_cut() {
        let cut = |text: &str| truncate(text.parse().unwrap()).to_string();
        assert_eq!(cut("203.0.113.77"), "203.0.113.0");
        assert_eq!(cut("::ffff:203.0.113.77"), "203.0.113.0");
        assert_eq!(cut("2001:db8:aaaa:bbbb::1"), "2001:db8:aaaa::");
    }
}
