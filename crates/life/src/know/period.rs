//! Hours, days, weeks and months of a time zone. A day of the zone may have 23 or 25 hours.
//!
//! Reads no clock and no zone file: the zones are built in.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as Civil, Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::fault::Flaw;

/// How long the intervals of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Interval {
    Hour,
    Day,
    Week,
    Month,
}

impl Interval {
    /// The word for one of them.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Interval::Hour => "hour",
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::Month => "month",
        }
    }
}

/// Consecutive intervals. The first holds the start of the range, and may begin before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    /// The start of each; never empty.
    pub starts: Vec<Time>,
}

impl Periods {
    /// The intervals that `from..until` touches.
    pub fn of(
        zone: &TimeZone,
        interval: Interval,
        week_start: Weekday,
        from: Time,
        until: Time,
        max: usize,
    ) -> Result<Self, Flaw> {
        let mut starts = Vec::new();
        let mut next = floor(zone, interval, week_start, from);
        while let Some(start) = next.filter(|start| *start < until) {
            if starts.len() == max {
                return Err(Flaw::TooManyIntervals { max });
            }
            starts.push(start);
            next = after(zone, interval, start).filter(|later| *later > start);
        }
        if starts.is_empty() {
            starts.push(from);
        }
        Ok(Self { starts })
    }

    /// The number of the interval that holds an instant of the range.
    #[must_use]
    pub fn place(&self, time: Time) -> usize {
        self.starts.partition_point(|start| *start <= time).saturating_sub(1)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

/// The time zone of this name.
pub fn zone(name: &str) -> Result<TimeZone, Flaw> {
    TimeZone::get(name).map_err(|_| Flaw::UnknownZone { name: name.to_owned() })
}

/// The day of the week of this English name.
pub fn weekday(name: &str) -> Result<Weekday, Flaw> {
    Ok(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return Err(Flaw::UnknownWeekday { name: name.to_owned() }),
    })
}

/// An instant as a person writes it: with an offset, or a date, which means the start of that day.
pub fn moment(zone: &TimeZone, text: &str) -> Result<Time, Flaw> {
    if let Some(time) = Time::parse(text) {
        return Ok(time);
    }
    let start = (text.len() == "2026-01-31".len())
        .then(|| text.parse::<Date>().ok())
        .flatten()
        .and_then(|date| day_start(zone, date));
    start.ok_or_else(|| Flaw::InvalidTime { text: text.to_owned() })
}

/// The calendar day of an instant, for people.
#[must_use]
pub fn day(zone: &TimeZone, time: Time) -> String {
    zoned(zone, time).map_or_else(|| time.to_string(), |local| local.date().to_string())
}

fn zoned(zone: &TimeZone, time: Time) -> Option<ZonedDateTime> {
    Some(Timestamp::from_microsecond(time.0).ok()?.to_zoned_datetime(zone.clone()))
}

/// The first instant of a day; midnight itself may not exist, or exist twice.
fn day_start(zone: &TimeZone, date: Date) -> Option<Time> {
    let midnight = date.to_zoned_datetime(zone.clone()).ok()?;
    Some(Time(midnight.start_of_day().ok()?.timestamp().as_microsecond()))
}

fn floor(zone: &TimeZone, interval: Interval, week_start: Weekday, time: Time) -> Option<Time> {
    let local = zoned(zone, time)?;
    let date = local.date();
    match interval {
        Interval::Hour => {
            let past_hour = i64::from(local.minute()) * Span::MINUTE.0
                + i64::from(local.second()) * Span::SECOND.0
                + i64::from(local.subsec_nanosecond()) / 1_000;
            Some(time - Span(past_hour))
        }
        Interval::Day => day_start(zone, date),
        Interval::Week => {
            let past = date.weekday().since(week_start);
            day_start(zone, date.checked_sub(Civil::new().days(past)).ok()?)
        }
        Interval::Month => day_start(zone, date.first_of_month()),
    }
}

/// The start of the interval after the one that starts here.
fn after(zone: &TimeZone, interval: Interval, start: Time) -> Option<Time> {
    let step = match interval {
        Interval::Hour => return Some(start + Span::HOUR),
        Interval::Day => Civil::new().days(1),
        Interval::Week => Civil::new().days(7),
        Interval::Month => Civil::new().months(1),
    };
    day_start(zone, zoned(zone, start)?.date().checked_add(step).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, interval: Interval, from: &str, to: &str) -> String {
        let zone = zone(name).unwrap();
        let (from, until) = (moment(&zone, from).unwrap(), moment(&zone, to).unwrap());
        let periods = Periods::of(&zone, interval, Weekday::Monday, from, until, 100).unwrap();
        let starts = periods.starts.iter().map(Time::to_string);
        starts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn days_may_have_23_and_25_hours() {
        assert_eq!(
            check("Europe/Berlin", Interval::Day, "2026-03-28", "2026-03-31"),
            "2026-03-27T23:00:00Z 2026-03-28T23:00:00Z 2026-03-29T22:00:00Z"
        );
        assert_eq!(
            check("Europe/Berlin", Interval::Day, "2026-10-24", "2026-10-27"),
            "2026-10-23T22:00:00Z 2026-10-24T22:00:00Z 2026-10-25T23:00:00Z"
        );
        let hours = check("Europe/Berlin", Interval::Hour, "2026-03-29", "2026-03-30");
        assert_eq!(hours.split(' ').count(), 23);
        let hours = check("Europe/Berlin", Interval::Hour, "2026-10-25", "2026-10-26");
        assert_eq!(hours.split(' ').count(), 25);
    }

    #[test]
    fn a_day_without_midnight_starts_when_it_starts() {
        assert_eq!(
            check("Africa/Cairo", Interval::Day, "2026-04-23", "2026-04-26"),
            "2026-04-22T22:00:00Z 2026-04-23T22:00:00Z 2026-04-24T21:00:00Z"
        );
    }

    #[test]
    fn weeks_and_months_begin_before_the_range() {
        assert_eq!(
            check("UTC", Interval::Week, "2026-01-01", "2026-01-12T00:00:01Z"),
            "2025-12-29T00:00:00Z 2026-01-05T00:00:00Z 2026-01-12T00:00:00Z"
        );
        assert_eq!(
            check("America/New_York", Interval::Month, "2026-02-15", "2026-04-01"),
            "2026-02-01T05:00:00Z 2026-03-01T05:00:00Z"
        );
        assert_eq!(
            check("Asia/Kolkata", Interval::Hour, "2026-02-15T00:45:00Z", "2026-02-15T01:00:00Z"),
            "2026-02-15T00:30:00Z"
        );
    }

    #[test]
    fn what_is_no_time_is_said() {
        let utc = TimeZone::UTC;
        assert_eq!(moment(&utc, "2026-01-01"), Ok(Time(1_767_225_600_000_000)));
        assert_eq!(moment(&utc, "today").unwrap_err().code(), "invalid-time");
        assert_eq!(moment(&utc, "2026-02-30").unwrap_err().code(), "invalid-time");
        let many =
            Periods::of(&utc, Interval::Hour, Weekday::Monday, Time(0), Time(Span::days(2).0), 47);
        assert_eq!(many, Err(Flaw::TooManyIntervals { max: 47 }));
    }
}
