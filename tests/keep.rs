//! keep: what was acknowledged is there after any kind of death, once; what was not may be sent
//! again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};

/// Deaths in the long test, each at a moment drawn by chance.
const DEATHS: u64 = 100;
/// Clients that send at once.
const CLIENTS: u64 = 4;

/// One client's life between two deaths: what it sent, and whether it heard that it was kept.
struct Sent {
    cycle: u64,
    events: Value,
    acknowledged: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_twice_over_a_hundred_kills() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let mut chance = fastrand::Rng::with_seed(41);
    let mut unheard: Vec<Sent> = Vec::new();
    let mut expected = vec![0u64; DEATHS as usize];
    for cycle in 0..DEATHS {
        let clients: Vec<_> = (0..CLIENTS).map(|client| live(&candor, cycle, client)).collect();
        pass(Duration::from_millis(chance.u64(5..120))).await;
        candor.kill()?;
        let mut sent = Vec::new();
        for client in clients {
            sent.extend(client.await?);
        }
        candor.restart().await?;
        for one in sent {
            let count = one.events.as_array().map_or(0, Vec::len) as u64;
            expected[one.cycle as usize] += count;
            if !one.acknowledged {
                unheard.push(one);
            }
        }
        // A client that heard nothing sends the same events again, as official clients do.
        for one in unheard.drain(..) {
            send(&candor, &one.events).await.context("a retry after the restart")?;
        }
    }
    let found = counted(&candor).await?;
    for (cycle, expected) in expected.iter().enumerate() {
        let found = found.iter().find(|(name, _)| *name == format!("cycle-{cycle}"));
        ensure!(
            found.map_or(0, |(_, count)| *count) == *expected,
            "cycle {cycle}: {found:?}, sent {expected}"
        );
    }
    ensure!(expected.iter().sum::<u64>() > DEATHS, "the clients sent something in most lives");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the moment of death is what this test draws")]
async fn pass(life: Duration) {
    tokio::time::sleep(life).await;
}

/// A client sends until the program is gone; the last request never hears its answer.
fn live(candor: &Candor, cycle: u64, client: u64) -> tokio::task::JoinHandle<Vec<Sent>> {
    let (url, key) = (candor.url.clone(), candor.server_key.clone());
    tokio::spawn(async move {
        let http = reqwest::Client::new();
        let mut sent = Vec::new();
        for number in 0.. {
            let events = batch(cycle, client, number);
            let request = http.post(format!("{url}/v1/events")).bearer_auth(&key);
            let answer = request.json(&json!({ "events": events })).send().await;
            let acknowledged = answer.is_ok_and(|answer| answer.status() == 200);
            sent.push(Sent { cycle, events, acknowledged });
            if !acknowledged {
                break;
            }
        }
        sent
    })
}

fn batch(cycle: u64, client: u64, number: u64) -> Value {
    let events = (0..5).map(|event| {
        json!({
            "event": "Product Viewed",
            "id": format!("{cycle}-{client}-{number}-{event}"),
            "user_id": format!("user-{client}"),
            "properties": { "category": format!("cycle-{cycle}") },
            "consent": { "measure": true, "analyse": true },
        })
    });
    events.collect()
}

async fn send(candor: &Candor, events: &Value) -> Result<()> {
    let answer =
        candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    let results = answer["results"].as_array().context("results")?;
    let is_kept =
        |result: &Value| result["outcome"] == "accepted" || result["outcome"] == "duplicate";
    ensure!(results.iter().all(is_kept), "{answer}");
    Ok(())
}

/// Events by the life that they were sent in.
async fn counted(candor: &Candor) -> Result<Vec<(String, u64)>> {
    let series = json!([{ "event": "Product Viewed", "count": "events" }]);
    let question = json!({
        "purpose": "measure", "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
        "interval": "month", "series": series, "breakdown": "category", "limit": DEATHS + 1,
    });
    let answer = candor.post("/api/query/trend", &question).await?;
    let lines = answer["series"].as_array().context("series")?;
    let line = |line: &Value| {
        let name = line["breakdown"].as_str()?.to_owned();
        Some((name, line["total"].as_f64()? as u64))
    };
    Ok(lines.iter().filter_map(line).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_can_be_asked_about_within_a_second() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    send(&candor, &batch(0, 0, 0)).await?;
    let found = counted(&candor).await?;
    ensure!(found == vec![("cycle-0".to_owned(), 5)], "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_journal_is_reported_and_costs_only_its_frame() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    for number in 0..3 {
        send(&candor, &batch(0, 0, number)).await?;
    }
    candor.kill()?;
    let journal = candor.data().join("journal");
    let segment = std::fs::read_dir(&journal)?.next().context("a segment")??.path();
    let mut bytes = std::fs::read(&segment)?;
    let place = bytes.len() - 40;
    bytes[place] ^= 1;
    std::fs::write(&segment, bytes)?;
    candor.restart().await?;
    let found = counted(&candor).await?;
    ensure!(found == vec![("cycle-0".to_owned(), 10)], "{found:?}");
    let aside = std::fs::read_dir(candor.data().join("quarantine"))?.count();
    ensure!(aside == 1, "the damaged bytes are kept aside");
    ensure!(candor.said().contains("do not authenticate"), "it is said: {}", candor.said());
    Ok(())
}
