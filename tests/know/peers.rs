//! What other engines answer to the same questions over the same events. Their answers were
//! recorded (`bench/peers/record.py`) as hashes of sorted rows; ours must hash alike.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vocabulary::Time;

/// What is measured at `backend` rests on no consent.
const MAY_MEASURE: &str = "bases = { measure = \"legitimate-interest\" }\n";

const START: i64 = 1_767_225_600_000_000;
const DAY: i64 = 86_400_000_000;
const WEEK: i64 = 7 * DAY;
const CHAIN: [&str; 5] = ["page_view", "search", "product_view", "add_to_cart", "purchase"];

type Rows = Vec<Vec<String>>;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/peers")
}

/// As `bench/peers/queries.py` hashes: sorted rows of texts, written as Python writes JSON.
fn hash(mut rows: Rows) -> String {
    rows.sort();
    let quote = |cell: &String| format!("\"{cell}\"");
    let row = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(", ");
    let rows: Vec<String> = rows.iter().map(|cells| format!("[{}]", row(cells))).collect();
    let digest = Sha256::digest(format!("[{}]", rows.join(", ")));
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

async fn filled() -> Result<Candor> {
    let candor = Candor::start(&format!("{SOURCES}{MAY_MEASURE}")).await?;
    let mut text = String::new();
    let packed = std::fs::File::open(folder().join("events.jsonl.gz"))?;
    GzDecoder::new(packed).read_to_string(&mut text)?;
    let events = candor.data().join("../events.jsonl");
    std::fs::write(&events, text)?;
    let file = events.to_str().context("the path is text")?;
    let output = candor.run(&["import", file, "--source", "backend"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(candor)
}

struct Asker(Candor);

impl Asker {
    async fn ask(&self, kind: &str, mut question: Value) -> Result<Value> {
        let shared = json!({
            "purpose": "measure", "from": "2026-01-01", "to": "2026-03-05", "zone": "UTC",
            "week_start": "thursday",
        });
        for (field, value) in shared.as_object().into_iter().flatten() {
            let is_said = question.get(field).is_some();
            if !is_said {
                question[field] = value.clone();
            }
        }
        self.0.post(&format!("/api/query/{kind}"), &question).await
    }
}

fn list<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    value[field].as_array().into_iter().flatten()
}

/// The number of the day, or of the week, of an instant.
fn number(instant: &Value, of: i64) -> Result<i64> {
    let time = instant.as_str().and_then(Time::parse).context("an instant")?;
    Ok((time.0 - START) / of)
}

/// People by how far they came: those of a bar who are not in the next.
fn levels(steps: &Value) -> Vec<(usize, u64)> {
    let people: Vec<u64> = steps
        .as_array()
        .into_iter()
        .flatten()
        .map(|step| step["people"].as_u64().unwrap_or(0))
        .collect();
    let next = people.iter().skip(1).copied().chain([0]);
    let levels = people.iter().zip(next).map(|(people, next)| people - next);
    (1..).zip(levels).filter(|(_, people)| *people > 0).collect()
}

fn steps(events: &[&str]) -> Vec<Value> {
    events.iter().map(|event| json!({ "event": event })).collect()
}

async fn funnel(asker: &Asker) -> Result<Rows> {
    let question = json!({
        "steps": steps(&CHAIN), "window": "7d", "breakdown": "country", "limit": 1000,
    });
    let answer = asker.ask("funnel", question).await?;
    let mut rows = Vec::new();
    for line in list(&answer, "breakdown") {
        let value = line["value"].as_str().context("a value")?;
        for (level, people) in levels(&line["steps"]) {
            rows.push(vec![value.to_owned(), level.to_string(), people.to_string()]);
        }
    }
    Ok(rows)
}

async fn chain(asker: &Asker, order: &str, window: &str, events: &[&str]) -> Result<Rows> {
    let question = json!({ "steps": steps(events), "window": window, "order": order });
    let answer = asker.ask("funnel", question).await?;
    let row = |(level, people): (usize, u64)| vec![level.to_string(), people.to_string()];
    Ok(levels(&answer["steps"]).into_iter().map(row).collect())
}

async fn retention(asker: &Asker, entry: &str, back: &str) -> Result<Rows> {
    let any = json!({ "event": null });
    let question = json!({
        "start": any, "return": any, "interval": "week", "entry": entry, "back": back,
    });
    let answer = asker.ask("retention", question).await?;
    let mut rows = Vec::new();
    for cohort in list(&answer, "cohorts") {
        let first = number(&cohort["start"], WEEK)?;
        for (week, value) in (first..).zip(list(cohort, "values")) {
            if value != 0 {
                rows.push(vec![first.to_string(), week.to_string(), value.to_string()]);
            }
        }
    }
    Ok(rows)
}

/// Every stretch of three in a row, however long the silence between.
async fn paths(asker: &Asker) -> Result<Rows> {
    let question = json!({ "length": 3, "gap": "3660d", "limit": 20 });
    let answer = asker.ask("paths", question).await?;
    let row = |way: &Value| {
        let path = list(way, "path").filter_map(|step| step.as_str().map(str::to_owned));
        path.chain([way["count"].to_string()]).collect()
    };
    Ok(list(&answer, "top").map(row).collect())
}

async fn lifecycle(asker: &Asker) -> Result<Rows> {
    let answer = asker.ask("lifecycle", json!({ "event": null, "interval": "week" })).await?;
    let mut rows = Vec::new();
    for (place, interval) in list(&answer, "intervals").enumerate() {
        let count = |state: &str| answer[state][place].to_string();
        let counts = ["new", "returning", "resurrecting", "dormant"].map(count);
        rows.push([vec![number(interval, WEEK)?.to_string()], counts.to_vec()].concat());
    }
    Ok(rows)
}

async fn stickiness(asker: &Asker) -> Result<Rows> {
    let question = json!({ "series": [{ "event": "page_view" }], "interval": "day" });
    let answer = asker.ask("stickiness", question).await?;
    let counts = (1..).zip(list(&answer["series"][0], "people"));
    let rows = counts.filter(|(_, people)| **people != 0);
    Ok(rows.map(|(days, people): (usize, _)| vec![days.to_string(), people.to_string()]).collect())
}

async fn sessions(asker: &Asker) -> Result<Rows> {
    let answer = asker.ask("sessions", json!({ "interval": "day" })).await?;
    let mut rows = Vec::new();
    for (place, interval) in list(&answer, "intervals").enumerate() {
        let count = |field: &str| answer[field][place].to_string();
        if count("sessions") != "0" {
            let counts = ["sessions", "people", "bounces"].map(count);
            rows.push([vec![number(interval, DAY)?.to_string()], counts.to_vec()].concat());
        }
    }
    Ok(rows)
}

async fn values(asker: &Asker) -> Result<Rows> {
    let question = json!({ "property": "country", "event": null, "limit": 100 });
    let answer = asker.ask("values", question).await?;
    let row = |value: &Value| {
        let name = value["value"].as_str().unwrap_or_default().to_owned();
        vec![name, value["events"].to_string(), value["people"].to_string()]
    };
    Ok(list(&answer, "values").map(row).collect())
}

async fn daily_people(asker: &Asker) -> Result<Rows> {
    let catalogue = asker.0.get("/api/catalogue/events?purpose=measure").await?;
    let lines = catalogue.as_array().into_iter().flatten();
    let events: Vec<Value> = lines.map(|line| line["event"].clone()).collect();
    ensure!(events.len() == 20, "the generator has twenty events: {events:?}");
    let series = events.iter().map(|event| json!({ "event": event, "count": "people" }));
    let question = json!({ "interval": "day", "series": series.collect::<Vec<_>>() });
    let answer = asker.ask("trend", question).await?;
    let mut rows = Vec::new();
    for line in list(&answer, "series") {
        let event = line["event"].as_str().context("an event")?;
        for (interval, value) in list(&answer, "intervals").zip(list(line, "values")) {
            if value != 0 {
                let day = number(interval, DAY)?.to_string();
                rows.push(vec![day, event.to_owned(), value.to_string()]);
            }
        }
    }
    Ok(rows)
}

async fn cohort(asker: &Asker) -> Result<Rows> {
    let question = json!({
        "from": "2026-01-31", "all": [{ "event": "add_to_cart", "at_least": 3 }],
        "none": [{ "event": "purchase" }],
    });
    let answer = asker.ask("cohort", question).await?;
    Ok(vec![vec![answer["people"].to_string()]])
}

/// A number of an answer, times a power of ten, as a whole number.
fn whole(value: &Value, times: f64) -> Result<String> {
    Ok(((value.as_f64().context("a number")? * times).round() as i64).to_string())
}

async fn trend(asker: &Asker) -> Result<Rows> {
    let bought =
        |count: &str, of: Option<&str>| json!({ "event": "purchase", "count": count, "of": of });
    let question = json!({
        "interval": "day", "breakdown": "country", "limit": 1000,
        "series": [bought("events", None), bought("sum", Some("amount"))],
    });
    let answer = asker.ask("trend", question).await?;
    let mut cells = BTreeMap::<(i64, String), Vec<String>>::new();
    for line in list(&answer, "series") {
        let country = line["breakdown"].as_str().context("a country")?;
        let is_sum = line["count"] == "sum";
        for (interval, value) in list(&answer, "intervals").zip(list(line, "values")) {
            let cell = cells.entry((number(interval, DAY)?, country.to_owned())).or_default();
            cell.push(whole(value, if is_sum { 100.0 } else { 1.0 })?);
        }
    }
    let rows = cells.into_iter().filter(|(_, cell)| cell[0] != "0");
    Ok(rows.map(|((day, country), cell)| [vec![day.to_string(), country], cell].concat()).collect())
}

async fn measures(asker: &Asker) -> Result<Rows> {
    let counts =
        ["sum", "average", "median", "percentile", "minimum", "maximum", "different", "per-person"];
    let series = counts.map(|count| {
        let of = match count {
            "different" => Some("country"),
            "per-person" => None,
            _ => Some("amount"),
        };
        let at = (count == "percentile").then_some(90);
        json!({ "event": "purchase", "count": count, "of": of, "at": at })
    });
    let answer = asker.ask("trend", json!({ "interval": "day", "series": series })).await?;
    let mut rows = Vec::new();
    for (place, interval) in list(&answer, "intervals").enumerate() {
        let value = |line: usize| &answer["series"][line]["values"][place];
        if value(4).is_null() {
            continue;
        }
        let mut row = vec![number(interval, DAY)?.to_string()];
        for (line, times) in (0..).zip([1e2, 1e6, 1e6, 1e6, 1e2, 1e2, 1.0, 1e6]) {
            row.push(whole(value(line), times)?);
        }
        rows.push(row);
    }
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answers_are_those_of_the_peers() -> Result<()> {
    let recorded: Value = serde_json::from_slice(&std::fs::read(folder().join("recorded.json"))?)?;
    let asker = Asker(filled().await?);
    let ours = [
        ("funnel5", funnel(&asker).await?),
        ("funnel-strict", chain(&asker, "strict", "7d", &CHAIN[..3]).await?),
        (
            "funnel-any-order",
            chain(&asker, "any-order", "1d", &["login", "signup", "share"]).await?,
        ),
        ("retention8w", retention(&asker, "first-in-range", "exact").await?),
        ("retention-unbounded", retention(&asker, "first-ever", "unbounded").await?),
        ("retention-recurring", retention(&asker, "recurring", "exact").await?),
        ("daily_uniq", daily_people(&asker).await?),
        ("cohort", cohort(&asker).await?),
        ("trend", trend(&asker).await?),
        ("measures", measures(&asker).await?),
        ("paths3", paths(&asker).await?),
        ("lifecycle", lifecycle(&asker).await?),
        ("stickiness", stickiness(&asker).await?),
        ("sessions", sessions(&asker).await?),
        ("values", values(&asker).await?),
    ];
    for (question, rows) in ours {
        let theirs = &recorded["answers"][question];
        let (count, head) = (rows.len(), rows.first().cloned());
        ensure!(theirs["rows"] == count, "{question}: {count} rows, theirs {theirs}: {head:?}");
        ensure!(theirs["sha256"] == hash(rows), "{question}: other rows than {theirs}: {head:?}");
    }
    Ok(())
}
