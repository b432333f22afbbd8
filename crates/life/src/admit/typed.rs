//! The values of properties: from JSON text to the declared type, and into a coarser form.
//!
//! A value is never bent to fit: what is not of its type without loss is a conflict, and null.

use std::borrow::Cow;
use std::net::IpAddr;

use vocabulary::{Span, Time, Value};

use super::catalogue::PropertyType;
use super::looks::like_mail;
use super::plan::Action;
use super::scrub;

/// A value is not of its declared type, or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conflict;

/// The most digits that a 64-bit float holds for certain.
const FLOAT_DIGITS: usize = 15;
/// The largest integer up to which each one is a 64-bit float.
const FLOAT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// The type that a JSON value has of itself; `None` for null.
pub(super) fn met(json: &str) -> Option<PropertyType> {
    match json.as_bytes() {
        [b'"', ..] => Some(PropertyType::Text),
        [b't' | b'f', ..] => Some(PropertyType::Flag),
        [b'{' | b'[', ..] => Some(PropertyType::Json),
        [b'-' | b'0'..=b'9', ..] if json.contains(['.', 'e', 'E']) => Some(PropertyType::Number),
        [b'-' | b'0'..=b'9', ..] => Some(PropertyType::Integer),
        _ => None,
    }
}

/// The text of a JSON string; `None` when it is none.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(json).ok().map(Cow::Owned)
}

/// Reads a JSON value as its declared type. Null is no value.
pub(super) fn read(
    kind: PropertyType,
    json: &str,
    bytes_max: usize,
) -> Result<Option<Value>, Conflict> {
    if json == "null" {
        return Ok(None);
    }
    if json.len() > bytes_max {
        return Err(Conflict);
    }
    let value = match kind {
        PropertyType::Text | PropertyType::Url | PropertyType::Address => read_text(json),
        PropertyType::Integer => read_integer(json),
        PropertyType::Number => read_number(json),
        PropertyType::Flag => read_flag(json),
        PropertyType::Time => text(json).and_then(|text| Time::parse(&text)).map(Value::Time),
        PropertyType::Json => Some(Value::Json(json.into())),
    };
    value.map(Some).ok_or(Conflict)
}

fn read_text(json: &str) -> Option<Value> {
    let text = match met(json)? {
        PropertyType::Text => text(json)?,
        // A number's own digits are a text without loss.
        PropertyType::Integer | PropertyType::Number => Cow::Borrowed(json),
        PropertyType::Flag
        | PropertyType::Json
        | PropertyType::Time
        | PropertyType::Url
        | PropertyType::Address => return None,
    };
    Some(Value::Text(text.into()))
}

/// The digits of a number, whether it was sent as one or as a text that is written like one.
fn digits(json: &str) -> Option<Cow<'_, str>> {
    let digits = text(json).unwrap_or(Cow::Borrowed(json));
    let is_number = matches!(digits.as_bytes(), [b'-' | b'0'..=b'9', ..]);
    is_number.then_some(digits)
}

fn read_integer(json: &str) -> Option<Value> {
    let digits = digits(json)?;
    if let Ok(integer) = digits.parse::<i64>() {
        let is_plain = !json.starts_with('"') || integer.to_string() == *digits;
        return is_plain.then_some(Value::Integer(integer));
    }
    let number: f64 = serde_json::from_str(&digits).ok()?;
    let is_whole = number.fract() == 0.0 && number.abs() <= FLOAT_INTEGER_MAX;
    is_whole.then_some(Value::Integer(number as i64))
}

fn read_number(json: &str) -> Option<Value> {
    let digits = digits(json)?;
    let number: f64 = serde_json::from_str(&digits).ok()?;
    let is_text = json.starts_with('"');
    let is_exact = digits.bytes().filter(u8::is_ascii_digit).count() <= FLOAT_DIGITS;
    (number.is_finite() && (is_exact || !is_text)).then_some(Value::Number(number))
}

fn read_flag(json: &str) -> Option<Value> {
    match json {
        "true" | "\"true\"" => Some(Value::Flag(true)),
        "false" | "\"false\"" => Some(Value::Flag(false)),
        _ => None,
    }
}

/// What an action leaves of a value; `None` when nothing.
pub(super) fn act(action: Action, kind: PropertyType, value: Value) -> Option<Value> {
    match action {
        Action::Keep => keep(kind, value),
        Action::Coarsen => coarsen(kind, value),
        Action::Mask => Some(Value::Text(scrub::MASK.into())),
        Action::Drop => None,
    }
}

fn keep(kind: PropertyType, value: Value) -> Option<Value> {
    match (kind, &value) {
        (PropertyType::Address, Value::Text(text)) => {
            let address: IpAddr = text.trim().parse().ok()?;
            Some(Value::Text(address.to_string().into()))
        }
        _ => Some(value),
    }
}

