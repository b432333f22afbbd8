//! `candor import`: events from a file, through the same gate, journal and fold as HTTP.

use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::client::{Answer, Client};
use super::say::{say, warn};
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    place: Place,
    /// JSON lines, one native event each; `-` reads standard input.
    file: PathBuf,
    /// The source that the events belong to.
    #[arg(long)]
    source: String,
    /// Events in one request.
    #[arg(long, default_value_t = 2_000)]
    batch: usize,
}

impl Import {
    /// How often a request is sent again while the journal is busy.
    const TRIES: u32 = 600;

    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let client = Client::open(&self.place, environment).await?;
        let ended = self.load(&client).await;
        client.close().await;
        ended
    }

    async fn load(&self, client: &Client) -> anyhow::Result<Ending> {
        let (input, bytes): (Box<dyn AsyncRead + Unpin + Send>, u64) =
            if self.file.as_os_str() == "-" {
                (Box::new(tokio::io::stdin()), 0)
            } else {
                let file = tokio::fs::File::open(&self.file)
                    .await
                    .with_context(|| format!("cannot open `{}`", self.file.display()))?;
                let bytes = file.metadata().await?.len();
                (Box::new(file), bytes)
            };
        let progress = ProgressBar::new(bytes);
        progress.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")?);
        let mut lines = BufReader::with_capacity(1 << 20, input);
        let mut counts = Counts::default();
        let mut first = 0;
        loop {
            let mut batch = Vec::new();
            let start = first;
            while first - start < self.batch && lines.read_until(b'\n', &mut batch).await? > 0 {
                first += 1;
            }
            if batch.is_empty() {
                break;
            }
            progress.inc(batch.len() as u64);
            let answer = self.send(client, start, Bytes::from(batch)).await?;
            if answer.status != 200 {
                progress.abandon();
                return answer.print(self.place.json, |_| String::new());
            }
            counts.add(&answer.json()?);
        }
        progress.finish_and_clear();
        let summary = counts.summary();
        if self.place.json {
            say(summary)?;
        } else {
            say(counts.sentence())?;
        }
        Ok(Ending::Done)
    }

    async fn send(&self, client: &Client, first: usize, batch: Bytes) -> anyhow::Result<Answer> {
        let path = format!("/api/import?source={}&first={first}", self.source);
        let mut tries = 0;
        loop {
            let answer = client.send("POST", &path, "application/x-ndjson", batch.clone()).await?;
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
struct Counts(std::collections::BTreeMap<String, u64>);

impl Counts {
    fn add(&mut self, answer: &Value) {
        for (outcome, count) in answer.as_object().into_iter().flatten() {
            match count {
                Value::Object(inner) => {
                    for (code, count) in inner {
                        self.count(&format!("{outcome}: {code}"), count);
                    }
                }
                Value::Array(problems) => problems.iter().filter_map(Value::as_str).for_each(warn),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    self.count(outcome, count)
                }
            }
        }
    }

    fn count(&mut self, name: &str, count: &Value) {
        *self.0.entry(name.to_owned()).or_default() += count.as_u64().unwrap_or_default();
    }

    fn summary(&self) -> Value {
        json!(self.0)
    }

    fn sentence(&self) -> String {
        let parts = self.0.iter().filter(|(_, count)| **count > 0);
        parts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }
}
