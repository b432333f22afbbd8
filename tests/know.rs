//! know: the whole program answers what the reference answers, on the same small, random lives.
//!
//! Rows arrive unsorted, tie, are folded in between, people are merged afterwards, one is erased.

mod catalogue;
mod cohorts;
mod peers;
mod sql;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use it::Candor;
use it::program::SOURCES;
use life::admit::Catalogue;
use life::keep::Names;
use life::keep::names::Named;
use life::know::{Answer, PersonRow, Plan, Setting, Words};
use serde_json::{Value, json};
use vocabulary::{Code, Leaf, Limits, Person, Time};

const EVENTS: [&str; 3] = ["Product Viewed", "Product Added", "Order Completed"];
const COUNTRIES: [Option<&str>; 3] = [Some("DE"), Some("FR"), None];
const PEOPLE: u64 = 12;
const START: i64 = 1_767_225_600_000_000;
const HOUR: i64 = 3_600_000_000;

/// What was sent, as the reference will see it.
struct Lived {
    rows: Vec<(String, PersonRow, Option<String>)>,
    /// By id: whose it is; merges point at the user.
    owner: BTreeMap<String, String>,
}

impl Lived {
    fn whose(&self, id: &str) -> String {
        self.owner.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The rows under their owners, without whoever was erased.
    fn rows(&self, erased: &str) -> Vec<(PersonRow, Option<String>)> {
        let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
        let mut rows = Vec::new();
        for (id, row, country) in &self.rows {
            let owner = self.whose(id);
            let next = numbers.len() as u64 + 1;
            let person = Person(*numbers.entry(owner.clone()).or_insert(next));
            if owner != erased {
                rows.push((PersonRow { person, ..row.clone() }, country.clone()));
            }
        }
        rows
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_answers_what_the_reference_answers() -> Result<()> {
    for seed in 0..4 {
        live(seed).await.with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

async fn live(seed: u64) -> Result<()> {
    let mut chance = Rng::with_seed(seed);
    let mut candor = Candor::start(SOURCES).await?;
    let mut names = Names::default();
    let mut lived = Lived { rows: Vec::new(), owner: BTreeMap::new() };
    for round in 0..4 {
        send(&candor, &mut chance, &mut names, &mut lived, round).await?;
        if round == 1 {
            for number in 0..PEOPLE / 3 {
                link(&candor, &mut names, &mut lived, number, round).await?;
            }
        }
        if round < 3 {
            candor.stop().await?;
            candor.restart().await?;
        }
    }
    let erased = "user-1".to_owned();
    let output = candor.run(&["erase", "--user-id", &erased, "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    compare(&candor, &names, &lived.rows(&erased)).await?;
    candor.restart().await?;
    compare(&candor, &names, &lived.rows(&erased)).await
}

/// Some requests with a few events each, at times that tie and come in any order.
async fn send(
    candor: &Candor,
    chance: &mut Rng,
    names: &mut Names,
    lived: &mut Lived,
    round: u64,
) -> Result<()> {
    for request in 0..6 {
        let mut events = Vec::new();
        for sequence in 0..chance.u32(1..12) {
            let number = chance.u64(0..PEOPLE);
            let (field, id) = match chance.bool() {
                true => ("user_id", format!("user-{number}")),
                false => ("device_id", format!("device-{number}")),
            };
            let event = EVENTS[chance.usize(0..EVENTS.len())];
            let country = COUNTRIES[chance.usize(0..COUNTRIES.len())];
            let time = Time(START + chance.i64(0..60) * 12 * HOUR);
            let mut sent = json!({
                "event": event, "id": format!("{round}-{request}-{sequence}"), field: id,
                "time": time.to_string(), "consent": { "measure": true, "link-devices": true },
            });
            if let Some(country) = country {
                sent["properties"] = json!({ "country": country });
            }
            events.push(sent);
            keep(lived, names, id, event, time, sequence, country);
        }
        let answer =
            candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
        let results = answer["results"].as_array().context("results")?;
        ensure!(results.iter().all(|one| one["outcome"] == "accepted"), "{answer}");
    }
    Ok(())
}

/// A user signs in on a device: from here on, and for all that was, they are one person.
async fn link(
    candor: &Candor,
    names: &mut Names,
    lived: &mut Lived,
    number: u64,
    round: u64,
) -> Result<()> {
    let (user, device) = (format!("user-{number}"), format!("device-{number}"));
    let time = Time(START + 31 * 12 * HOUR);
    let consent = json!({ "categoryPreferences": { "measure": true, "link-devices": true } });
    let call = json!({
        "userId": user, "anonymousId": device, "messageId": format!("link-{round}-{number}"),
        "timestamp": time.to_string(), "context": { "consent": consent },
    });
    candor.collect(&candor.server_key, "/v1/identify", &call).await?;
    keep(lived, names, user.clone(), "identify", time, 0, None);
    lived.owner.insert(device, user);
    Ok(())
}

fn keep(
    lived: &mut Lived,
    names: &mut Names,
    id: String,
    event: &str,
    time: Time,
    sequence: u32,
    country: Option<&str>,
) {
    let row = PersonRow {
        person: Person(0),
        time,
        sequence,
        arrival: lived.rows.len() as u64,
        event: names.insert(Named::Event, event),
        leaf: Leaf(0),
        session: 0,
        values: Vec::new(),
    };
    lived.rows.push((id, row, country.map(str::to_owned)));
}

async fn compare(
    candor: &Candor,
    names: &Names,
    rows: &[(PersonRow, Option<String>)],
) -> Result<()> {
    let (from, to) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let shared = json!({ "purpose": "measure", "from": from, "to": to });
    let steps: Vec<Value> = EVENTS.iter().map(|event| json!({ "event": event })).collect();
    let lines = json!([
        { "event": EVENTS[0], "count": "events" }, { "event": EVENTS[1], "count": "people" },
    ]);
    let per_person = json!([
        { "event": null, "count": "per-person" },
        { "event": EVENTS[0], "where": [{ "property": "country", "is_not": ["DE"] }] },
        { "event": null, "count": "different", "of": "country" },
    ]);
    let start = json!({ "event": EVENTS[0] });
    let questions = [
        ("trend", json!({ "interval": "day", "series": lines, "breakdown": "country" })),
        (
            "trend",
            json!({
                "interval": "day", "series": per_person, "formula": "B / (A + C) * 100",
                "compare": "-1w", "smooth": 3,
            }),
        ),
        ("trend", json!({ "interval": "week", "series": lines, "per": "country" })),
        ("funnel", json!({ "steps": steps, "window": "9d", "breakdown": "country" })),
        ("funnel", json!({ "steps": steps, "window": "9d", "order": "any-order", "over": "day" })),
        ("funnel", json!({ "steps": steps[..2], "window": "9d", "order": "strict" })),
        (
            "funnel",
            json!({ "steps": steps[..2], "window": "9d", "exclude": [{ "event": EVENTS[2] }] }),
        ),
        ("retention", json!({ "start": start, "return": { "event": null }, "interval": "week" })),
        (
            "retention",
            json!({
                "start": start, "return": start, "interval": "day", "entry": "recurring",
                "back": "unbounded", "periods": 7,
            }),
        ),
        (
            "cohort",
            json!({ "all": [{ "event": EVENTS[0], "at_least": 2 }], "none": [{ "event": EVENTS[2] }] }),
        ),
        ("cohort", json!({ "all": [{ "event": EVENTS[0], "at_least": 2, "at_most": 3 }] })),
    ];
    for (kind, mut question) in questions {
        for (field, value) in shared.as_object().into_iter().flatten() {
            question[field] = value.clone();
        }
        // Through text, as the program's answer comes, so that broken numbers are read alike.
        let expected = serde_json::to_string(&reference(kind, &question, names, rows)?)?;
        let expected: Value = serde_json::from_str(&expected)?;
        let answer = candor.post(&format!("/api/query/{kind}"), &question).await?;
        for (field, value) in expected.as_object().into_iter().flatten() {
            ensure!(answer[field] == *value, "{kind}/{field}: {} is not {value}", answer[field]);
        }
    }
    Ok(())
}

/// The answer that is obviously right.
fn reference(
    kind: &str,
    question: &Value,
    names: &Names,
    rows: &[(PersonRow, Option<String>)],
) -> Result<Answer> {
    let mut catalogue = Catalogue::shipped()?;
    catalogue.bind(|name| Code(name.len() as u32));
    let words = Words::of(&catalogue);
    let limits = Limits::default();
    let setting = Setting {
        words: &words,
        names,
        zone: "UTC",
        week_start: "monday",
        limits: &limits,
        now: Time(0),
        cohorts: &BTreeMap::new(),
    };
    let plan = Plan::resolve(kind, &question.to_string(), setting);
    let plan = plan.map_err(|faults| anyhow::anyhow!(faults.to_string()))?;
    let has_column = !plan.scope().columns.is_empty();
    let rows: Vec<PersonRow> = rows
        .iter()
        .map(|(row, country)| {
            let values = if has_column { vec![country.clone()] } else { Vec::new() };
            PersonRow { values, ..row.clone() }
        })
        .collect();
    Ok(plan.reference(&rows))
}

/// What is sealed under people's keys is asked about like a column, fresh or in files; whoever was
/// erased is in no answer, and the question is no error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_property_is_asked_about_until_its_person_is_erased() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let order = |user: &str, order: &str| {
        json!({
            "event": "Order Completed", "user_id": user, "properties": { "order_id": order },
            "consent": { "measure": true },
        })
    };
    let events = json!({ "events": [order("ada", "o-1"), order("bob", "o-2")] });
    candor.collect(&candor.server_key, "/v1/events", &events).await?;
    let orders = async || -> Result<Vec<String>> {
        let series = json!([{ "event": "Order Completed" }]);
        let answer = candor.trend("measure", &series, Some("order_id")).await?;
        let lines = answer["series"].as_array().context("series")?;
        let lines = lines.iter().filter_map(|line| line["breakdown"].as_str());
        Ok(lines.map(str::to_owned).collect())
    };
    ensure!(orders().await? == ["o-1", "o-2"], "fresh: {:?}", orders().await?);
    let output = candor.run(&["erase", "--user-id", "ada", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = candor.data().join("lake");
    ensure!(orders().await? == ["o-2"], "in files below {files:?}: {:?}", orders().await?);
    Ok(())
}

/// `--where` narrows a question of every kind, as the person at the terminal reads it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_on_the_command_line_holds_for_every_kind_of_question() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let event = |user: &str, event: &str, country: &str, hour: u8| {
        json!({
            "event": event, "user_id": user, "time": format!("2026-01-02T{hour:02}:00:00Z"),
            "properties": { "country": country },
            "consent": { "measure": true, "link-devices": true },
        })
    };
    let events = json!({ "events": [
        event("ada", "Product Viewed", "DE", 1),
        event("ada", "Order Completed", "DE", 2),
        event("bob", "Product Viewed", "FR", 1),
        event("bob", "Order Completed", "FR", 2),
        event("eve", "Product Viewed", "DE", 1),
        event("eve", "Order Completed", "FR", 2),
    ] });
    candor.collect(&candor.server_key, "/v1/events", &events).await?;
    let ask = |kind: &[&str], filters: &[&str], pointer: &str| -> Result<Value> {
        let time = ["--from", "2026-01-02", "--to", "2026-01-03", "--zone", "UTC", "--json"];
        let output = candor.run(&[&["query"], kind, &time, filters].concat())?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout)?;
        answer.pointer(pointer).cloned().with_context(|| format!("{kind:?} answers {answer}"))
    };
    let viewed = "Product Viewed";
    for (kind, pointer, all, german) in [
        (vec!["trend", "--count", "people"], "/series/0/total", 3, 2),
        (vec!["funnel", "--step", viewed, "--step", "Order Completed"], "/steps/1/people", 3, 1),
        (vec!["retention", "--start", "Order Completed"], "/cohorts/0/people", 3, 1),
        (vec!["cohort", "--did", viewed], "/people", 3, 2),
        (vec!["cohort", "--did", viewed, "--not", "Order Completed"], "/people", 0, 1),
    ] {
        ensure!(ask(&kind, &[], pointer)? == all, "{kind:?} of all rows");
        let found = ask(&kind, &["--where", "country=DE"], pointer)?;
        ensure!(found == german, "{kind:?} of German rows: {found}");
    }
    Ok(())
}