/// A network instead of an address, an hour instead of an instant, a tenth instead of a number's
/// rest.
fn coarsen(kind: PropertyType, value: Value) -> Option<Value> {
    match value {
        Value::Text(text) if kind == PropertyType::Address => {
            let address: IpAddr = text.trim().parse().ok()?;
            Some(Value::Text(scrub::truncate(address).to_string().into()))
        }
        Value::Number(number) => Some(Value::Number((number * 10.0).round() / 10.0)),
        Value::Integer(integer) => Some(Value::Integer(integer.div_euclid(10).saturating_mul(10))),
        Value::Time(time) => Some(Value::Time(time.floor(Span::HOUR))),
        Value::Flag(_) | Value::Text(_) | Value::Json(_) => None,
    }
}

/// A value on its way into a column that everybody with the purpose reads: an address in it is
/// masked.
pub(super) fn without_mail(value: Value) -> Value {
    match value {
        Value::Text(text) if like_mail(&text) => Value::Text(scrub::MASK.into()),
        Value::Json(text) if like_mail(&text) => Value::Json(format!("{:?}", scrub::MASK).into()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: PropertyType, json: &str, expected: Result<Option<Value>, Conflict>) {
        assert!(read(kind, json, 64) == expected, "{kind:?} from {json}");
    }

    #[test]
    fn a_value_is_read_without_loss_or_not_at_all() {
        let text = |text: &str| Ok(Some(Value::Text(text.into())));
        check(PropertyType::Text, r#""a\n""#, text("a\n"));
        check(PropertyType::Text, "12", text("12"));
        check(PropertyType::Text, "true", Err(Conflict));
        check(PropertyType::Text, "null", Ok(None));
        check(PropertyType::Text, &format!("\"{}\"", "a".repeat(63)), Err(Conflict));
        let integer = |integer| Ok(Some(Value::Integer(integer)));
        check(PropertyType::Integer, "12", integer(12));
        check(PropertyType::Integer, r#""-12""#, integer(-12));
        check(PropertyType::Integer, "12.0", integer(12));
        check(PropertyType::Integer, "12.5", Err(Conflict));
        check(PropertyType::Integer, r#""012""#, Err(Conflict));
        check(PropertyType::Integer, "1e300", Err(Conflict));
        check(PropertyType::Integer, "9223372036854775808", Err(Conflict));
        let number = |number| Ok(Some(Value::Number(number)));
        check(PropertyType::Number, "3", number(3.0));
        check(PropertyType::Number, r#""19.99""#, number(19.99));
        check(PropertyType::Number, r#""NaN""#, Err(Conflict));
        check(PropertyType::Number, r#""1,5""#, Err(Conflict));
        check(PropertyType::Number, r#""12345678901234567890""#, Err(Conflict));
        check(PropertyType::Number, "true", Err(Conflict));
        check(PropertyType::Flag, r#""true""#, Ok(Some(Value::Flag(true))));
        check(PropertyType::Flag, "1", Err(Conflict));
        check(
            PropertyType::Time,
            r#""2026-01-01T00:00:00Z""#,
            Ok(Some(Value::Time(Time(1_767_225_600_000_000)))),
        );
        check(PropertyType::Time, r#""yesterday""#, Err(Conflict));
        check(PropertyType::Json, r#"[1,{"a":2}]"#, Ok(Some(Value::Json(r#"[1,{"a":2}]"#.into()))));
    }

    #[test]
    fn no_address_gets_into_a_column() {
        let text = |text: &str| without_mail(Value::Text(text.into()));
        assert!(text("bob%40example.com") == Value::Text("***".into()));
        assert!(text(r#"{"to":"bob\u0040example.com"}"#) == Value::Text("***".into()));
        assert!(text("bob likes 50% off") == Value::Text("bob likes 50% off".into()));
        let json = |text: &str| without_mail(Value::Json(text.into()));
        assert!(json(r#"[{"to":"bob%40example.com"}]"#) == Value::Json(r#""***""#.into()));
        assert!(json(r#"[{"to":1}]"#) == Value::Json(r#"[{"to":1}]"#.into()));
    }

    #[test]
    fn a_coarse_value_says_less() {
        let address =
            |action, text: &str| act(action, PropertyType::Address, Value::Text(text.into()));
        assert!(address(Action::Coarsen, "203.0.113.9") == Some(Value::Text("203.0.113.0".into())));
        assert!(address(Action::Keep, "203.0.113.9") == Some(Value::Text("203.0.113.9".into())));
        assert!(address(Action::Keep, "Bob's phone").is_none());
        assert!(address(Action::Drop, "203.0.113.9").is_none());
        let number = act(Action::Coarsen, PropertyType::Number, Value::Number(52.5163));
        assert!(number == Some(Value::Number(52.5)));
        assert!(act(Action::Coarsen, PropertyType::Text, Value::Text("Bob".into())).is_none());
        assert!(
            act(Action::Mask, PropertyType::Text, Value::Text("Bob".into()))
                == Some(Value::Text("***".into()))
        );
    }
}
