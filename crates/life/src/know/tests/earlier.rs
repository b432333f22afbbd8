//! A trend beside an earlier time: interval by interval, whatever the calendar did.

use super::{check, trend};

/// What a trend by an interval says of each interval, of the same earlier, and of when that was.
fn beside(from: &str, to: &str, interval: &str, compare: &str) -> (String, String, usize) {
    let plan = trend(&format!(
        r#"{{"purpose":"measure","from":"{from}","to":"{to}","interval":"{interval}",
            "series":[{{"event":"rang"}}],"compare":"{compare}","smooth":2}}"#
    ));
    // Once a day, from half a year before 2026 until long after it.
    let days =
        (-180..400).map(|day| format!("1 rang {}\n", f64::from(day) + 0.5)).collect::<String>();
    let (answer, _) = check(&plan.unwrap(), &days);
    let line = &answer["series"][0];
    let (asked, earlier) = (&answer["intervals"], &answer["earlier_intervals"]);
    let long = asked.as_array().unwrap().len();
    for list in [&line["values"], earlier, &line["earlier"]["values"], &line["earlier"]["smooth"]] {
        assert_eq!(list.as_array().unwrap().len(), long, "{list}");
    }
    let mut shown = 0;
    for (place, value) in line["earlier"]["values"].as_array().unwrap().iter().enumerate() {
        assert_eq!(value.is_null(), earlier[place].is_null(), "{place}");
        assert!(!value.is_null() || line["earlier"]["smooth"][place].is_null());
        shown += value.as_u64().unwrap_or(0);
    }
    assert_eq!(line["earlier"]["total"], shown, "the total is over what is shown");
    let last = earlier.as_array().unwrap().iter().rev().find_map(|start| start.as_str()).unwrap();
    let day = |text: &str| text.split_once('T').unwrap().0.to_owned();
    (day(earlier[0].as_str().unwrap()), day(last), shown as usize)
}

#[test]
fn an_earlier_time_has_a_place_for_each_interval() {
    let is = |first: &str, last: &str, shown| (first.to_owned(), last.to_owned(), shown);
    // A month is longer than the one before it, and shorter.
    let october = beside("2026-10-01", "2026-11-01", "day", "-1m");
    assert_eq!(october, is("2026-09-01", "2026-09-30", 30));
    let november = beside("2026-11-01", "2026-12-01", "day", "-1m");
    assert_eq!(november, is("2026-10-01", "2026-10-30", 30));
    assert_eq!(
        beside("2026-02-01", "2026-03-01", "month", "-1m"),
        is("2026-01-01", "2026-01-01", 31)
    );
    // A month that ends before its last day, beside one that has no such day.
    assert_eq!(
        beside("2026-03-01", "2026-03-31", "day", "-1m"),
        is("2026-02-01", "2026-02-28", 28)
    );
    assert_eq!(beside("2026-03-29", "2026-03-31", "day", "-1m"), is("2026-02-28", "2026-02-28", 1));
    // Ten days touch two weeks or three.
    let three = beside("2026-01-04", "2026-01-14", "week", "previous");
    assert_eq!(three, is("2025-12-22", "2025-12-29", 10));
    let two = beside("2026-01-05", "2026-01-15", "week", "previous");
    assert_eq!(two, is("2025-12-22", "2025-12-29", 10));
    let fewer = beside("2026-01-12", "2026-01-22", "week", "-1d");
    assert_eq!(fewer, is("2026-01-05", "2026-01-12", 8));
}
