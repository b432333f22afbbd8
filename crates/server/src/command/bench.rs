//! `candor bench`: how fast this machine is with this installation's own data, what that data
//! takes, and how fast it takes events, into a folder of its own that is gone afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vocabulary::Time;

use super::client::{Call, Client, put, text};
use super::say::say;
use super::{Ending, Environment, Place};
use crate::clock::Clock;

#[derive(Debug, Args)]
pub struct Bench {
    #[command(flatten)]
    place: Place,
    /// The purpose for which the installation's own data is asked.
    #[arg(long, default_value = "measure")]
    purpose: String,
    /// Events that the intake is measured with; 0 measures none.
    #[arg(long, value_name = "COUNT", default_value_t = 200_000)]
    events: usize,
    /// Where the folder of the intake is made; beside the data without this.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// One measured thing.
struct Line {
    what: &'static str,
    seconds: f64,
    rows: u64,
    bytes: u64,
    memory_bytes: u64,
}

impl Line {
    fn rows_per_second(&self) -> f64 {
        self.rows as f64 / self.seconds.max(1e-6)
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what, "seconds": self.seconds, "rows": self.rows,
            "rows_per_second": self.rows_per_second().round(), "bytes": self.bytes,
            "peak_memory_bytes": self.memory_bytes,
        })
    }

    fn text(&self) -> String {
        format!(
            "{:<12} {:>9.3} s {:>12} rows {:>12.0} rows/s {:>14} bytes {:>6} MiB at most",
            self.what,
            self.seconds,
            self.rows,
            self.rows_per_second(),
            self.bytes,
            self.memory_bytes >> 20
        )
    }
}

/// What some of the lake's bytes hold.
struct Stored {
    holds: String,
    bytes: u64,
    rows: u64,
}

impl Stored {
    fn bytes_per_row(&self) -> f64 {
        self.bytes as f64 / self.rows.max(1) as f64
    }

    fn json(&self) -> Value {
        json!({
            "what": "storage", "holds": self.holds, "bytes": self.bytes, "rows": self.rows,
            "bytes_per_row": (self.bytes_per_row() * 1e3).round() / 1e3,
        })
    }

    fn text(&self) -> String {
        let Stored { holds, bytes, .. } = self;
        format!(
            "storage      {holds:<30} {bytes:>14} bytes {:>10.3} bytes/row",
            self.bytes_per_row()
        )
    }
}

impl Bench {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let client = Client::open(&self.place, environment).await?;
        let found = async { anyhow::Ok((self.ask(&client).await?, stored(&client).await?)) }.await;
        client.close().await;
        let (mut lines, stored) = found?;
        if self.events > 0 {
            lines.push(self.intake(environment).await?);
        }
        let (told, stored) = match self.place.json {
            true => (each(&lines, Line::json), each(&stored, Stored::json)),
            false => (each(&lines, Line::text), each(&stored, Stored::text)),
        };
        told.into_iter().chain(stored).try_for_each(say)?;
        Ok(Ending::Done)
    }

    /// Asks one question of each kind about all that the purpose may see.
    async fn ask(&self, client: &Client) -> anyhow::Result<Vec<Line>> {
        let catalogue = Call::get(format!("/api/catalogue/events?purpose={}", self.purpose));
        let answer = client.make(&catalogue).await?;
        let events = answer.json()?;
        ensure!(answer.status == 200, "{}", text(&events, "detail"));
        let Some(questions) = questions(&self.purpose, &events) else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for (what, question) in questions {
            let call = Call::post(format!("/api/query/{what}"), question);
            client.forget_memory().await?;
            let answer = client.make(&call).await?;
            let told = answer.json()?;
            ensure!(answer.status == 200, "{what}: {}", text(&told, "detail"));
            let scanned = |name: &str| told.pointer(&format!("/scanned/{name}"));
            let count = |name| scanned(name).and_then(Value::as_u64).unwrap_or_default();
            lines.push(Line {
                what,
                seconds: scanned("seconds").and_then(Value::as_f64).unwrap_or_default(),
                rows: count("rows"),
                bytes: count("bytes"),
                memory_bytes: client.memory_bytes().await?,
            });
        }
        Ok(lines)
    }

    /// Takes events as a server's key would bring them: read, judged, journalled, answered.
    async fn intake(&self, environment: &Environment) -> anyhow::Result<Line> {
        let config = self.place.layers(environment)?.read()?;
        let beside = config.server.data.canonicalize().unwrap_or(config.server.data);
        let beside = self.scratch.as_deref().or_else(|| beside.parent());
        let scratch = Scratch::new(beside.context("the data has no folder: name --scratch")?)?;
        let mut layers = crate::config::Layers::defaults();
        layers.flag("server.data", &scratch.0.join("data").to_string_lossy());
        layers.flag("server.root_key", &scratch.0.join("root.key").to_string_lossy());
        let clock = Clock::system();
        let app = crate::app::App::open(layers.read()?, clock.clone()).await?;
        let router = Box::new(crate::http::local_routes(&app));
        let client = Arc::new(Client::Here(router, app.clone()));
        let measured = take(&client, self.events, &clock).await;
        let memory_bytes = client.memory_bytes().await;
        app.stop().await;
        let Intake { seconds, kept, bytes } = measured?;
        Ok(Line { what: "intake", seconds, rows: kept, bytes, memory_bytes: memory_bytes? })
    }
}

