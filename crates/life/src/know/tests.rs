//! Questions as they are written, what is wrong with them, and answers that a hand can check.

mod earlier;
mod other;
mod sentences;

use std::collections::BTreeMap;

use vocabulary::{Category, Class, Code, Leaf, Limits, Person, Purpose, Span, Time};

use super::words::Word;
use super::*;
use crate::admit::catalogue::PropertyType;
use crate::keep::Names;
use crate::keep::names::Named;

/// Resolves a question against three events, a column and a sealed property.
fn with<T>(resolve: impl FnOnce(Setting<'_>) -> T) -> T {
    beside(&BTreeMap::new(), resolve)
}

/// The same where these cohorts are saved.
fn beside<T>(cohorts: &BTreeMap<String, Cohorted>, resolve: impl FnOnce(Setting<'_>) -> T) -> T {
    let mut names = Names::default();
    for name in ["rang", "entered", "left"] {
        names.insert(Named::Event, name);
    }
    let category = Category::new(1).unwrap();
    let word =
        |code, sealed, kind| Word { code: Code(code), category, sealed, is_page: code == 1, kind };
    let words = Words {
        purposes: [("measure".to_owned(), Purpose::MEASURE)].into(),
        properties: [
            ("tone".to_owned(), word(1, None, PropertyType::Text)),
            ("remark".to_owned(), word(2, Some(Class::Sensitive), PropertyType::Text)),
            ("extra".to_owned(), word(3, None, PropertyType::Json)),
        ]
        .into(),
    };
    let limits = Limits::default();
    let (words, names, limits) = (&words, &names, &limits);
    let (zone, week_start, now) = ("UTC", "monday", Time(0));
    resolve(Setting { words, names, zone, week_start, limits, now, cohorts })
}

/// `person event day tone`, one row a line.
fn rows(text: &str) -> Vec<PersonRow> {
    let line = |(arrival, line): (u64, &str)| {
        let mut words = line.split_whitespace();
        let person = words.next()?.parse().ok()?;
        let event =
            ["rang", "entered", "left"].iter().position(|name| Some(*name) == words.clone().next());
        let event = Code(event? as u32 + 1);
        let day: f64 = words.nth(1)?.parse().ok()?;
        let from = Time::parse("2026-01-01T00:00:00Z")?;
        let time = from + Span((day * Span::DAY.0 as f64) as i64);
        let values = vec![words.next().map(str::to_owned)];
        let (leaf, session) = (Leaf(person), 0);
        let person = Person(person);
        Some(PersonRow { person, time, sequence: 0, arrival, event, leaf, session, values })
    };
    (0..).zip(text.lines()).filter_map(line).collect()
}

fn trend(text: &str) -> Result<Plan, Faults> {
    let question: Trend = serde_json::from_str(text).unwrap();
    with(|setting| question.resolve(setting)).map(Plan::Trend)
}

fn funnel(text: &str) -> Result<Plan, Faults> {
    let question: Funnel = serde_json::from_str(text).unwrap();
    with(|setting| question.resolve(setting)).map(Plan::Funnel)
}

fn retention(text: &str) -> Result<Plan, Faults> {
    let question: Retention = serde_json::from_str(text).unwrap();
    with(|setting| question.resolve(setting)).map(Plan::Retention)
}

fn cohort(text: &str) -> Result<Plan, Faults> {
    let question: Cohort = serde_json::from_str(text).unwrap();
    with(|setting| question.resolve(setting)).map(Plan::Cohort)
}

/// The reply to a plan, as JSON and as a sentence.
fn check(plan: &Plan, text: &str) -> (serde_json::Value, String) {
    let answer = plan.reference(&rows(text));
    let reply = Reply::new(plan, answer, Scanned::default(), Time(0), "measure");
    let again: Reply = serde_json::from_value(serde_json::to_value(&reply).unwrap()).unwrap();
    assert_eq!(again, reply);
    (serde_json::to_value(&reply.answer).unwrap(), reply.sentence)
}

#[test]
fn everything_wrong_with_a_question_is_said_at_once() {
    let faults = trend(
        r#"{"purpose":"sell","from":"2026-01-05","to":"2026-01-05","interval":"day","limit":0,
            "series":[{"event":"enterd","where":[{"property":"remark","is":[]}]}],
            "breakdown":"tome","zone":"Europe/Berlin","week_start":"mon"}"#,
    )
    .unwrap_err();
    assert_eq!(
        faults.to_string().replace("; ", "\n"),
        "/purpose: `sell` is no purpose: use one of `measure`\n\
         /week_start: `mon` is no day of the week: write it as monday\n\
         /to: `2026-01-05` is not before `2026-01-05`: `to` is the first moment that is left out\n\
         /series/0/event: no event `enterd` has arrived yet: did you mean `entered`?\n\
         /series/0/where/0/is: it is empty: give at least 1\n\
         /breakdown: `tome` is no declared property: did you mean `tone`?\n\
         /limit: it is empty: give at least 1"
    );
    assert_eq!(faults.code(), "unknown-purpose");
}

#[test]
fn windows_and_counts_are_checked() {
    let one = |window: &str| {
        let text = format!(
            r#"{{"purpose":"measure","from":"2026-01-01","to":"2026-02-01",
                "steps":[{{"event":"rang"}}],"window":"{window}"}}"#
        );
        funnel(&text).map_err(|faults| faults.to_string())
    };
    assert!(one("7d").is_ok());
    for window in ["", "d", "7", "0d", "-1d", "99999w", "7 d", "é"] {
        let said =
            format!("/window: `{window}` is no length of time: write it as 30m, 12h, 7d or 2w");
        assert_eq!(one(window).unwrap_err(), said);
    }
    let faults = cohort(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-02-01",
            "all":[{"event":"rang","at_least":0}]}"#,
    );
    let said = "/all/0/at_least: zero is always reached: give at least 1";
    assert_eq!(faults.unwrap_err().to_string(), said);
    let faults = cohort(r#"{"purpose":"measure","from":"2026-01-01","to":"2026-02-01","all":[]}"#);
    assert_eq!(faults.unwrap_err().to_string(), "/all: it is empty: give at least 1");
    for (written, unknown) in [
        (r#""all":[],"al":[]"#, "al"),
        (r#""all":[{"evnt":"rang"}]"#, "evnt"),
        (r#""all":[{"event":"rang","where":[{"property":"tone","is":[1],"isnt":2}]}]"#, "isnt"),
        (r#""all":[],"people":{"inn":["some"]}"#, "inn"),
    ] {
        let text = format!(r#"{{"purpose":"measure","from":"a","to":"b",{written}}}"#);
        let error = serde_json::from_str::<Cohort>(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("unknown field `{unknown}`")), "{error}");
    }
}

#[test]
fn a_trend_counts_events_and_people() {
    let plan = trend(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-01-04","interval":"day",
            "series":[{"event":"rang"},{"event":null,"count":"people"}]}"#,
    )
    .unwrap();
    let text = "1 rang 0.1\n1 rang 0.2\n1 left 2.5\n2 rang 2.9\n2 rang 3.0\n3 left -0.1";
    let (answer, sentence) = check(&plan, text);
    assert_eq!(answer["intervals"][2], "2026-01-03T00:00:00Z");
    let series = serde_json::json!([
        {"event": "rang", "count": "events", "breakdown": null, "values": [2, 0, 1], "total": 3},
        {"event": null, "count": "people", "breakdown": null, "values": [1, 0, 2], "total": 2},
    ]);
    assert_eq!(answer["series"], series);
    assert_eq!(
        sentence,
        "`rang` happened 3 times, 2 people did any event from 2026-01-01 to before 2026-01-04."
    );
}

#[test]
fn a_breakdown_folds_its_tail() {
    let plan = trend(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-01-02","interval":"week","limit":1,
            "series":[{"event":"rang"}],"breakdown":"tone"}"#,
    )
    .unwrap();
    let text = "1 rang 0.1 low\n1 rang 0.2 high\n1 rang 0.3 high\n2 rang 0.4";
    let (answer, sentence) = check(&plan, text);
    let lines = answer["series"].as_array().unwrap().iter();
    let lines: Vec<_> =
        lines.map(|line| (line["breakdown"].clone(), line["total"].clone())).collect();
    assert_eq!(lines, [("high".into(), 2.into()), ("(other)".into(), 2.into())]);
    assert_eq!(
        sentence,
        "`high` leads: `rang` happened 2 times from 2026-01-01 to before 2026-01-02; most in the \
         week of 2025-12-29 (2)."
    );
}

#[test]
fn what_is_no_number_is_not_reckoned_with() {
    let ask = |count: &str, of: &str| {
        let text = format!(
            r#"{{"purpose":"measure","from":"2026-01-01","to":"2026-02-01","interval":"day",
                "series":[{{"event":"rang"}},{{"event":"rang","count":"{count}","of":"{of}"}}]}}"#
        );
        trend(&text).map(|_| ()).map_err(|faults| (faults.code(), faults.to_string()))
    };
    let said = |count: &str| {
        format!(
            "/series/1/of: `tone` is declared as text, and `{count}` reckons with numbers: name a \
             property of the type integer or number, or count `different`"
        )
    };
    for count in ["sum", "average", "minimum", "maximum", "median"] {
        assert_eq!(ask(count, "tone"), Err(("not-numbers", said(count))));
        // What is declared as json may be a number.
        assert_eq!(ask(count, "extra"), Ok(()));
    }
    assert_eq!(ask("different", "tone"), Ok(()));
}

