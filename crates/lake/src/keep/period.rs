//! Which period's file a row goes to: its day while that is young, its week later, and four weeks
//! together in the end. Nothing else decides it.

use vocabulary::{Span, Time};

/// How long after its end a week's rows stay in files of days.
const YOUNG: Span = Span::days(14);

const WEEK: Span = Span::days(7);

/// How long after their end four weeks stay in files of weeks.
const RIPE: Span = Span::days(28);

/// Four weeks, the longest period.
pub(super) const MONTH: Span = Span::days(28);

/// The first Monday after 1970 began; weeks are counted from it.
const MONDAY: Span = Span::days(4);

/// The times that a file may hold: `from` inclusive, `until` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub from: Time,
    pub until: Time,
}

/// The period whose file a row of this time goes to, seen from now.
///
/// A whole week changes at once, so that no week is kept half in days and half as a week; so do
/// four weeks. The fewer files a person's rows lie in, the less there is to bring together.
#[must_use]
pub fn period(time: Time, now: Time) -> Period {
    let month = (time - MONDAY).floor(MONTH) + MONDAY;
    if month + MONTH + RIPE <= now {
        return Period { from: month, until: month + MONTH };
    }
    let week = (time - MONDAY).floor(WEEK) + MONDAY;
    if week + WEEK + YOUNG <= now {
        return Period { from: week, until: week + WEEK };
    }
    let day = time.floor(Span::DAY);
    Period { from: day, until: day + Span::DAY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: &str, now: &str) -> (String, String) {
        let period = period(Time::parse(time).unwrap(), Time::parse(now).unwrap());
        assert!(period.from <= Time::parse(time).unwrap());
        assert!(Time::parse(time).unwrap() < period.until);
        (period.from.to_string(), period.until.to_string())
    }

    #[test]
    fn young_rows_go_to_days_and_old_ones_to_weeks_from_monday() {
        let day = ("2026-11-24T00:00:00Z".to_owned(), "2026-11-25T00:00:00Z".to_owned());
        assert_eq!(check("2026-11-24T23:59:59Z", "2026-11-24T12:00:00Z"), day);
        assert_eq!(check("2026-11-24T00:00:00Z", "2026-12-13T23:59:59Z"), day);
        let week = ("2026-11-23T00:00:00Z".to_owned(), "2026-11-30T00:00:00Z".to_owned());
        assert_eq!(check("2026-11-24T00:00:00Z", "2026-12-14T00:00:00Z"), week);
        assert_eq!(check("2026-11-29T23:59:59Z", "2026-12-31T00:00:00Z"), week);
    }

    #[test]
    fn weeks_ripen_four_together() {
        let month = ("2026-11-23T00:00:00Z".to_owned(), "2026-12-21T00:00:00Z".to_owned());
        assert_eq!(check("2026-11-23T00:00:00Z", "2027-01-18T00:00:00Z"), month);
        assert_eq!(check("2026-12-20T23:59:59Z", "2027-01-18T00:00:00Z"), month);
        let week = ("2026-12-14T00:00:00Z".to_owned(), "2026-12-21T00:00:00Z".to_owned());
        assert_eq!(check("2026-12-20T23:59:59Z", "2027-01-17T23:59:59Z"), week);
    }

    #[test]
    fn times_before_1970_have_a_period_too() {
        let month = ("1969-12-08T00:00:00Z".to_owned(), "1970-01-05T00:00:00Z".to_owned());
        assert_eq!(check("1969-12-31T10:00:00Z", "2026-12-14T00:00:00Z"), month);
    }
}
