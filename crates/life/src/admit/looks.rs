//! Whether a text looks like an identifier: an address, a number, a token. Such texts are no names.
//!
//! It guesses from the shape alone and errs on the protective side; it never looks anything up.

use percent_encoding::percent_decode_str;

/// How long a run of digits may be before it counts as somebody's number.
const DIGITS_MAX: usize = 8;
/// How long a word of hexadecimal digits with a digit in it may be.
const HEX_MAX: usize = 15;
/// How long a word that changes between small letters, capitals and digits all the time may be.
const TOKEN_MAX: usize = 19;
/// How long a UUID is.
const UUID_CHARS: usize = 36;
/// How many digits may stand in groups behind each other.
const GROUPED_MAX: usize = 6;

/// Whether a text holds something that looks like an identifier.
#[must_use]
pub fn like_identifier(text: &str) -> bool {
    if is_plain(text) {
        return false;
    }
    like_mail(text)
        || is_number(text)
        || has_grouped_number(text)
        || has_query(text)
        || is_network_address(text)
        || has_uuid(text)
        || has_token(text)
}

/// Whether a text is a few short words of letters and nothing else: without a digit and a sign, too
/// short for a token and for a UUID, it is none of what follows. Nearly every name is.
fn is_plain(text: &str) -> bool {
    let mut word = 0;
    let is_plain = |byte: u8| {
        word = if byte.is_ascii_alphabetic() { word + 1 } else { 0 };
        word <= TOKEN_MAX && (word > 0 || b" _.-$/".contains(&byte))
    };
    text.len() < UUID_CHARS && text.bytes().all(is_plain)
}

/// Whether a text holds an e-mail address, in any of the ways in which one is written or encoded.
#[must_use]
pub fn like_mail(text: &str) -> bool {
    has_mail(text) || plainly(text).is_some_and(|plain| has_mail(&plain))
}

/// What stands for the sign in an address, and for its dot, where they are not written.
const SPELLED: [(&str, &str); 14] = [
    ("%40", "@"),
    ("\\u0040", "@"),
    ("\\u002e", "."),
    ("&#64;", "@"),
    ("&#x40;", "@"),
    ("&commat;", "@"),
    ("\u{ff20}", "@"),
    ("\u{fe6b}", "@"),
    ("(at)", "@"),
    ("[at]", "@"),
    ("{at}", "@"),
    ("(dot)", "."),
    ("[dot]", "."),
    ("{dot}", "."),
];
/// How often a text may have been percent-encoded.
const ENCODED_MAX: usize = 8;
/// Hosts that have no dot and take mail.
const HOSTS: [&[u8]; 5] = [b"localhost", b"localdomain", b"intranet", b"corp", b"lan"];

/// A text as it reads when its encodings are undone; `None` when it has none.
fn plainly(text: &str) -> Option<String> {
    let marks = |byte: u8| !byte.is_ascii() || b"%=\\&([{".contains(&byte);
    if !text.bytes().any(marks) {
        return None;
    }
    let mut plain = text.to_ascii_lowercase();
    for _ in 0..ENCODED_MAX {
        // The sign is put in its place before it is decoded, so that no space stands before it.
        let spelled = spelled(plain);
        plain = percent_decode_str(&spelled).decode_utf8_lossy().into_owned();
        if plain == spelled {
            break;
        }
    }
    Some(plain)
}

/// The signs of an address where they are spelled, without the spaces around them.
fn spelled(mut plain: String) -> String {
    for (written, sign) in SPELLED {
        if plain.contains(written) {
            plain = plain.split(written).map(str::trim).collect::<Vec<_>>().join(sign);
        }
    }
    // As mail programs write it; before a digit it is a number that something equals.
    let mut parts = plain.split("=40");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(if part.starts_with(char::is_alphabetic) { "@" } else { "=40" });
        out.push_str(part);
    }
    out
}

