//! Tests of alerts: when one fires, when that is over, and what it says.

use serde_json::json;

use super::*;
use crate::know::saved::notice::{Notice, Tried};
use crate::know::saved::tests::wrong;

const NOW: Time = Time(1_767_225_600_000_000);

fn alert(when: Value) -> Alert {
    let question = json!({ "interval": "day", "series": [{ "event": "Door" }] });
    serde_json::from_value(json!({
        "name": "Doors", "question": { "kind": "trend", "question": question }, "when": when,
        "every": "hour", "to": [{ "webhook": "https://example.com/hook" }],
    }))
    .unwrap()
}

fn days(values: &[Option<f64>]) -> Value {
    let starts: Vec<String> = (0..values.len() as i64)
        .map(|day| (Time(NOW.0 - NOW.0 % Span::DAY.0) + Span::days(day)).to_string())
        .collect();
    json!({ "intervals": starts, "series": [{ "values": values }] })
}

#[test]
fn a_look_takes_the_last_whole_interval() {
    let answer = days(&[Some(1.0), Some(20.0), Some(30.0), Some(4.0)]);
    let look = Look::read(&answer, 0).unwrap();
    assert_eq!((look.value, look.before), (30.0, Some(20.0)));
    assert_eq!(look.start, Time(NOW.0 - NOW.0 % Span::DAY.0) + Span::days(2));
    let look = Look::read(&days(&[Some(1.0), Some(2.0), Some(3.0)]), 0).unwrap();
    assert_eq!((look.value, look.before), (2.0, None), "the first day may be cut off");
    assert_eq!(Look::read(&days(&[Some(1.0), Some(2.0)]), 0), None);
    assert_eq!(Look::read(&answer, 1), None);
    assert_eq!(Look::read(&days(&[None, None, None, None]), 0), None);
}

#[test]
fn an_alert_fires_once_and_says_once_that_it_is_over() {
    let alert = alert(json!({ "above": 10 }));
    let mut standing = Standing::default();
    let mut hour = 0;
    let mut take = |value: f64| {
        hour += 1;
        let look = Look { start: NOW, value, before: None };
        let turn = standing.take(&alert, Some(look), NOW + Span(hour * Span::HOUR.0));
        (turn, standing.state())
    };
    assert_eq!(take(10.0), (None, State::Ok));
    assert_eq!(take(10.5), (Some(Turn::Firing), State::Firing));
    assert_eq!(take(11.0), (None, State::Firing));
    assert_eq!(take(99.0), (None, State::Firing));
    assert_eq!(take(10.0), (Some(Turn::Over), State::Ok));
    assert_eq!(take(0.0), (None, State::Ok));
    assert_eq!(take(12.0), (Some(Turn::Firing), State::Firing));
    standing.fail("actor-not-allowed", NOW);
    assert_eq!(standing.state(), State::Failed);
    let same = Look { start: NOW, value: 12.0, before: None };
    assert_eq!(standing.take(&alert, Some(same), NOW), None, "it fired before the failure");
    assert_eq!(standing.state(), State::Firing);
    assert_eq!(standing.take(&alert, None, NOW), None, "without an answer nothing turns");
    assert_eq!(standing.state(), State::Firing);
}

#[test]
fn conditions_hold_when_they_say_so() {
    let holds = |when: Value, value: f64, before: Option<f64>| {
        alert(when).holds(&Look { start: NOW, value, before })
    };
    assert_eq!(holds(json!({ "below": 5 }), 5.0, None), Some(false));
    assert_eq!(holds(json!({ "below": 5 }), 4.9, None), Some(true));
    assert_eq!(holds(json!({ "rises": 50 }), 15.0, Some(10.0)), Some(true));
    assert_eq!(holds(json!({ "rises": 50 }), 14.9, Some(10.0)), Some(false));
    assert_eq!(holds(json!({ "rises": 50 }), 1.0, Some(0.0)), Some(true), "from nothing");
    assert_eq!(holds(json!({ "rises": 50 }), 0.0, Some(0.0)), Some(false));
    assert_eq!(holds(json!({ "rises": 50 }), 15.0, None), None, "nothing to compare with");
    assert_eq!(holds(json!({ "falls": 100 }), 0.0, Some(3.0)), Some(true));
    assert_eq!(holds(json!({ "falls": 10 }), 9.5, Some(10.0)), Some(false));
    assert_eq!(holds(json!({ "falls": 10 }), -12.0, Some(-10.0)), Some(true), "below zero, too");
}

