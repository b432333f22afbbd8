//! What a client is told when it starts: where to send, and that nothing else is asked of it.
//!
//! No feature flag is evaluated, nothing is recorded and nothing is loaded from elsewhere.

use serde_json::{Map, Value, json};

/// The answer that tells a client its events were taken. What is not taken at all is named, so that
/// a client stops sending it for a while.
#[must_use]
pub fn success(not_taken: &[&str]) -> Value {
    let mut answer = json!({ "status": "Ok" });
    if let (false, Some(object)) = (not_taken.is_empty(), answer.as_object_mut()) {
        object.insert("quota_limited".to_owned(), json!(not_taken));
    }
    answer
}

/// The remote configuration of a client.
#[must_use]
pub fn config() -> Value {
    json!({
        "analytics": { "endpoint": "/i/v0/e/" },
        "supportedCompression": ["gzip", "gzip-js"],
        "elementsChainAsString": true,
        "hasFeatureFlags": false,
        "sessionRecording": false,
        "surveys": false,
        "heatmaps": false,
        "capturePerformance": false,
        "captureDeadClicks": false,
        "autocaptureExceptions": false,
        "autocapture_opt_out": false,
        "isAuthenticated": false,
        "toolbarParams": {},
        "siteApps": [],
        "config": { "enable_collect_everything": true },
    })
}

/// The same as a script that a page loads before the client starts.
#[must_use]
pub fn script(key: &str) -> String {
    // Inside a script a text must not be able to end the element that holds it.
    let key = Value::from(key).to_string().replace('<', "\\u003c");
    format!(
        "(function(){{var all=window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{{}};\
         all[{key}]={{config:{},siteApps:[]}}}})();",
        config()
    )
}

/// The answer to a question about flags: there are none.
#[must_use]
pub fn flags(with_config: bool) -> Value {
    let mut answer = json!({ "flags": {}, "errorsWhileComputingFlags": false });
    if with_config {
        join(&mut answer, config());
    }
    answer
}

/// The answer of the older route, which in its first version had a list of flags.
#[must_use]
pub fn decide(version: &str) -> Value {
    let none = if version == "1" { json!([]) } else { Value::Object(Map::new()) };
    let mut answer = config();
    let flags = json!({
        "featureFlags": none,
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": false,
    });
    join(&mut answer, flags);
    answer
}

fn join(answer: &mut Value, more: Value) {
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
}
