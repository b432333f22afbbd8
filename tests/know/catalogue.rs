//! The catalogue tells of each event and property for which purposes it is there.

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_properties_name_their_purposes() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let event = |event: &str, analyse: bool| {
        json!({
            "event": event, "user_id": "ada", "time": "2026-01-02T10:00:00Z",
            "properties": { "country": "DE" },
            "consent": { "measure": true, "analyse": analyse },
        })
    };
    let events = [event("Order Completed", true), event("Product Viewed", false)];
    candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    let purposes = async |path: &str, field: &str, name: &str| -> Result<Vec<Value>> {
        let list = candor.get(path).await?;
        let found = list.as_array().context("a list")?.iter().find(|line| line[field] == name);
        let line = found.with_context(|| format!("`{name}` is listed"))?;
        line["purposes"].as_array().cloned().context("it has purposes")
    };
    let path = "/api/catalogue/events?purpose=measure";
    let order = purposes(path, "event", "Order Completed").await?;
    ensure!(order.contains(&json!("measure")) && order.contains(&json!("analyse")), "{order:?}");
    let viewed = purposes(path, "event", "Product Viewed").await?;
    ensure!(viewed.contains(&json!("measure")) && !viewed.contains(&json!("analyse")));
    let country = purposes("/api/catalogue/properties", "property", "country").await?;
    ensure!(country.contains(&json!("measure")), "{country:?}");
    Ok(())
}

/// Volumes are what the purpose may see now: they outlive a restart, count nothing twice, and
/// forget whoever is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn properties_are_counted_for_a_purpose() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let event = |user: &str, event: &str, analyse: bool| {
        json!({
            "event": event, "user_id": user, "id": format!("{user}-{event}"),
            "properties": { "country": "DE", "revenue": 5 },
            "consent": { "measure": true, "analyse": analyse },
        })
    };
    let viewed = |user: &str, analyse| event(user, "Product Viewed", analyse);
    let mut ordered = event("ada", "Order Completed", true);
    ordered["properties"] = json!({ "country": "FR", "brand": "North" });
    let events = json!({ "events": [viewed("ada", true), viewed("bob", false), ordered] });
    for _ in 0..2 {
        candor.collect(&candor.server_key, "/v1/events", &events).await?;
    }
    let seen = async |candor: &Candor, asked: &str, name: &str| -> Result<Value> {
        let list = candor.get(&format!("/api/catalogue/properties?{asked}")).await?;
        let found = list.as_array().context("a list")?.iter().find(|line| line["property"] == name);
        let Some(line) = found else { return Ok(Value::Null) };
        ensure!(line["last"].is_string() == (line["seen"].as_u64() > Some(0)), "{line}");
        Ok(line["seen"].clone())
    };
    for _ in 0..2 {
        ensure!(seen(&candor, "purpose=measure", "country").await? == 3);
        ensure!(seen(&candor, "purpose=analyse", "country").await? == 2);
        ensure!(seen(&candor, "purpose=measure", "coupon").await? == 0);
        let orders = "purpose=measure&event=Order%20Completed";
        ensure!(seen(&candor, orders, "brand").await? == 1);
        ensure!(seen(&candor, orders, "revenue").await?.is_null(), "no order has it");
        candor.stop().await?;
        candor.restart().await?;
    }
    let output = candor.run(&["erase", "--user-id", "bob", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(seen(&candor, "purpose=measure", "country").await? == 2, "bob is forgotten");
    Ok(())
}