#[test]
fn an_alert_is_looked_at_when_it_is_due() {
    let mut alert = alert(json!({ "above": 10 }));
    let mut standing = Standing::default();
    assert!(alert.is_due(&standing, None, NOW));
    standing.looked = Some(NOW);
    assert!(!alert.is_due(&standing, None, NOW + Span(Span::HOUR.0 - 1)));
    assert!(alert.is_due(&standing, None, NOW + Span::HOUR));
    alert.every = Every::Day;
    assert!(!alert.is_due(&standing, None, NOW + Span::HOUR));
    alert.paused = true;
    assert!(!alert.is_due(&Standing::default(), None, NOW));
}

/// The instants, from one to another in steps of 20 seconds, at which an alert is looked at that
/// was looked at just before.
fn looks(every: Every, question: &Value, from: &str, to: &str) -> Vec<String> {
    let alert = Alert { every, ..alert(json!({ "above": 10 })) };
    let intervals = Intervals::of(question, "Europe/Berlin", "monday");
    let (mut now, to) = (Time::parse(from).unwrap(), Time::parse(to).unwrap());
    let mut standing = Standing { looked: Some(now), ..Standing::default() };
    let mut looks = Vec::new();
    while now < to {
        now = now + Span::seconds(20);
        if alert.is_due(&standing, intervals.as_ref(), now) {
            standing.take(&alert, None, now);
            looks.push(now.to_string());
        }
    }
    looks
}

#[test]
fn each_interval_is_judged_soon_after_it_has_ended() {
    let hours = json!({ "interval": "hour", "zone": "Asia/Kolkata" });
    assert_eq!(
        looks(Every::Day, &hours, "2026-01-01T07:17:05Z", "2026-01-01T10:00:00Z"),
        ["2026-01-01T07:32:05Z", "2026-01-01T08:32:05Z", "2026-01-01T09:32:05Z"],
        "hours begin at half there"
    );
    let days = json!({ "interval": "day" });
    assert_eq!(
        looks(Every::Day, &days, "2026-03-28T12:00:05Z", "2026-03-30T00:00:00Z"),
        ["2026-03-28T23:02:05Z", "2026-03-29T22:02:05Z"],
        "the day has 23 hours"
    );
    assert_eq!(
        looks(Every::Day, &days, "2026-10-24T12:00:05Z", "2026-10-26T00:00:00Z"),
        ["2026-10-24T22:02:05Z", "2026-10-25T22:02:05Z", "2026-10-25T23:02:05Z"],
        "the day has 25 hours, so a day after the last look comes first"
    );
    let weeks = json!({ "interval": "week", "week_start": "sunday", "zone": "UTC" });
    assert_eq!(
        looks(Every::Hour, &weeks, "2026-01-03T22:30:00Z", "2026-01-04T02:00:00Z"),
        ["2026-01-03T23:30:00Z", "2026-01-04T00:02:20Z", "2026-01-04T01:02:20Z"],
        "and as often as it says in between"
    );
}

