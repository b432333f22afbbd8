//! Segment's clients: where the key of an event stands in what they send.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::proxy::Request;

/// One call, or a batch of them, always posted.
pub fn keys(request: &Request) -> Result<BTreeSet<String>> {
    if request.method != "POST" {
        return Ok(BTreeSet::new());
    }
    let body = request.json()?;
    let single = std::slice::from_ref(&body);
    let events = body["batch"].as_array().map_or(single, Vec::as_slice);
    let key = |event: &Value| event["messageId"].as_str().map(str::to_owned);
    events.iter().map(|event| key(event).context("an event has a key")).collect()
}
