//! `candor demo`: the demo shop's traffic, sent through the real HTTP path like any client's.

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use vocabulary::{Span, Time};

use super::client::{Call, Client, put};
use super::say::say;
use super::{Ending, Environment, Place};
use crate::clock::{Clock, pause};

mod shop;

use shop::{Event, Shop};

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    place: Place,
    /// Days of history to send.
    #[arg(long, default_value_t = 60)]
    days: u32,
    /// Visitors in that time.
    #[arg(long, default_value_t = 1_500)]
    people: u32,
    /// The same seed gives the same traffic.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Where the server is.
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    url: String,
    /// A site key of `shop-web`; without it one is made.
    #[arg(long)]
    key: Option<String>,
    /// A server key of `shop-server`; without it one is made.
    #[arg(long)]
    server_key: Option<String>,
    /// Stop after the history instead of going on live.
    #[arg(long)]
    no_live: bool,
}

/// What somebody sees first who comes to the demo's console.
const DASHBOARD: &str = include_str!("../../../../examples/shop/dashboard.json");

/// Where events go: one endpoint, two keys.
struct Target {
    http: reqwest::Client,
    url: String,
    site: String,
    server: String,
}

impl Demo {
    /// Events in one request.
    const BATCH: usize = 100;
    /// How long a request is tried again while the journal is busy.
    const TRIES: u32 = 300;

    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let clock = Clock::system();
        let shop = Shop::shipped()?;
        let target = self.target(environment).await?;
        let now = clock.now();
        let start = now - Span::days(i64::from(self.days));
        let events = shop.history(self.seed, self.people, start, now);
        let progress = ProgressBar::new(events.len() as u64);
        progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} events {eta}")?);
        for batch in events.chunks(Self::BATCH) {
            target.send(batch, clock.now()).await?;
            progress.inc(batch.len() as u64);
        }
        progress.finish_and_clear();
        let (count, days) = (events.len(), self.days);
        if self.place.json {
            say(json!({ "events": count, "days": days, "people": self.people }))?;
        } else {
            let people = self.people;
            say(format!("demo: {count} events of {people} visitors over {days} days were sent"))?;
        }
        if !self.no_live {
            self.live(&shop, &target, &clock).await?;
        }
        Ok(Ending::Done)
    }

    /// Goes on with visits as they would happen now, until it is stopped.
    async fn live(&self, shop: &Shop, target: &Target, clock: &Clock) -> anyhow::Result<()> {
        if !self.place.json {
            say("demo: going on live; stop with Ctrl-C")?;
        }
        let mut visitor = u64::from(self.people);
        loop {
            visitor += 1;
            let mut waiting = shop.visit_now(self.seed, visitor, clock.now());
            waiting.reverse();
            while let Some(event) = waiting.pop() {
                let event = Event { time: clock.now(), ..event };
                target.send(&[event], clock.now()).await?;
                pause(Span(400_000)).await;
            }
        }
    }

    async fn target(&self, environment: &Environment) -> anyhow::Result<Target> {
        let mut keys = vec![
            ("site", "shop-web", self.key.clone()),
            ("server", "shop-server", self.server_key.clone()),
        ];
        if keys.iter().any(|(_, _, key)| key.is_none()) {
            let client = Client::open(&self.place, environment).await?;
            for (kind, source, key) in &mut keys {
                if key.is_none() {
                    *key = Some(make_key(&client, kind, source).await?);
                }
            }
            keep_dashboard(&client).await?;
            client.close().await;
        }
        let mut keys = keys.into_iter().filter_map(|(_, _, key)| key);
        let (Some(site), Some(server)) = (keys.next(), keys.next()) else { bail!("no keys") };
        let url = self.url.trim_end_matches('/').to_owned();
        Ok(Target { http: reqwest::Client::new(), url, site, server })
    }
}

/// The dashboard that the shop begins with; whoever has one already is left alone.
async fn keep_dashboard(client: &Client) -> anyhow::Result<()> {
    let have = client.make(&Call::get("/api/dashboards")).await?.json()?;
    if have.as_array().is_none_or(|have| !have.is_empty()) {
        return Ok(());
    }
    let dashboard = serde_json::from_str(DASHBOARD).context("the demo's dashboard is broken")?;
    let kept = client.make(&Call::post("/api/dashboards", dashboard)).await?;
    if kept.status != 201 {
        bail!("the demo's dashboard was not kept: {}", kept.json()?);
    }
    Ok(())
}

async fn make_key(client: &Client, kind: &str, source: &str) -> anyhow::Result<String> {
    let wanted = json!({ "kind": kind, "source": source, "name": "demo" });
    let answer = client.make(&Call::post("/api/keys", wanted)).await?;
    let made = answer.json()?;
    let key = made.get("key").and_then(Value::as_str);
    key.map(str::to_owned).with_context(|| format!("no key for `{source}`: {made}"))
}

impl Target {
    /// Sends events, those of the pages with the site's key and those of the shop's server with its
    /// own.
    async fn send(&self, events: &[Event], now: Time) -> anyhow::Result<()> {
        for (by_server, key) in [(false, &self.site), (true, &self.server)] {
            let stamped: Vec<Value> = events
                .iter()
                .filter(|event| event.by_server == by_server)
                .map(|event| {
                    let mut call = event.call.clone();
                    put(&mut call, "timestamp", json!(event.time.to_string()));
                    call
                })
                .collect();
            if stamped.is_empty() {
                continue;
            }
            let body = json!({ "batch": stamped, "sentAt": now.to_string(), "writeKey": key });
            self.post(&body).await?;
        }
        Ok(())
    }

    async fn post(&self, body: &Value) -> anyhow::Result<()> {
        let url = format!("{}/v1/batch", self.url);
        for _ in 0..Demo::TRIES {
            let answer = self.http.post(&url).json(body).send().await;
            let answer = answer
                .with_context(|| format!("cannot reach `{url}`: is `candor serve` running?"))?;
            match answer.status().as_u16() {
                200 => return Ok(()),
                429 | 503 => pause(Span(200_000)).await,
                status => bail!("the server answered {status}: {}", answer.text().await?),
            }
        }
        bail!("the server stayed busy: see `candor doctor`")
    }
}