#[test]
fn an_interval_is_seen_when_it_is_due_and_not_before() {
    let alert = alert(json!({ "above": 10 }));
    let question = json!({ "interval": "hour" });
    let hours = Intervals::of(&question, "UTC", "monday");
    let standing = Standing { looked: Some(NOW - Span::MINUTE), ..Standing::default() };
    let due = |late: i64| {
        let now = NOW + Span(late);
        let until = alert.recent("trend", &question, now).unwrap()["to"].clone();
        let until = Time::parse(until.as_str().unwrap()).unwrap();
        // An answer holds an interval whole when one more has begun before its end.
        (alert.is_due(&standing, hours.as_ref(), now), until > NOW)
    };
    let late = 2 * Span::MINUTE.0;
    assert_eq!((due(0), due(late), due(late + 1)), ((false, false), (false, false), (true, true)));
}

#[test]
fn a_question_that_cannot_be_asked_has_no_intervals() {
    let of = |question: Value| Intervals::of(&question, "UTC", "monday").is_some();
    assert!(of(json!({ "interval": "month" })));
    for wrong in [json!({}), json!({ "interval": "year" }), json!(7)] {
        assert!(!of(wrong));
    }
    assert!(!of(json!({ "interval": "day", "zone": "Nowhere" })));
    assert!(!of(json!({ "interval": "day", "week_start": "someday" })));
}

#[test]
fn an_alert_is_new_until_it_was_looked_at() {
    let alert = alert(json!({ "above": 10 }));
    let mut standing = Standing::default();
    assert_eq!(standing.state(), State::New);
    assert_eq!(standing.take(&alert, None, NOW), None);
    assert_eq!(standing.state(), State::Ok);
    standing.renew();
    assert_eq!(standing.state(), State::New);
}

#[test]
fn what_was_found_is_forgotten_and_nobody_is_told_twice() {
    let alert = alert(json!({ "above": 10 }));
    let look = Look { start: NOW, value: 11.5, before: Some(7.25) };
    let mut standing = Standing { purpose: Some(Purpose::MEASURE), lost: 2, ..Standing::default() };
    assert_eq!(standing.take(&alert, Some(look), NOW), Some(Turn::Firing));
    let notice = Notice::test("m".to_owned(), "a".to_owned(), &alert, NOW);
    let notice = Notice { turn: Turn::Firing, look: Some(look), ..notice };
    standing.waiting.push(Delivery::new(notice, alert.to[0].clone()));
    standing.forget();
    assert_eq!((standing.state(), standing.lost, standing.purpose), (State::New, 2, None));
    let text = serde_json::to_string(&standing).unwrap();
    assert!(!text.contains("11.5") && !text.contains("7.25"), "{text}");
    let waiting = &standing.waiting[0].notice;
    assert!(waiting.text().starts_with("The alert “Doors” fires.\n"), "{}", waiting.text());
    assert_eq!(waiting.json()["data"]["value"], Value::Null);
    assert!(alert.is_due(&standing, None, NOW));
    assert_eq!(standing.take(&alert, Some(look), NOW), None, "that it fires was said");
    standing.forget();
    let low = Look { value: 1.0, ..look };
    assert_eq!(standing.take(&alert, Some(low), NOW), Some(Turn::Over));
}

#[test]
fn of_a_receiver_others_see_the_host() {
    let masked = |to: To| serde_json::to_value(to.masked()).unwrap();
    let hook = To::Webhook("https://hooks.example.com:8443/T0/secret?key=1".to_owned());
    assert_eq!(masked(hook), json!({ "webhook": "hooks.example.com" }));
    assert_eq!(masked(To::Mail("ada@example.com".to_owned())), json!({ "mail": "example.com" }));
}

#[test]
fn the_question_of_an_alert_is_asked_for_the_last_intervals() {
    let alert = alert(json!({ "above": 10 }));
    let question = json!({ "interval": "hour", "from": "2020-01-01", "to": "2020-01-02" });
    let recent = alert.recent("trend", &question, NOW).unwrap();
    assert_eq!(
        (&recent["from"], &recent["to"]),
        (&json!("2025-12-31T19:58:00Z"), &json!("2025-12-31T23:58:00Z")),
        "what is younger may come late"
    );
    assert_eq!(alert.recent("funnel", &question, NOW), Err(Amiss::NotATrend));
    let broken = json!({ "breakdown": "city" });
    assert_eq!(alert.recent("trend", &broken, NOW), Err(Amiss::BrokenDown));
}