#[test]
fn a_funnel_follows_the_latest_chain() {
    let plan = funnel(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-02-01","window":"1d",
            "steps":[{"event":"rang"},{"event":"entered"},{"event":"left"}],"breakdown":"tone"}"#,
    )
    .unwrap();
    // 1: the second ring is near enough. 2: too late. 3: in the wrong order. 4: at one instant.
    let text = "1 rang 0 low\n1 rang 2 high\n1 entered 2.5\n1 left 3\n\
                2 rang 0 high\n2 entered 1.1\n\
                3 entered 0\n3 rang 0.5\n\
                4 rang 1 low\n4 entered 1\n4 left 1";
    let (answer, sentence) = check(&plan, text);
    let people = |steps: &serde_json::Value| -> Vec<_> {
        steps.as_array().unwrap().iter().map(|step| step["people"].as_u64().unwrap()).collect()
    };
    assert_eq!(people(&answer["steps"]), [4, 2, 2]);
    assert_eq!(answer["steps"][2]["of_first"], 0.5);
    assert_eq!(answer["steps"][2]["of_previous"], 1.0);
    assert_eq!(answer["steps"][0]["median_seconds"], serde_json::Value::Null);
    assert_eq!(answer["steps"][1]["median_seconds"], 0.0);
    let lines = answer["breakdown"].as_array().unwrap().iter();
    let lines: Vec<_> = lines.map(|line| (line["value"].clone(), people(&line["steps"]))).collect();
    assert_eq!(
        lines,
        [
            ("low".into(), vec![2, 2, 2]),
            ("(none)".into(), vec![1, 0, 0]),
            ("high".into(), vec![1, 0, 0])
        ]
    );
    assert_eq!(
        sentence,
        "4 people did `rang` from 2026-01-01 to before 2026-02-01; 50.0 % went on to `left` \
         within 1 d; half of them took less than a second."
    );
}

