//! The command line and the API's edge, as somebody meets them who makes mistakes.

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};

/// The program's answer to a verb, with its exit code.
fn run(candor: &Candor, arguments: &[&str]) -> Result<(i32, Value)> {
    let output = candor.run(arguments)?;
    let code = output.status.code().context("it ended by itself")?;
    Ok((code, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)))
}

async fn people(candor: &Candor) -> Result<u64> {
    let series = json!([{ "event": "Seen", "count": "people" }]);
    let answer = candor.trend("measure", &series, None).await?;
    answer["series"][0]["total"].as_f64().map(|total| total as u64).context("a total")
}

/// How many events an export of an id holds.
fn exported(candor: &Candor, arguments: &[&str]) -> Result<usize> {
    let output = candor.run(&[&["export", "--purpose", "analyse"], arguments].concat())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().count())
}

/// Events of a user and of a device, in this order, and the link between them.
async fn link(candor: &Candor, first: (&str, &str), second: (&str, &str)) -> Result<()> {
    let consent = json!({ "measure": true, "analyse": true, "link-devices": true });
    for (field, id) in [first, second] {
        let properties = json!({ "name": format!("of-{id}") });
        let mut event = json!({ "event": "Seen", "id": id, "properties": properties });
        event[field] = json!(id);
        event["consent"] = consent.clone();
        let events = json!({ "events": [event] });
        let answer = candor.collect(&candor.server_key, "/v1/events", &events).await?;
        ensure!(answer["results"][0]["outcome"] == "accepted", "{answer}");
    }
    let (user, device) = if first.0 == "user_id" { (first, second) } else { (second, first) };
    let call = json!({
        "userId": user.1, "anonymousId": device.1, "messageId": format!("link-{}", user.1),
        "context": { "consent": { "categoryPreferences": consent } },
    });
    candor.collect(&candor.server_key, "/v1/identify", &call).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_can_be_undone_and_stays_undone() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    // Once the device is the older id and names the person, once the user.
    link(&candor, ("device_id", "d1"), ("user_id", "u1")).await?;
    link(&candor, ("user_id", "u2"), ("device_id", "d2")).await?;
    candor.stop().await?;
    candor.restart().await?;
    ensure!(people(&candor).await? == 2, "two persons of two ids each");

    let body = json!({ "device_id": "d1" });
    let refused = candor.post("/api/people/unlink", &body).await.unwrap_err().to_string();
    ensure!(refused.contains("not-a-manager"), "a token may not: {refused}");
    ensure!(people(&candor).await? == 2, "and nothing happened");
    let (code, answer) = run(&candor, &["unlink", "--device-id", "d1", "--json"])?;
    ensure!(code == 0 && answer["person"] != answer["others"], "{code}: {answer}");
    ensure!(people(&candor).await? == 3, "the older id left");
    let (code, answer) = run(&candor, &["unlink", "--device-id", "d2", "--json"])?;
    ensure!(code == 0, "{code}: {answer}");
    ensure!(people(&candor).await? == 4, "the younger id left");

    let (code, answer) = run(&candor, &["unlink", "--user-id", "u1", "--json"])?;
    ensure!(code == 4 && answer["code"] == "not-linked", "nothing to undo: {code}: {answer}");
    let (code, _) = run(&candor, &["unlink", "--user-id", "nobody"])?;
    ensure!(code == 3, "nobody of that name: {code}");
    for round in ["journal", "folded"] {
        candor.stop().await?;
        candor.restart().await?;
        ensure!(people(&candor).await? == 4, "a restart keeps them apart ({round})");
    }
    for (id, events) in [("u1", 2), ("u2", 2)] {
        ensure!(exported(&candor, &["--user-id", id])? == events, "their own events: {id}");
    }
    for id in ["d1", "d2"] {
        ensure!(exported(&candor, &["--device-id", id])? == 1, "their own event: {id}");
    }
    Ok(())
}