#[test]
fn what_cannot_be_watched_or_told_is_said() {
    let mut alert = alert(json!({ "above": 10 }));
    assert_eq!(wrong(&alert), Vec::<String>::new());
    for when in [json!({ "rises": 0 }), json!({ "falls": -1 }), json!({ "falls": 101 })] {
        alert.when = serde_json::from_value(when).unwrap();
        assert_eq!(wrong(&alert), ["/when alert-unreachable"]);
    }
    alert.when = When::Above(f64::NAN);
    assert_eq!(wrong(&alert), ["/when alert-unreachable"]);
    alert.when = When::Below(-3.0);
    alert.to = vec![];
    assert_eq!(wrong(&alert), ["/to saved-none"]);
    let to = |text: Value| serde_json::from_value::<To>(text).unwrap();
    alert.to = [
        json!({ "mail": "a@example.com" }),
        json!({ "mail": "a@example.com\r\nBcc: b@c.de" }),
        json!({ "mail": "nobody" }),
        json!({ "webhook": "https://user:word@example.com/" }),
        json!({ "webhook": "ftp://example.com/" }),
        json!({ "webhook": "/hook" }),
        json!({ "webhook": "http://127.0.0.1:9/hook" }),
    ]
    .into_iter()
    .map(to)
    .collect();
    let expected = [
        "/to/1 mail-address",
        "/to/2 mail-address",
        "/to/3 webhook-address",
        "/to/4 webhook-address",
        "/to/5 webhook-address",
    ];
    assert_eq!(wrong(&alert), expected);
    alert.to = vec![to(json!({ "mail": "a@b.cd" })); 11];
    assert_eq!(wrong(&alert), ["/to saved-too-many"]);
}

#[test]
fn a_message_holds_numbers_and_names_only() {
    let alert = alert(json!({ "rises": 20.5 }));
    let look = Look { start: NOW, value: 150.0, before: Some(100.0) };
    let notice = Notice {
        id: "msg_1".to_owned(),
        at: NOW,
        turn: Turn::Firing,
        alert: "a1".to_owned(),
        name: alert.name.clone(),
        question: Some("Doors of today".to_owned()),
        when: alert.when,
        look: Some(look),
    };
    assert_eq!(
        notice.json(),
        json!({
            "type": "alert.firing", "timestamp": "2026-01-01T00:00:00Z",
            "data": {
                "alert": "a1", "name": "Doors", "question": "Doors of today",
                "when": { "rises": 20.5 }, "start": "2026-01-01T00:00:00Z", "value": 150.0,
                "before": 100.0,
            },
        })
    );
    assert_eq!(notice.subject(), "Alert: Doors");
    assert_eq!(
        notice.text(),
        "The alert “Doors” fires: 150 in the interval from 2026-01-01T00:00:00Z, after 100 in the \
         one before.\nIt watches “Doors of today” and fires when the number rises by 20.5 % or \
         more.\nYou will hear again when it is over.\n"
    );
    assert_eq!(notice.signed(7, "{}"), "msg_1.7.{}");
}

#[test]
fn a_message_is_tried_so_often_and_no_more() {
    let alert = alert(json!({ "above": 10 }));
    let notice = Notice::test("m".to_owned(), "a".to_owned(), &alert, NOW);
    let mut delivery = Delivery::new(notice, alert.to[0].clone());
    let mut now = NOW;
    let mut waits = Vec::new();
    while let Tried::Later = delivery.failed(now) {
        waits.push((delivery.due - now).0 / Span::MINUTE.0);
        assert!(!delivery.is_due(delivery.due - Span(1)) && delivery.is_due(delivery.due));
        now = delivery.due;
    }
    assert_eq!(waits, [1, 5, 30, 120, 360]);
}