#[test]
fn a_row_does_not_follow_itself() {
    let plan = funnel(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-02-01","window":"1d",
            "steps":[{"event":"rang"},{"event":"rang"}]}"#,
    )
    .unwrap();
    let (answer, _) = check(&plan, "1 rang 0\n2 rang 0\n2 rang 0.5\n3 rang 0\n3 rang 1.5");
    assert_eq!(answer["steps"][1]["people"], 1);
    assert_eq!(answer["steps"][1]["median_seconds"], 43_200.0);
}

#[test]
fn retention_counts_from_the_first_start() {
    let plan = retention(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-01-22","interval":"week",
            "week_start":"thursday","start":{"event":"rang"},"return":{}}"#,
    )
    .unwrap();
    let text = "1 left 0\n1 rang 8\n1 left 9\n1 left 15\n2 rang 0\n2 rang 1\n3 rang 1\n3 left 20";
    let (answer, sentence) = check(&plan, text);
    let cohorts = serde_json::json!([
        {"start": "2026-01-01T00:00:00Z", "people": 2, "values": [2, 0, 1]},
        {"start": "2026-01-08T00:00:00Z", "people": 1, "values": [1, 1]},
        {"start": "2026-01-15T00:00:00Z", "people": 0, "values": [0]},
    ]);
    assert_eq!(answer["cohorts"], cohorts);
    assert_eq!(
        sentence,
        "3 people started with `rang` from 2026-01-01 to before 2026-01-22; 33.3 % came back with \
         any event in the week after."
    );
}

