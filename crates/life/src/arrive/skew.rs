//! The client's clock, corrected: how long before it was sent a thing happened, counted back from
//! arrival.
//!
//! It never reorders: every event of a request is moved by the same span.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use vocabulary::{Limits, Span, Time};

use super::Dated;
use super::json::Scalar;

/// How the times of one request are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    received: Time,
    shift: Span,
    future: Span,
}

impl Correction {
    /// The correction of a request that says when it was sent; without that, its clock is believed.
    #[must_use]
    pub fn new(received: Time, sent: Option<Time>, limits: &Limits) -> Self {
        Self::within(received, sent, limits.future)
    }

    /// The same, in a protocol that has its own word on how far ahead a time may lie.
    #[must_use]
    pub fn within(received: Time, sent: Option<Time>, future: Span) -> Self {
        let shift = sent.map_or(Span::default(), |sent| received - sent);
        Self { received, shift, future }
    }

    /// `received - (sent - original)`. The unknown, before 1970 or far ahead happened on arrival.
    #[must_use]
    pub fn correct(&self, original: Option<Time>) -> Time {
        self.plausible(original).unwrap_or(self.received)
    }

    /// What the client's own time is worth.
    #[must_use]
    pub fn dated(&self, original: Option<Time>) -> Dated {
        match (original, self.plausible(original)) {
            (None, _) => Dated::Untold,
            (Some(_), Some(_)) => Dated::Told,
            (Some(_), None) => Dated::Doubted,
        }
    }

    fn plausible(&self, original: Option<Time>) -> Option<Time> {
        let time = original? + self.shift;
        (time.micros() >= 0 && time <= self.received + self.future).then_some(time)
    }
}

/// A number below this counts seconds, from it on milliseconds: in the year 5138 and in 1973.
const SECONDS_BELOW: f64 = 1e11;

/// The instant that a client wrote: ISO 8601 with or without an offset, or a count since 1970.
#[must_use]
pub fn instant(written: &Scalar<'_>) -> Option<Time> {
    match written {
        Scalar::Text(text) => text_instant(text.trim()),
        Scalar::Integer(count) => number_instant(*count as f64),
        Scalar::Number(count) => number_instant(*count),
        Scalar::Absent | Scalar::Flag(_) | Scalar::Nested => None,
    }
}

fn text_instant(text: &str) -> Option<Time> {
    if let Some(time) = Time::parse(text) {
        return Some(time);
    }
    if let Ok(count) = text.parse::<f64>() {
        return number_instant(count);
    }
    // Without an offset a client means UTC.
    let local: DateTime = text.parse().ok()?;
    let instant = TimeZone::UTC.to_timestamp(local).ok()?;
    Some(Time(instant.as_microsecond()))
}

fn number_instant(count: f64) -> Option<Time> {
    if !count.is_finite() {
        return None;
    }
    let micros = if count.abs() < SECONDS_BELOW { count * 1e6 } else { count * 1e3 };
    Some(Time(micros.round() as i64))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn read(text: &str) -> Option<String> {
        instant(&Scalar::Text(Cow::Borrowed(text))).map(|time| time.to_string())
    }

    fn correct(sent: Option<&str>, original: &str) -> String {
        let received = Time::parse("2026-03-01T12:00:00Z").unwrap();
        let sent = sent.map(|text| Time::parse(text).unwrap());
        Correction::new(received, sent, &Limits::default())
            .correct(Time::parse(original))
            .to_string()
    }

    #[test]
    fn clients_write_instants_in_many_ways() {
        let noon = Some("2026-03-01T12:00:00.25Z".to_owned());
        for text in [
            "2026-03-01T12:00:00.250Z",
            "2026-03-01T12:00:00.250000+00:00",
            "2026-03-01T14:00:00.250+0200",
            "2026-03-01T14:00:00.250+02",
            "2026-03-01T12:00:00.250",
            "2026-03-01 12:00:00.250",
            " 2026-03-01T12:00:00.250z ",
            "1772366400250",
            "1772366400.25",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2026-03-01").as_deref(), Some("2026-03-01T00:00:00Z"));
        assert_eq!(
            instant(&Scalar::Integer(1_772_366_400_250)),
            instant(&Scalar::Number(1_772_366_400.25))
        );
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "NaN", "inf"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_time_is_counted_back_from_arrival() {
        // The client's clock is a year behind; the event waited for ten seconds.
        assert_eq!(
            correct(Some("2025-03-01T12:00:10Z"), "2025-03-01T12:00:00Z"),
            "2026-03-01T11:59:50Z"
        );
        // A day ahead.
        assert_eq!(
            correct(Some("2026-03-02T12:00:10Z"), "2026-03-02T12:00:00Z"),
            "2026-03-01T11:59:50Z"
        );
        // Nothing said: believed.
        assert_eq!(correct(None, "2026-02-28T00:00:00Z"), "2026-02-28T00:00:00Z");
        assert_eq!(correct(None, "2026-03-01T12:59:59Z"), "2026-03-01T12:59:59Z");
    }

    #[test]
    fn what_cannot_be_happened_on_arrival() {
        let arrival = "2026-03-01T12:00:00Z";
        assert_eq!(correct(None, "2026-03-01T13:00:00.000001Z"), arrival);
        assert_eq!(correct(Some("2026-03-01T12:00:00Z"), "2027-01-01T00:00:00Z"), arrival);
        assert_eq!(correct(None, "1969-12-31T00:00:00Z"), arrival);
        assert_eq!(correct(None, "no instant"), arrival);
    }
}
