//! Saved cohorts restrict questions: by rule, by list, one in another; and whoever is forgotten is
//! on no list any more.

use anyhow::{Result, ensure};
use it::Candor;
use it::program::SOURCES;
use reqwest::Method;
use serde_json::{Value, json};

async fn lived() -> Result<Candor> {
    let candor = Candor::start(SOURCES).await?;
    let event = |user: &str, event: &str, company: &str| {
        json!({
            "event": event, "user_id": user, "time": "2026-01-02T10:00:00Z",
            "properties": { "country": company }, "consent": { "measure": true },
        })
    };
    let events = json!({ "events": [
        event("ada", "Order Completed", "DE"),
        event("ada", "Product Viewed", "DE"),
        event("bob", "Product Viewed", "DE"),
        event("eve", "Product Viewed", "FR"),
    ] });
    candor.collect(&candor.server_key, "/v1/events", &events).await?;
    Ok(candor)
}

/// How many viewed, of these people.
async fn viewers(candor: &Candor, people: Value, per: Option<&str>) -> Result<Value> {
    let question = json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-02-01", "interval": "month",
        "series": [{ "event": "Product Viewed", "count": "people" }], "people": people, "per": per,
    });
    let answer = candor.post("/api/query/trend", &question).await?;
    Ok(answer["series"][0]["total"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_may_be_about_the_people_of_saved_cohorts() -> Result<()> {
    let candor = lived().await?;
    let session = candor.session().await?;
    let save = async |name: &str, rule: Value| {
        let body = json!({ "name": name, "rule": rule });
        candor.manage(&session, Method::POST, "/api/cohorts", &body).await
    };
    let all = json!([{ "event": "Order Completed" }]);
    let bought =
        json!({ "purpose": "operate", "from": "2026-01-01", "to": "2026-02-01", "all": all });
    save("buyers", json!({ "kind": "question", "question": bought })).await?;
    let guests = save("guests", json!({ "kind": "list" })).await?;
    let path = format!("/api/cohorts/{}/list", guests["id"].as_str().unwrap_or_default());
    let ids = json!({ "user_ids": ["bob", "eve", "nobody"] });
    candor.manage(&session, Method::PUT, &path, &ids).await?;
    // The second of one name would leave it to chance whom a question means.
    let twice = save("guests", json!({ "kind": "list" })).await;
    let told = twice.expect_err("the name is taken").to_string();
    ensure!(told.contains("saved-name-taken"), "{told}");

    let (people, nobody) = (Value::Null, json!({ "in": ["buyers", "guests"] }));
    ensure!(viewers(&candor, people, None).await? == 3, "everyone");
    ensure!(viewers(&candor, json!({ "in": ["buyers"] }), None).await? == 1, "the buyer");
    ensure!(viewers(&candor, json!({ "in": ["guests"] }), None).await? == 2, "the listed");
    ensure!(viewers(&candor, json!({ "not_in": ["buyers"] }), None).await? == 2, "the others");
    ensure!(viewers(&candor, nobody, None).await? == 0, "in both");
    // Counted by what they share, two of the three are one.
    ensure!(viewers(&candor, Value::Null, Some("country")).await? == 2, "by country");
    let of_guests = viewers(&candor, json!({ "in": ["guests"] }), Some("country")).await?;
    ensure!(of_guests == 2, "guests by country: {of_guests}");

    let output = candor.run(&["erase", "--user-id", "bob", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(viewers(&candor, json!({ "in": ["guests"] }), None).await? == 1, "after erasure");
    Ok(())
}

/// A cohort by one property and a question about another read the same rows, each its own column.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_and_its_cohort_each_read_their_own_properties() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let event = |user: &str, country: &str, revenue: f64| {
        json!({
            "event": "Order Completed", "user_id": user, "time": "2026-01-02T10:00:00Z",
            "properties": { "country": country, "revenue": revenue },
            "consent": { "measure": true },
        })
    };
    let events = [event("ada", "DE", 10.0), event("bob", "FR", 32.5), event("ada", "DE", 1.5)];
    candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    let session = candor.session().await?;
    let all = json!([{
        "event": "Order Completed", "where": [{ "property": "country", "is": ["DE"] }],
    }]);
    let rule =
        json!({ "purpose": "measure", "from": "2026-01-01", "to": "2026-02-01", "all": all });
    let body = json!({ "name": "germans", "rule": { "kind": "question", "question": rule } });
    candor.manage(&session, Method::POST, "/api/cohorts", &body).await?;
    let question = json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-02-01", "interval": "month",
        "series": [{ "event": "Order Completed", "count": "sum", "of": "revenue" }],
        "people": { "in": ["germans"] },
    });
    // From fresh rows, then from files.
    for _ in 0..2 {
        let answer = candor.post("/api/query/trend", &question).await?;
        ensure!(answer["series"][0]["total"] == 11.5, "{answer}");
        candor.stop().await?;
        candor.restart().await?;
    }
    Ok(())
}
