//! Numbers and lengths of time as a person reads them in a sentence.

use vocabulary::Span;

/// A count with a comma at every thousand.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with at most two digits behind the point.
#[must_use]
pub fn amount(number: f64) -> String {
    let hundredths = (number.abs() * 100.0).round() as u64;
    let (whole, rest) = (count(hundredths / 100), hundredths % 100);
    let sign = if number < 0.0 && hundredths > 0 { "-" } else { "" };
    match rest {
        0 => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest:02}"),
    }
}

/// How a number changed since before.
#[must_use]
pub fn change(now: f64, before: f64) -> String {
    if now == before {
        return "as much as before".to_owned();
    }
    if before <= 0.0 {
        return format!("{} before", amount(before));
    }
    let (percent, word) =
        ((now / before - 1.0) * 100.0, if now > before { "more" } else { "less" });
    format!("{:.1} % {word} than before", percent.abs())
}

/// A count of people.
#[must_use]
pub fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{} people", count(number)) }
}

/// A share in percent, with one digit behind the point.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", share(part, whole) * 100.0)
}

/// A share of a whole; nothing of nothing is zero.
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A length of time in its two largest units.
#[must_use]
pub fn length(span: Span) -> String {
    let units =
        [(Span::DAY.0, "d"), (Span::HOUR.0, "h"), (Span::MINUTE.0, "min"), (1_000_000, "s")];
    let mut left = span.0.max(0);
    let mut parts = Vec::new();
    for (size, unit) in units {
        let whole = left / size;
        left %= size;
        if whole > 0 {
            parts.push(format!("{whole} {unit}"));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "under a second".to_owned() } else { parts.join(" ") }
}

/// What is no longer than a length of time.
#[must_use]
pub fn at_most(span: Span) -> String {
    if span < Span::SECOND {
        "less than a second".to_owned()
    } else {
        format!("at most {}", length(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(people(1), "1 person");
        assert_eq!(amount(1234.5), "1,234.50");
        assert_eq!(amount(-0.001), "0");
        assert_eq!(change(3.0, 2.0), "50.0 % more than before");
        assert_eq!(change(1.0, 2.0), "50.0 % less than before");
        assert_eq!(change(1.0, 0.0), "0 before");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(1, 0), "0.0 %");
        assert_eq!(length(Span::seconds(0)), "under a second");
        assert_eq!(at_most(Span(999_999)), "less than a second");
        assert_eq!(at_most(Span::seconds(1)), "at most 1 s");
        assert_eq!(length(Span::seconds(61)), "1 min 1 s");
        assert_eq!(length(Span::seconds(86_400 * 7)), "7 d");
        assert_eq!(length(Span::seconds(86_400 + 61)), "1 d");
    }
}
