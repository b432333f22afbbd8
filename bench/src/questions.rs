//! Each kind of insight on the data of the generator, asked several times; the best time counts.

use std::time::Instant;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::http::Connection;
use crate::memory;

/// Asks each question and prints seconds as the client sees them, what was read for the answer, and
/// how far the server's memory grew.
pub(crate) fn measure(url: &str, token: &str, runs: u64, server: u64) -> Result<()> {
    for (name, kind, question) in questions() {
        let body = serde_json::to_vec(&question)?;
        let mut best = f64::INFINITY;
        let mut answer = Value::Null;
        memory::forget_peak(server);
        for _ in 0..runs.max(1) {
            let begun = Instant::now();
            let (status, body) = Connection::open(url)?.post(
                &format!("/api/query/{kind}"),
                &format!("Bearer {token}"),
                &body,
            )?;
            best = best.min(begun.elapsed().as_secs_f64());
            if status != 200 {
                bail!("{name}: the server answered {status}: {}", String::from_utf8_lossy(&body));
            }
            answer = serde_json::from_slice(&body)?;
        }
        let scanned =
            |field: &str| answer.pointer(&format!("/scanned/{field}")).cloned().unwrap_or_default();
        let sentence = answer.get("sentence").and_then(Value::as_str).unwrap_or_default();
        println!(
            "{name:13} {best:8.3} s  {} rows  {} bytes{}  {sentence}",
            scanned("rows"),
            scanned("bytes"),
            memory::resident(server)
        );
    }
    Ok(())
}

fn questions() -> Vec<(&'static str, &'static str, Value)> {
    let steps: Vec<Value> = ["page_view", "search", "product_view", "add_to_cart", "purchase"]
        .iter()
        .map(|event| json!({ "event": event }))
        .collect();
    let funnel = |order: &str| json!({ "steps": steps, "window": "7d", "breakdown": "country", "order": order });
    let any = json!({ "event": null });
    let viewers = json!([{ "event": "page_view", "count": "people" }]);
    let orders = json!([{ "event": "purchase", "count": "events" }]);
    let median = json!([{ "event": "purchase", "count": "median", "of": "amount" }]);
    let often = json!([{ "event": "add_to_cart", "at_least": 3 }]);
    let never = json!([{ "event": "purchase" }]);
    let kinds = [
        ("funnel5", "funnel", funnel("in-order")),
        ("funnel-strict", "funnel", funnel("strict")),
        ("funnel-any", "funnel", funnel("any-order")),
        ("retention", "retention", json!({ "start": any, "return": any, "interval": "week" })),
        ("uniques", "trend", json!({ "interval": "day", "series": viewers })),
        ("cohort", "cohort", json!({ "all": often, "none": never })),
        ("trend", "trend", json!({ "interval": "day", "series": orders, "breakdown": "country" })),
        ("median", "trend", json!({ "interval": "day", "series": median })),
        ("paths", "paths", json!({ "length": 3 })),
        ("sessions", "sessions", json!({ "interval": "day" })),
        ("lifecycle", "lifecycle", json!({ "interval": "week" })),
        ("stickiness", "stickiness", json!({ "interval": "day", "series": [any] })),
        ("values", "values", json!({ "property": "country" })),
    ];
    let mut questions = kinds.map(|(name, kind, question)| (name, kind, about(question))).to_vec();
    let selects = [
        ("sql-events", "select event, count(*) from events group by 1"),
        (
            "sql-trend",
            "select date_trunc('day', time) d, country, count(*), sum(amount) \
             from events where event = 'purchase' group by 1, 2 order by 1, 2",
        ),
    ];
    questions.extend(
        selects.map(|(name, sql)| (name, "sql", json!({ "purpose": "measure", "sql": sql }))),
    );
    questions
}

/// The purpose and the time that all of them share.
fn about(mut question: Value) -> Value {
    let shared =
        [("purpose", "measure"), ("from", "2026-01-01T00:00:00Z"), ("to", "2026-03-05T00:00:00Z")];
    if let Some(fields) = question.as_object_mut() {
        fields.extend(shared.map(|(field, text)| (field.to_owned(), json!(text))));
    }
    question
}