/// What the bytes of the lake hold, the most first.
async fn stored(client: &Client) -> anyhow::Result<Vec<Stored>> {
    let answer = client.make(&Call::get("/api/storage".to_owned())).await?;
    let told = answer.json()?;
    ensure!(answer.status == 200, "{}", text(&told, "detail"));
    let count = |value: &Value, name| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    let rows = count(&told, "rows");
    let parts = told.get("parts").and_then(Value::as_array).into_iter().flatten();
    let stored =
        |part: &Value| Stored { holds: text(part, "holds"), bytes: count(part, "bytes"), rows };
    Ok(parts.map(stored).collect())
}

fn each<T, S: std::fmt::Display>(lines: &[T], line: fn(&T) -> S) -> Vec<String> {
    lines.iter().map(|one| line(one).to_string()).collect()
}

/// Events in one request, as a busy client sends them.
const BATCH: usize = 500;
/// Requests at one time: they share a synchronisation of the disk.
const AT_ONCE: usize = 8;
/// The demo's source whose orders need no consent: all are kept.
const SOURCE: &str = "shop-server";

/// Sends so many events; answers the seconds, how many were kept, and the bytes that were sent.
async fn take(client: &Arc<Client>, events: usize, clock: &Clock) -> anyhow::Result<Intake> {
    let batches: Vec<Bytes> = (0..events.div_ceil(BATCH))
        .map(|batch| lines(batch * BATCH, BATCH.min(events - batch * BATCH), clock.now()))
        .collect();
    let bytes = batches.iter().map(|batch| batch.len() as u64).sum();
    let share = batches.len().div_ceil(AT_ONCE).max(1);
    let start = clock.now();
    let mut senders = JoinSet::new();
    for batches in batches.chunks(share) {
        senders.spawn(send(Arc::clone(client), batches.to_vec()));
    }
    let mut kept = 0;
    while let Some(sent) = senders.join_next().await {
        kept += sent.context("a sender of the measurement failed")??;
    }
    Ok(Intake { seconds: clock.since(start).as_seconds(), kept, bytes })
}

/// What an intake came to.
struct Intake {
    seconds: f64,
    kept: u64,
    bytes: u64,
}

/// Sends requests one after the other; answers how many events were kept.
async fn send(client: Arc<Client>, batches: Vec<Bytes>) -> anyhow::Result<u64> {
    let path = format!("/api/import?source={SOURCE}");
    let mut kept = 0;
    for batch in batches {
        let answer = client.send("POST", &path, "application/x-ndjson", batch).await?;
        let told = answer.json()?;
        ensure!(answer.status == 200, "{}", text(&told, "detail"));
        kept += told.get("accepted").and_then(Value::as_u64).unwrap_or_default();
    }
    Ok(kept)
}

fn lines(first: usize, count: usize, now: Time) -> Bytes {
    let line = |number: usize| {
        json!({
            "event": "Bench", "id": format!("bench-{number}"),
            "user_id": format!("bench-{}", number % 10_000), "time": now.to_string(),
        })
        .to_string()
            + "\n"
    };
    (first..first + count).map(line).collect::<String>().into()
}

/// A question of each kind about the most frequent events; nothing where nothing was kept.
fn questions(purpose: &str, events: &Value) -> Option<Vec<(&'static str, Value)>> {
    let all = events.as_array()?;
    let count = |event: &Value| event.get("count").and_then(Value::as_u64).unwrap_or_default();
    let mut named: Vec<&Value> = all.iter().filter(|event| count(event) > 0).collect();
    named.sort_by_key(|event| std::cmp::Reverse(count(event)));
    let time = |event: &Value, name: &str| Time::parse(event.get(name)?.as_str()?);
    let from = named.iter().filter_map(|event| time(event, "first")).min()?;
    let last = named.iter().filter_map(|event| time(event, "last")).max()?;
    let span = |mut question: Value| {
        let to = Time(last.0.saturating_add(1));
        for (name, value) in [("from", from.to_string()), ("to", to.to_string())] {
            put(&mut question, name, json!(value));
        }
        put(&mut question, "purpose", json!(purpose));
        question
    };
    let steps: Vec<Value> =
        named.iter().take(3).map(|event| json!({ "event": event.get("event") })).collect();
    let first = steps.first()?;
    let series =
        [json!({ "event": null, "count": "people" }), json!({ "event": null, "count": "events" })];
    Some(vec![
        ("trend", span(json!({ "interval": "week", "series": series }))),
        ("funnel", span(json!({ "steps": steps, "window": "7d" }))),
        (
            "retention",
            span(json!({ "interval": "week", "start": first, "return": { "event": null } })),
        ),
        ("cohort", span(json!({ "all": [{ "event": first.get("event"), "at_least": 2 }] }))),
        ("paths", span(json!({}))),
        ("sessions", span(json!({ "interval": "week" }))),
        ("lifecycle", span(json!({ "interval": "week" }))),
        ("stickiness", span(json!({ "interval": "week", "series": [first] }))),
    ])
}

/// A folder that goes when it is done with.
struct Scratch(PathBuf);

impl Scratch {
    fn new(beside: &std::path::Path) -> anyhow::Result<Self> {
        let folder = beside.join(format!("candor-bench-{}", std::process::id()));
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make `{}`: name --scratch", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed holds made-up events only.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
