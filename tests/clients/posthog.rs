//! PostHog's clients: where the key of an event stands in what they send.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::proxy::Request;

/// A batch, on one of these routes; what else is posted carries no event.
const ROUTES: [&str; 4] = ["/batch/", "/e/", "/i/v0/e/", "/i/v1/analytics/events"];

pub fn keys(request: &Request) -> Result<BTreeSet<String>> {
    let path = request.target.split('?').next().unwrap_or_default();
    if request.method != "POST" || !ROUTES.contains(&path) {
        return Ok(BTreeSet::new());
    }
    let body = request.json()?;
    let batch = body["batch"].as_array().context("a client sends batches")?;
    let keys = batch.iter().map(|event| event["uuid"].as_str().map(str::to_owned));
    keys.map(|key| key.context("an event has a key")).collect()
}
