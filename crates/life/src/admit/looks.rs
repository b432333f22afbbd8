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

/// Whether a text holds something that looks like an identifier.
#[must_use]
pub fn like_identifier(text: &str) -> bool {
    like_mail(text)
        || is_number(text)
        || is_network_address(text)
        || has_uuid(text)
        || has_token(text)
}

/// Whether a text holds an e-mail address, in any of the ways in which one is written or encoded.
#[must_use]
pub fn like_mail(text: &str) -> bool {
    has_mail(text) || plainly(text).is_some_and(|plain| has_mail(&plain))
}

/// What stands for the sign in an address, and for its dot, where they are not written.
const SPELLED: [(&str, &str); 13] = [
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
const ENCODED_MAX: usize = 3;

/// A text as it reads when its encodings are undone; `None` when it has none.
fn plainly(text: &str) -> Option<String> {
    let marks = |byte: u8| !byte.is_ascii() || b"%\\&([{".contains(&byte);
    if !text.bytes().any(marks) {
        return None;
    }
    let mut plain = text.to_ascii_lowercase();
    for _ in 0..ENCODED_MAX {
        let decoded = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
        if decoded == plain {
            break;
        }
        plain = decoded;
    }
    for (spelled, sign) in SPELLED {
        if plain.contains(spelled) {
            plain = plain.split(spelled).map(str::trim).collect::<Vec<_>>().join(sign);
        }
    }
    Some(plain)
}

fn has_mail(text: &str) -> bool {
    let bytes = text.as_bytes();
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"._%+-".contains(byte);
    memchr::memchr_iter(b'@', bytes).any(|at| {
        let (before, after) = bytes.split_at(at);
        let after = after.split_first().map_or(after, |(_, rest)| rest);
        let host: &[u8] = after.split(|byte| !word(byte)).next().unwrap_or_default();
        let dot = host.iter().position(|byte| *byte == b'.');
        before.last().is_some_and(word) && dot.is_some_and(|dot| dot > 0 && dot + 2 < host.len())
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
    if text.len() < 36 {
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
            "CheckoutStep2CompletedV3Final",
            "reallyLongCamelCaseEventNameOfSomebody",
            "",
        ] {
            assert!(!like_identifier(text), "{text}");
        }
    }
}
