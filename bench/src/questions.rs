//! The four kinds of insight on the data of the generator, each asked several times; the best time
//! counts.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::Connection;

/// Asks each question and prints seconds, rows and bytes.
pub(crate) fn measure(url: &str, token: &str, runs: u64) -> Result<()> {
    for (name, kind, question) in questions() {
        let mut best = f64::INFINITY;
        let mut answer = Value::Null;
        for _ in 0..runs.max(1) {
            let mut connection = Connection::open(url)?;
            let body = serde_json::to_vec(&question)?;
            let authorization = format!("Bearer {token}");
            let (status, body) =
                connection.post(&format!("/api/query/{kind}"), &authorization, &body)?;
            if status != 200 {
                bail!("{name}: the server answered {status}: {}", String::from_utf8_lossy(&body));
            }
            answer = serde_json::from_slice(&body)?;
            let seconds = answer.pointer("/scanned/seconds").and_then(Value::as_f64);
            best = best.min(seconds.context("no seconds in the answer")?);
        }
        let scanned =
            |field: &str| answer.pointer(&format!("/scanned/{field}")).cloned().unwrap_or_default();
        let sentence = answer.get("sentence").and_then(Value::as_str).unwrap_or_default();
        println!(
            "{name:12} {best:8.3} s  {} rows  {} bytes  {sentence}",
            scanned("rows"),
            scanned("bytes")
        );
    }
    Ok(())
}

fn questions() -> Vec<(&'static str, &'static str, Value)> {
    let steps: Vec<Value> = ["page_view", "search", "product_view", "add_to_cart", "purchase"]
        .iter()
        .map(|event| json!({ "event": event }))
        .collect();
    let any = json!({ "event": null });
    let viewers = json!([{ "event": "page_view", "count": "people" }]);
    let orders = json!([{ "event": "purchase", "count": "events" }]);
    let often = json!([{ "event": "add_to_cart", "at_least": 3 }]);
    let never = json!([{ "event": "purchase" }]);
    let questions = [
        ("funnel5", "funnel", json!({ "steps": steps, "window": "7d", "breakdown": "country" })),
        ("retention", "retention", json!({ "start": any, "return": any, "interval": "week" })),
        ("uniques", "trend", json!({ "interval": "day", "series": viewers })),
        ("cohort", "cohort", json!({ "all": often, "none": never })),
        ("trend", "trend", json!({ "interval": "day", "series": orders, "breakdown": "country" })),
    ];
    questions.map(|(name, kind, question)| (name, kind, about(question))).to_vec()
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
