//! Clients that send until the program is gone, and the books of what must be there afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::Candor;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Clients that send at once.
const CLIENTS: u64 = 4;
/// More lives than any test has.
const LIVES_MAX: u64 = 1000;

/// One request: what it sent, and whether its client heard that it was kept.
struct Sent {
    cycle: u64,
    events: Value,
    acknowledged: bool,
}

/// What was sent over all lives of a program.
#[derive(Default)]
pub struct Books {
    expected: BTreeMap<String, u64>,
}

/// The clients of one life.
pub struct Clients {
    sending: Vec<JoinHandle<Vec<Sent>>>,
    is_over: Arc<AtomicBool>,
}

impl Clients {
    /// Lets clients send to the program, and comes back when its life is over.
    pub async fn live(candor: &Candor, cycle: u64, life: Duration) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let client = |client| client_of(candor, cycle, client, Arc::clone(&is_over));
        let sending = (0..CLIENTS).map(client).collect();
        pass(life).await;
        Self { sending, is_over }
    }

    /// The program is dead. Who was between two requests sends no more: the next program has the
    /// same address.
    pub fn mourn(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Books {
    /// After a death and a restart: whoever heard nothing sends the same events again, as official
    /// clients do; then all that was sent must be there.
    pub async fn settle(&mut self, candor: &Candor, clients: Clients) -> Result<()> {
        for client in clients.sending {
            for sent in client.await? {
                let count = sent.events.as_array().map_or(0, Vec::len) as u64;
                *self.expected.entry(format!("cycle-{}", sent.cycle)).or_default() += count;
                if !sent.acknowledged {
                    send(candor, &sent.events).await.context("a retry after the restart")?;
                }
            }
        }
        Ok(())
    }

    /// Where what is there is not what was sent: lost, or there twice.
    pub async fn differences(&self, candor: &Candor) -> Result<Vec<String>> {
        let found: BTreeMap<String, u64> = counted(candor).await?.into_iter().collect();
        let sent: u64 = self.expected.values().sum();
        ensure!(sent > self.expected.len() as u64, "the clients sent something in most lives");
        let difference = |(cycle, expected): (&String, &u64)| {
            let found = found.get(cycle).copied().unwrap_or(0);
            let differs = found != *expected;
            differs.then(|| format!("{cycle}: {found} events are there, {expected} were sent"))
        };
        Ok(self.expected.iter().filter_map(difference).collect())
    }
}

#[expect(clippy::disallowed_methods, reason = "the moment of death is what these tests draw")]
async fn pass(life: Duration) {
    tokio::time::sleep(life).await;
}

/// A client sends until the program is gone; its last request never hears its answer.
fn client_of(
    candor: &Candor,
    cycle: u64,
    client: u64,
    is_over: Arc<AtomicBool>,
) -> JoinHandle<Vec<Sent>> {
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
            if !acknowledged || is_over.load(Ordering::Relaxed) {
                break;
            }
        }
        sent
    })
}

/// Five events that no other request has.
pub fn batch(cycle: u64, client: u64, number: u64) -> Value {
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

/// Sends events of which each must be kept, now or before.
pub async fn send(candor: &Candor, events: &Value) -> Result<()> {
    let answer =
        candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    let results = answer["results"].as_array().context("results")?;
    let is_kept =
        |result: &Value| result["outcome"] == "accepted" || result["outcome"] == "duplicate";
    ensure!(results.iter().all(is_kept), "{answer}");
    Ok(())
}

/// Events by the life that they were sent in.
pub async fn counted(candor: &Candor) -> Result<Vec<(String, u64)>> {
    let series = json!([{ "event": "Product Viewed", "count": "events" }]);
    let question = json!({
        "purpose": "measure", "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
        "interval": "month", "series": series, "breakdown": "category", "limit": LIVES_MAX,
    });
    let answer = candor.post("/api/query/trend", &question).await?;
    let lines = answer["series"].as_array().context("series")?;
    let line = |line: &Value| {
        let name = line["breakdown"].as_str()?.to_owned();
        Some((name, line["total"].as_f64()? as u64))
    };
    Ok(lines.iter().filter_map(line).collect())
}
