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
