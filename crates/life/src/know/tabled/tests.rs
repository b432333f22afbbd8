//! Tests of tables and of CSV.

use serde_json::json;

use super::*;

/// The table of an answer of this kind, as CSV with plain line ends.
fn csv(kind: &str, answer: Value) -> String {
    let Value::Object(fields) = answer else { panic!("an answer is an object") };
    rows(&fields, Shape::of(kind).unwrap().lists).csv().replace("\r\n", "\n")
}

#[test]
fn a_trend_has_a_row_for_each_line_and_interval() {
    let answer = json!({
        "kind": "trend", "intervals": ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
        "series": [
            { "event": "Door, opened", "count": "events", "breakdown": null, "values": [3, null],
              "total": 3, "earlier": { "values": [1.5, 2], "total": 3.5 } },
        ],
        "formula": [{ "breakdown": null, "values": [0.5, 1], "total": 1.5 }],
    });
    assert_eq!(
        csv("trend", answer),
        "part,start,event,count,breakdown,value,earlier.total,earlier.value,total\n\
         series,2026-01-01T00:00:00Z,\"Door, opened\",events,,3,3.5,1.5,3\n\
         series,2026-01-02T00:00:00Z,\"Door, opened\",events,,,3.5,2,3\n\
         formula,2026-01-01T00:00:00Z,,,,0.5,,,1.5\n\
         formula,2026-01-02T00:00:00Z,,,,1,,,1.5\n"
    );
}

#[test]
fn a_funnel_has_a_row_for_each_step_of_each_value() {
    let step = |event: &str, people: u64| json!({ "event": event, "people": people });
    let answer = json!({
        "kind": "funnel", "steps": [step("a", 2), step("b", 1)],
        "breakdown": [{ "value": "DE", "steps": [step("a", 2), step("b", 1)] }],
    });
    assert_eq!(
        csv("funnel", answer),
        "part,step,event,value,people\nsteps,1,a,,2\nsteps,2,b,,1\n\
         breakdown,1,a,DE,2\nbreakdown,2,b,DE,1\n"
    );
}

#[test]
fn every_other_kind_has_its_rows() {
    let start = "2026-01-01T00:00:00Z";
    let answer = json!({ "cohorts": [{ "start": start, "people": 9, "values": [9, 4] }] });
    assert_eq!(
        csv("retention", answer),
        "start,period,value,people\n2026-01-01T00:00:00Z,0,9,9\n2026-01-01T00:00:00Z,1,4,9\n"
    );
    assert_eq!(csv("cohort", json!({ "kind": "cohort", "people": 3 })), "people\n3\n");
    let answer = json!({ "intervals": [start], "new": [1], "returning": [2], "kind": "lifecycle" });
    assert_eq!(csv("lifecycle", answer), "start,new,returning\n2026-01-01T00:00:00Z,1,2\n");
    let answer = json!({ "intervals_total": 2, "series": [{ "event": "a", "people": [5, 1] }] });
    assert_eq!(csv("stickiness", answer), "event,intervals,people\na,1,5\na,2,1\n");
    let answer = json!({
        "intervals": [start], "sessions": [2], "totals": { "sessions": 2 },
        "entry": [{ "page": "/", "sessions": 2 }], "exit": [],
    });
    let expected = "part,start,page,sessions\nintervals,2026-01-01T00:00:00Z,,2\nentry,,/,2\n";
    assert_eq!(csv("sessions", answer), expected);
    let answer = json!({ "edges": [{ "step": 1, "from": "a", "to": "b", "count": 3 }] });
    assert_eq!(csv("paths", answer), "step,from,to,count\n1,a,b,3\n");
    assert_eq!(csv("values", json!({ "values": [] })), "\n");
}

#[test]
fn what_a_spreadsheet_would_compute_is_guarded() {
    let value = |text: &str| json!({ "values": [{ "value": text, "events": -1 }] });
    for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\0x"] {
        assert_eq!(csv("values", value(text)), format!("value,events\n'{text},-1\n"));
    }
    let answer = value("=HYPERLINK(\"x\",1)");
    assert_eq!(csv("values", answer), "value,events\n\"'=HYPERLINK(\"\"x\"\",1)\",-1\n");
    assert_eq!(csv("values", value("a=b")), "value,events\na=b,-1\n");
    let columns = vec![Column { name: "=a".to_owned(), kind: Kind::Number }];
    let table = Table { columns, rows: vec![vec![Cell::Number(-0.5)]] };
    assert_eq!(table.csv(), "'=a\r\n-0.5\r\n");
}
