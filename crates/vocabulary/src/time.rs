//! Instants and spans, in microseconds. Reading a clock happens elsewhere and comes in as an
//! argument.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: microseconds since 1970 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Time(pub i64);

/// A length of time in microseconds; negative when it points back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Span(pub i64);

impl Span {
    pub const SECOND: Span = Span(1_000_000);
    pub const MINUTE: Span = Span(60 * Self::SECOND.0);
    pub const HOUR: Span = Span(60 * Self::MINUTE.0);
    pub const DAY: Span = Span(24 * Self::HOUR.0);

    /// This many seconds.
    #[must_use]
    pub const fn seconds(count: i64) -> Self {
        Self(count.saturating_mul(Self::SECOND.0))
    }

    /// This many days of 24 hours.
    #[must_use]
    pub const fn days(count: i64) -> Self {
        Self(count.saturating_mul(Self::DAY.0))
    }

    /// Whole and broken seconds, for people and JSON.
    #[must_use]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Time {
    /// The start of 1970.
    pub const EPOCH: Self = Self(0);

    /// The instant of an RFC 3339 or ISO 8601 text with an offset; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(|instant| Self(instant.as_microsecond()))
    }

    /// The instant of a count of milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The start of the span-long period that holds this instant, counted from 1970.
    #[must_use]
    pub const fn floor(self, span: Span) -> Self {
        Self(self.0.div_euclid(span.0) * span.0)
    }
}

impl Add<Span> for Time {
    type Output = Time;

    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Time;

    fn sub(self, span: Span) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Sub<Time> for Time {
    type Output = Span;

    fn sub(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(out, "{instant}"),
            Err(_) => write!(out, "{}us", self.0),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Text in formats for people (JSON, TOML), a plain number in formats for machines (the journal).
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if out.is_human_readable() { out.collect_str(self) } else { out.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        if !input.is_human_readable() {
            return i64::deserialize(input).map(Self);
        }
        let text = String::deserialize(input)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is no instant: write it as 2026-01-31T12:00:00Z"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_text() {
        let time = Time::parse("2026-01-01T00:00:00.123456Z").unwrap();
        assert_eq!(time.micros(), 1_767_225_600_123_456);
        assert_eq!(time.to_string(), "2026-01-01T00:00:00.123456Z");
        assert_eq!(Time::parse("2026-01-01T02:00:00.123456+02:00"), Some(time));
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn floor_goes_down_before_1970_too() {
        assert_eq!(Time(-1).floor(Span::HOUR), Time(-Span::HOUR.0));
        assert_eq!(Time(Span::HOUR.0 + 1).floor(Span::HOUR), Time(Span::HOUR.0));
    }
}
