//! `candor import`: events from files that were written before, through the same gate, journal and
//! fold as HTTP.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use life::arrive::archive::Hand;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::{Answer, Client, text};
use super::say::{say, warn};
use super::{Ending, Environment, Place};
use input::{Carrier, Input};
use lines::{Batch, Lines};

mod input;
mod lines;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  candor import events.jsonl --source shop-server
  candor import orders.csv.gz --source shop-server
  candor import archive.json.gz --from segment --source shop-web
  candor import export.parquet --from posthog --source shop-web
  candor import enriched.tsv.zst --from snowplow --source shop-web
An event with a key of its own that was loaded before is counted as a duplicate: load a file again
after a stop, or go on where it stopped with --start.")]
pub struct Import {
    #[command(flatten)]
    place: Place,
    /// JSON lines, CSV, TSV or Parquet, also as .gz or .zst; `-` reads standard input.
    file: PathBuf,
    /// The source that the events belong to.
    #[arg(long)]
    source: String,
    /// Whose way of writing events down the file follows.
    #[arg(long, value_enum, default_value = "candor")]
    from: From,
    /// How the file holds its events; without this its name says it.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Carrier>,
    /// The line, or row of Parquet, to begin with: lines before it are skipped.
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    start: u64,
    /// Events in one request.
    #[arg(long, default_value_t = 2_000)]
    batch: usize,
}

/// Whose way of writing events down a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// Our own: event, time, user_id, device_id, id, session_id; all else is a property.
    Candor,
    /// Messages of Segment's archives.
    Segment,
    /// Batch exports of PostHog.
    Posthog,
    /// Enriched events of Snowplow.
    Snowplow,
}

impl From {
    const fn hand(self) -> Hand {
        match self {
            From::Candor => Hand::Candor,
            From::Segment => Hand::Segment,
            From::Posthog => Hand::Posthog,
            From::Snowplow => Hand::Snowplow,
        }
    }
}

impl Import {
    /// How often a request is sent again while the journal is busy.
    const TRIES: u32 = 600;
    /// Batches that are read ahead.
    const AHEAD: usize = 2;

    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let client = Client::open(&self.place, environment).await?;
        let ended = self.load(&client).await;
        client.close().await;
        ended
    }

    async fn load(&self, client: &Client) -> anyhow::Result<Ending> {
        let input = Input::open(&self.file, self.kind)?;
        let progress = ProgressBar::new(input.bytes());
        progress.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")?);
        let read = input.read();
        let lines = Lines::open(input, self.from.hand())?;
        let (sender, mut batches) = mpsc::channel(Self::AHEAD);
        let (start, size) = (self.start, self.batch.max(1));
        let reading = tokio::task::spawn_blocking(move || lines.cut(start, size, &sender));
        let mut counts = Counts { last: start.saturating_sub(1), ..Counts::default() };
        let mut refused = None;
        while let Some(batch) = batches.recv().await {
            let answer = self.send(client, &batch).await?;
            if answer.status != 200 {
                refused = Some(answer);
                break;
            }
            counts.add(&answer.json()?, &batch);
            counts.last = batch.last();
            progress.set_position(read.load(Ordering::Relaxed));
        }
        drop(batches);
        progress.finish_and_clear();
        // Whoever stopped taking batches knows why; otherwise the reader says what it met.
        let ended = reading.await.context("the reader of the file failed")?;
        if let Some(answer) = refused {
            warn(counts.stopped());
            return answer.print(self.place.json, |_| String::new());
        }
        ended.with_context(|| counts.stopped())?;
        if self.place.json {
            say(counts.summary())?;
        } else {
            say(counts.sentence())?;
        }
        Ok(Ending::Done)
    }

    async fn send(&self, client: &Client, batch: &Batch) -> anyhow::Result<Answer> {
        let (source, from, first) = (&self.source, self.from.hand().name(), batch.first);
        let path = format!("/api/import?source={source}&from={from}&first={first}");
        let mut tries = 0;
        loop {
            let answer =
                client.send("POST", &path, "application/x-ndjson", batch.text.clone()).await?;
            tries += 1;
            if answer.status != 503 || tries >= Self::TRIES {
                return Ok(answer);
            }
            crate::clock::pause(vocabulary::Span(100_000)).await;
        }
    }
}

/// How the imported events ended, by outcome and refusal.
#[derive(Debug, Default)]
struct Counts {
    by_outcome: std::collections::BTreeMap<String, u64>,
    /// The last line of which the end is known.
    last: u64,
}

impl Counts {
    fn add(&mut self, answer: &Value, batch: &Batch) {
        for (outcome, count) in answer.as_object().into_iter().flatten() {
            match count {
                Value::Object(inner) => {
                    for (code, count) in inner {
                        self.count(&format!("{outcome}: {code}"), count);
                    }
                }
                Value::Array(problems) => problems.iter().for_each(|problem| {
                    let at = problem.get("line").and_then(Value::as_u64).unwrap_or_default();
                    let line = batch.number(at);
                    let (pointer, detail) = (text(problem, "pointer"), text(problem, "detail"));
                    warn(format!("line {line}: {pointer}: {detail}"));
                }),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    self.count(outcome, count)
                }
            }
        }
    }

    fn count(&mut self, name: &str, count: &Value) {
        *self.by_outcome.entry(name.to_owned()).or_default() += count.as_u64().unwrap_or_default();
    }

    fn summary(&self) -> Value {
        json!(self.by_outcome)
    }

    fn sentence(&self) -> String {
        let parts = self.by_outcome.iter().filter(|(_, count)| **count > 0);
        parts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }

    fn stopped(&self) -> String {
        if self.by_outcome.is_empty() {
            return "nothing was imported".to_owned();
        }
        let next = self.last + 1;
        format!("the import stopped after line {}: go on with --start {next}", self.last)
    }
}
