//! Hours, days, weeks and months of a time zone. A day of the zone may have 23 or 25 hours.
//!
//! Reads no clock and no zone file: the zones are built in.

use jiff::civil::{Date, DateTime, Weekday};
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
        let (periods, end) = Self::first(zone, interval, week_start, (from, until), max);
        if end < until { Err(Flaw::TooManyIntervals { max }) } else { Ok(periods) }
    }

    /// The first of the intervals that a range touches, at most so many, and where the range ends
    /// when it goes no further than they do.
    #[must_use]
    pub fn first(
        zone: &TimeZone,
        interval: Interval,
        week_start: Weekday,
        (from, until): (Time, Time),
        most: usize,
    ) -> (Self, Time) {
        let mut starts = Vec::new();
        let mut next = floor(zone, interval, week_start, from);
        while let Some(start) = next.filter(|start| *start < until) {
            if starts.len() == most {
                return (Self { starts }, start);
            }
            starts.push(start);
            next = after(zone, interval, start).filter(|later| *later > start);
        }
        if starts.is_empty() {
            starts.push(from);
        }
        (Self { starts }, until)
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

/// An instant as a person writes it: with an offset; a date, which means the start of that day; or
/// told from now.
pub fn moment(zone: &TimeZone, now: Time, text: &str) -> Result<Time, Flaw> {
    let date = || {
        let is_date = text.len() == "2026-01-31".len();
        day_start(zone, is_date.then(|| text.parse::<Date>().ok()).flatten()?)
    };
    let moment = Time::parse(text).or_else(date).or_else(|| from_now(zone, now, text));
    moment.ok_or_else(|| Flaw::InvalidTime { text: text.to_owned() })
}

/// `now`, `today`, `-24h`, and from the start of that day `-30d`, `-12w`, `-3m`, `-1y`.
fn from_now(zone: &TimeZone, now: Time, text: &str) -> Option<Time> {
    let today = zoned(zone, now)?.date();
    match text {
        "now" => return Some(now),
        "today" => return day_start(zone, today),
        _ => {}
    }
    let back = text.strip_prefix('-')?;
    let unit = back.chars().last()?;
    let count: i64 = back.strip_suffix(unit)?.parse::<u16>().ok()?.into();
    if unit == 'h' {
        return Some(now - Span(count * Span::HOUR.0));
    }
    day_start(zone, today.checked_sub(civil(count, unit)?).ok()?)
}

/// The same range some time before: `previous` is the one just before this one begins.
///
/// Whole days stay whole days, whatever the zone did to their hours, and a day that has begun
/// counts as one, so that no moment belongs to both.
pub fn earlier(zone: &TimeZone, text: &str, from: Time, until: Time) -> Result<(Time, Time), Flaw> {
    let back = || {
        let (first, end) = (zoned(zone, from)?.datetime(), zoned(zone, until)?.datetime());
        let step = if text == "previous" {
            let days = first.date().until(end.date()).ok()?.get_days();
            if days == 0 {
                return Some((from - (until - from), from));
            }
            civil(i64::from(days) + i64::from(end.time() > first.time()), 'd')?
        } else {
            let back = text.strip_prefix('-')?;
            let unit = back.chars().last()?;
            let count = back.strip_suffix(unit)?.parse::<u16>().ok().filter(|count| *count > 0)?;
            civil(i64::from(count), unit)?
        };
        let day = Civil::new().days(1);
        let before = |moment: DateTime| moment.checked_sub(step).ok();
        // A shorter month has no 31st to end at, and its own last day still belongs to it.
        let last = before(end.checked_sub(day).ok()?)?.checked_add(day).ok()?;
        let range = (instant(zone, before(first)?)?, instant(zone, before(end)?.max(last))?);
        Some(range).filter(|(from, until)| from < until)
    };
    back().ok_or_else(|| Flaw::InvalidCompare { text: text.to_owned() })
}

/// So many days, weeks, months or years of a calendar.
fn civil(count: i64, unit: char) -> Option<Civil> {
    Some(match unit {
        'd' => Civil::new().days(count),
        'w' => Civil::new().weeks(count),
        'm' => Civil::new().months(count),
        'y' => Civil::new().years(count),
        _ => return None,
    })
}

/// The time of day of an instant, for people.
#[must_use]
pub fn minute(zone: &TimeZone, time: Time) -> Option<String> {
    let local = zoned(zone, time)?;
    Some(format!("{:02}:{:02}", local.hour(), local.minute()))
}

/// The calendar day of an instant, for people.
#[must_use]
pub fn day(zone: &TimeZone, time: Time) -> String {
    zoned(zone, time).map_or_else(|| time.to_string(), |local| local.date().to_string())
}

fn zoned(zone: &TimeZone, time: Time) -> Option<ZonedDateTime> {
    Some(Timestamp::from_microsecond(time.0).ok()?.to_zoned_datetime(zone.clone()))
}

fn instant(zone: &TimeZone, local: DateTime) -> Option<Time> {
    Some(Time(local.to_zoned_datetime(zone.clone()).ok()?.timestamp().as_microsecond()))
}

/// The first instant of a day; midnight itself may not exist, or exist twice.
fn day_start(zone: &TimeZone, date: Date) -> Option<Time> {
    let midnight = date.to_zoned_datetime(zone.clone()).ok()?;
    Some(Time(midnight.start_of_day().ok()?.timestamp().as_microsecond()))
}

/// The start of the interval that goes on just before an instant: until there all are whole.
#[must_use]
pub fn begun(
    zone: &TimeZone,
    interval: Interval,
    week_start: Weekday,
    until: Time,
) -> Option<Time> {
    floor(zone, interval, week_start, until - Span(1))
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
        let (from, until) =
            (moment(&zone, Time(0), from).unwrap(), moment(&zone, Time(0), to).unwrap());
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
    fn a_time_may_be_told_from_now() {
        let zone = zone("Europe/Berlin").unwrap();
        let now = Time::parse("2026-03-31T10:20:30Z").unwrap();
        let check = |text| moment(&zone, now, text).unwrap().to_string();
        assert_eq!(check("now"), "2026-03-31T10:20:30Z");
        assert_eq!(check("today"), "2026-03-30T22:00:00Z");
        assert_eq!(check("-24h"), "2026-03-30T10:20:30Z");
        assert_eq!(check("-0d"), check("today"));
        assert_eq!(check("-3d"), "2026-03-27T23:00:00Z");
        assert_eq!(check("-1w"), "2026-03-23T23:00:00Z");
        assert_eq!(check("-1m"), "2026-02-27T23:00:00Z");
        assert_eq!(check("-1y"), "2025-03-30T22:00:00Z");
    }

    #[test]
    fn an_earlier_range_has_the_same_days() {
        let zone = zone("Europe/Berlin").unwrap();
        let check = |text: &str, from: &str, to: &str| {
            let moment = |text| moment(&zone, Time(0), text).unwrap();
            let (from, until) = earlier(&zone, text, moment(from), moment(to)).ok()?;
            Some(format!("{from} {until}"))
        };
        let expect = |text: &str| Some(text.to_owned());
        assert_eq!(
            check("previous", "2026-03-29", "2026-03-31"),
            expect("2026-03-26T23:00:00Z 2026-03-28T23:00:00Z")
        );
        assert_eq!(
            check("previous", "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"),
            expect("2026-03-01T08:00:00Z 2026-03-01T10:00:00Z")
        );
        for (from, to) in [("2026-03-31", "2026-04-01"), ("2026-03-28", "2026-03-31")] {
            let day = expect("2026-02-27T23:00:00Z 2026-02-28T23:00:00Z");
            assert_eq!(check("-1m", from, to), day, "{from}");
        }
        assert_eq!(
            check("previous", "2026-03-01", "2026-03-02T10:00:00Z"),
            expect("2026-02-26T23:00:00Z 2026-02-28T10:00:00Z")
        );
        for wrong in ["-0d", "1w", "-5", "before", "-1h"] {
            assert_eq!(check(wrong, "2026-03-31", "2026-04-01"), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_time_is_said() {
        let utc = TimeZone::UTC;
        let moment = |text| moment(&utc, Time(0), text);
        assert_eq!(moment("2026-01-01"), Ok(Time(1_767_225_600_000_000)));
        for text in ["yesterday", "2026-02-30", "-5", "-d", "-1s", "-99999d", "--1d", "-é"] {
            assert_eq!(moment(text).unwrap_err().code(), "invalid-time", "{text}");
        }
        let many =
            Periods::of(&utc, Interval::Hour, Weekday::Monday, Time(0), Time(Span::days(2).0), 47);
        assert_eq!(many, Err(Flaw::TooManyIntervals { max: 47 }));
    }
}