#[test]
fn a_cohort_that_leads_back_to_itself_is_found_before_it_is_saved() {
    let rule = |named: &str| -> Cohort {
        let people = if named.is_empty() { vec![] } else { vec![named] };
        serde_json::from_value(serde_json::json!({
            "purpose": "measure", "from": "2026-01-01", "to": "2026-02-01",
            "all": [{ "event": "never seen" }], "people": { "not_in": people },
        }))
        .unwrap()
    };
    let saved = |named: &str| Cohorted::Rule(Box::new(rule(named)));
    let mut cohorts = BTreeMap::from([("a".to_owned(), saved("")), ("b".to_owned(), saved("a"))]);
    let places = |cohorts: &BTreeMap<_, _>, name: &str, named: &str| -> Vec<String> {
        let faults = beside(cohorts, |setting| rule(named).nested(name, setting));
        faults.0.into_iter().map(|fault| fault.pointer).collect()
    };
    assert_eq!(places(&cohorts, "a", ""), Vec::<String>::new(), "an unknown event may come yet");
    assert_eq!(places(&cohorts, "a", "a"), ["/people/not_in/0"]);
    assert_eq!(places(&cohorts, "a", "b"), ["/people/not_in/0"], "through another");
    assert_eq!(places(&cohorts, "c", "b"), Vec::<String>::new());
    let chain = (0..9).map(|n| (format!("n{}", n + 1), saved(&format!("n{n}"))));
    cohorts.extend(chain);
    cohorts.insert("n0".to_owned(), saved(""));
    assert_eq!(places(&cohorts, "c", "n6"), Vec::<String>::new(), "eight in all");
    assert_eq!(places(&cohorts, "c", "n7"), ["/people/not_in/0"], "too deep for any question");
}

#[test]
fn a_cohort_did_one_thing_and_not_another() {
    let plan = cohort(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-01-31",
            "all":[{"event":"rang","at_least":2,"where":[{"property":"tone","is":["low",null]}]}],
            "none":[{"event":"left"}]}"#,
    )
    .unwrap();
    let text = "1 rang 0 low\n1 rang 1\n2 rang 0 low\n2 rang 1 high\n\
                3 rang 0\n3 rang 1\n3 left 2\n4 rang 29\n4 rang 30";
    let (answer, sentence) = check(&plan, text);
    assert_eq!(answer, serde_json::json!({"kind": "cohort", "people": 1}));
    assert_eq!(
        sentence,
        "1 person did `rang` (filtered) at least 2 times, but not `left`, from 2026-01-01 to \
         before 2026-01-31."
    );
}