fn has_mail(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'@', bytes).any(|at| {
        let (before, after) = bytes.split_at(at);
        let after = after.split_first().map_or(after, |(_, rest)| rest);
        is_local(before) && is_host(after)
    })
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

/// Whether what ends here may stand before the sign of an address: a word, also in quotes.
fn is_local(before: &[u8]) -> bool {
    match before.split_last() {
        Some((b'"', quoted)) => {
            let word = quoted.rsplit(|byte| *byte == b'"').next().unwrap_or_default();
            let is_quoted = word.len() < quoted.len() && word.iter().any(u8::is_ascii_alphanumeric);
            // What stands between the texts of JSON is no text.
            is_quoted && !word.iter().any(|byte| b":,{}[]".contains(byte))
        }
        Some((last, _)) => is_word(*last),
        None => false,
    }
}

/// Whether what begins here may stand behind it: a host with a dot, one of a network of one's own,
/// or an address in brackets.
fn is_host(after: &[u8]) -> bool {
    if let [b'[', rest @ ..] = after {
        return rest.first().is_some_and(u8::is_ascii_hexdigit) || rest.starts_with(b"ipv6:");
    }
    let host = after.split(|byte| !is_word(*byte)).next().unwrap_or_default();
    let dot = host.iter().position(|byte| *byte == b'.');
    dot.is_some_and(|dot| dot > 0 && dot + 2 < host.len())
        || HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// More digits in groups than a name has, as in a telephone's or a card's number. A date and two
/// years are none.
fn has_grouped_number(text: &str) -> bool {
    let is_part = |char: char| {
        char.is_ascii_digit() || char.is_whitespace() || "-\u{2010}–—.()/+_".contains(char)
    };
    let runs = text.split(|char| !is_part(char));
    runs.filter(|run| run.len() > GROUPED_MAX).any(|run| {
        let groups = run.split(|char: char| !char.is_ascii_digit());
        let groups: Vec<&str> = groups.filter(|group| !group.is_empty()).collect();
        let digits: usize = groups.iter().map(|group| group.len()).sum();
        groups.len() > 1 && digits - dated(&groups) > GROUPED_MAX
    })
}

/// How many of the digits say when: those of a date, or of two years and nothing else.
fn dated(groups: &[&str]) -> usize {
    let is_in = |group: &str, length, from: u16, to: u16| {
        group.len() == length && group.parse().is_ok_and(|number| (from..=to).contains(&number))
    };
    let is_year = |group: &str| is_in(group, 4, 1900, 2099);
    let is_month = |group: &str| is_in(group, 2, 1, 12);
    let is_day = |group: &str| is_in(group, 2, 1, 31);
    let is_date = |window: &[&str]| match window {
        [first, month, last] => {
            is_month(month) && (is_year(first) && is_day(last) || is_day(first) && is_year(last))
        }
        _ => false,
    };
    match groups {
        [from, to] if is_year(from) && is_year(to) => 8,
        _ if groups.windows(3).any(is_date) => 8,
        _ => 0,
    }
}

/// What follows a question mark in a URL, or is said by name behind one.
fn has_query(text: &str) -> bool {
    let is_url = text.contains("://");
    text.split('?').skip(1).any(|query| {
        let word = query.split(char::is_whitespace).next().unwrap_or_default();
        !word.is_empty() && (is_url || word.find('=').is_some_and(|place| place > 0))
    })
}

/// Five digits or more with nothing but what people write between digits.
fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 5 && text.bytes().all(|byte| byte.is_ascii_digit() || b" +-()./".contains(&byte))
}

fn is_network_address(text: &str) -> bool {
    text.len() >= 7 && text.trim().parse::<std::net::IpAddr>().is_ok()
}

