//! Snowplow's clients: where the key of an event stands in what they send.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::proxy::Request;

/// A batch of events, always posted.
pub fn keys(request: &Request) -> Result<BTreeSet<String>> {
    if request.method != "POST" {
        return Ok(BTreeSet::new());
    }
    let body = request.json()?;
    let events = body["data"].as_array().context("a batch has events")?;
    let key = |event: &Value| event["eid"].as_str().map(str::to_owned);
    events.iter().map(|event| key(event).context("an event has a key")).collect()
}
