//! What a client of Segment's is told: that a call was taken, and how a browser's client starts.

use serde_json::{Value, json};

/// The answer that tells a client its call was taken.
#[must_use]
pub fn success() -> Value {
    json!({ "success": true })
}

/// The settings that start a browser's client: where to send, and that nothing else is loaded.
///
/// `api_host` is host and path without a scheme; without a `protocol` clients assume `https`.
#[must_use]
pub fn settings(key: &str, api_host: &str, protocol: &str) -> Value {
    let open = json!({ "__default": { "enabled": true } });
    json!({
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": api_host,
                "protocol": protocol,
                "versionSettings": { "version": "4.4.7", "componentTypes": ["browser"] },
            },
        },
        "plan": { "track": open, "identify": open, "group": open },
        "analyticsNextEnabled": true,
    })
}