/// Five groups of 8, 4, 4, 4 and 12 hexadecimal digits.
fn has_uuid(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    if text.len() < UUID_CHARS {
        return false;
    }
    let words: Vec<&str> = text.split(|char: char| !char.is_ascii_alphanumeric()).collect();
    words.windows(GROUPS.len()).any(|window| {
        window.iter().zip(GROUPS).all(|(word, length)| {
            word.len() == length && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

fn has_token(text: &str) -> bool {
    if text.len() <= DIGITS_MAX {
        return false;
    }
    text.split(|char: char| !char.is_alphanumeric()).any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_hex = digits > 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_mixed = digits * 5 >= word.len() || changes(word) * 4 >= word.len();
        longest_digits(word) > DIGITS_MAX
            || is_hex && word.len() > HEX_MAX
            || is_mixed && word.len() > TOKEN_MAX
    })
}

/// How often a word changes between small letters, capitals and digits; a capital's small letters
/// are no change.
fn changes(word: &str) -> usize {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let pairs = word.bytes().zip(word.bytes().skip(1));
    pairs.filter(|(one, next)| kind(*one) != kind(*next) && kind(*one) != (false, true)).count()
}

fn longest_digits(word: &str) -> usize {
    word.split(|char: char| !char.is_ascii_digit()).map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_seen() {
        for text in [
            "bob@example.com",
            "Signed in: bob.b+c@mail.example.co.uk!",
            "Opened by bob@examplé.org",
            "Opened by bob%40example.com",
            "Opened by bob%2540example.com",
            "bob (at) example.com",
            "bob[AT]example[dot]com",
            "{\"who\":\"bob\\u0040example.com\"}",
            "[{\"a\":{\"mail\":\"bob@example.com\"}}]",
            "bob&#64;example.com",
            "bob＠example.com",
            "4915112345678",
            "+49 151 123-456",
            "12345",
            "order 123456789",
            "192.168.0.17",
            "2001:db8::1",
            "View 6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "9f86d081884c7d65",
            "user 0170 123 4567",
            "call +49 (170) 123-4567 now",
            "order-4111-1111-1111-1111",
            "order_4111_1111_1111_1111",
            "iban DE89 3704 0044 0532 0130 00",
            "2024-01-15 0170 123 4567",
            "https://x.example/reset?token=abc",
            "https://x.example/reset?abc",
            "/reset?token=abc done",
            "\"bob\"@example.com",
            "{\"to\":\"\\\"bob b\\\"@example.com\"}",
            "bob.b@localhost",
            "bob@[192.168.0.1]",
            "bob.b=40example.com",
            "bob.b %2540example.com",
            "bob.b%2525252540example.com",
            "click_eyJhbGciOiJIUzI1NiIsInR5",
        ] {
            assert!(like_identifier(text), "{text}");
        }
    }

    #[test]
    fn names_are_names() {
        for text in [
            "Product Viewed",
            "page_view",
            "$autocapture",
            "Checkout Step 2 Completed",
            "checkout_step_2_completed_v3_final",
            "error 404",
            "100% done",
            "Look [at] me",
            "a & b (at) c",
            "{\"a\":\"b.c\"}",
            "2024",
            "a/b test 12",
            "context.userAgentData.platform",
            "traits.@type",
            "follow @shop",
            "Bestellung abgeschlossen – Überweisung",
            "internationalization",
            "Report 2024-01-15",
            "2024-01-15-3-things-to-know",
            "Sale 29.11.2024",
            "Season 2019/2020",
            "Step 1-2-3",
            "Release 1.22.333",
            "Chrome 120 on Windows 10",
            "Did it help? yes",
            "Why?",
            "https://x.example/pricing",
            "width=40 height=30",
            "total=400.00",
            "stay@home",
            "react@18",
            "{\"handle\":\"@shop.example\"}",
            "{\"a\":1,\"@context.type\":2}",
            "CheckoutStep2CompletedV3Final",
            "reallyLongCamelCaseEventNameOfSomebody",
            "",
        ] {
            assert!(!like_identifier(text), "{text}");
        }
    }
}
