//! The official clients, unmodified, against the real program. What each sent is what a query
//! returns.
//!
//! Each runs three times: nothing said (nothing is kept, all is counted), with consent and a
//! network that fails (all is kept, once), and after withdrawal (the later is refused, the earlier
//! invisible). One more client is a line of the table and its script in its vendor's folder.

mod posthog;
mod proxy;
mod segment;
mod snowplow;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use it::{Candor, eventually, program};
use proxy::{Fate, Keys, Proxy};
use serde_json::{Value, json};
use tokio::process::Command;

/// How long a client may take, with its own waits between retries.
const CLIENT_MAX: Duration = Duration::from_secs(120);

/// How long until an answer shows what was acknowledged.
const VISIBLE_MAX: Duration = Duration::from_secs(1);

/// A client of a vendor.
struct Client {
    /// The source whose key it holds: `web` or `backend`.
    source: &'static str,
    /// What its script runs: `.mjs` with Node, `.py` with the Python of `make setup`. The script is
    /// given URL, KEY, MODE and USER, and prints a line for each event that it sent.
    script: &'static str,
    /// How many events its visit to the shop has.
    calls: usize,
    /// How the client's own keys are read out of a request to its vendor.
    keys: Keys,
}

/// A test for each client.
macro_rules! clients {
    ($($name:ident: $source:literal, $script:literal, $calls:literal, $keys:path;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            let (source, script) = ($source, $script);
            three_times(Client { source, script, calls: $calls, keys: $keys }).await
        }
    )*};
}

clients! {
    posthog_browser_sends_what_a_query_returns: "web", "posthog/browser.mjs", 10, posthog::keys;
    posthog_node_sends_what_a_query_returns: "backend", "posthog/node.mjs", 8, posthog::keys;
    posthog_python_sends_what_a_query_returns: "backend", "posthog/python.py", 8, posthog::keys;
    posthog_python_is_told_of_each_event: "backend", "posthog/newer.py", 8, posthog::keys;
    segment_browser_sends_what_a_query_returns: "web", "segment/browser.mjs", 9, segment::keys;
    segment_node_sends_what_a_query_returns: "backend", "segment/node.mjs", 9, segment::keys;
    segment_python_sends_what_a_query_returns: "backend", "segment/python.py", 9, segment::keys;
    snowplow_browser_sends_what_a_query_returns: "web", "snowplow/browser.mjs", 6, snowplow::keys;
    snowplow_python_sends_what_a_query_returns: "backend", "snowplow/python.py", 7, snowplow::keys;
}

/// One call, as the client's script says that it sent it.
#[derive(Debug, serde::Deserialize)]
struct Sent {
    /// The event's name, as a query knows it.
    event: String,
    /// The client's key of the event.
    message: String,
    /// The id of a product, where the event is about one.
    product: Option<String>,
    /// The property that has it.
    property: String,
}

impl Client {
    fn command(&self) -> Result<Command> {
        let mut command = match self.script.rsplit_once('.') {
            Some((_, "mjs")) => Command::new("node"),
            Some((_, "py")) => Command::new(python()),
            _ => bail!("`{}` is no script that this harness runs", self.script),
        };
        let folder = folder();
        command.arg(self.script).env("PYTHONPATH", &folder).current_dir(folder);
        Ok(command)
    }

    /// Runs it to its end and reads what it sent.
    async fn run(&self, url: &str, key: &str, mode: &str, user: &str) -> Result<Vec<Sent>> {
        let mut command = self.command()?;
        command.args([url, key, mode, user]).kill_on_drop(true);
        let output = tokio::time::timeout(CLIENT_MAX, command.output());
        let output = output.await.context("the client does not end")?;
        let output = output.context("a client is missing: run `make setup`")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the client failed ({}): {said}", output.status);
        let lines = std::str::from_utf8(&output.stdout)?.lines();
        let sent: Vec<Sent> = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(sent.len() == self.calls, "the visit has {} calls: {sent:?}", self.calls);
        Ok(sent)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The Python that `make setup` made beside what cargo builds.
fn python() -> PathBuf {
    let target = program::target();
    target.parent().expect("the profile has a folder").join("clients-python/bin/python")
}

/// How often each event and each product was sent.
fn tally<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut tally = BTreeMap::new();
    for value in values {
        *tally.entry(value.to_owned()).or_default() += 1;
    }
    tally
}

fn number(counts: &Value, pointer: &str) -> u64 {
    counts.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// How much each count grew, for those that grew.
fn grown(before: &Value, after: &Value) -> BTreeMap<&'static str, u64> {
    let counts = [
        ("received", "/received"),
        ("accepted", "/accepted"),
        ("duplicate", "/duplicate"),
        ("filtered", "/filtered"),
        ("consent-absent", "/refused/consent-absent"),
        ("consent-withdrawn", "/refused/consent-withdrawn"),
        ("invalid", "/invalid"),
        ("limited", "/limited"),
        ("quarantined", "/quarantined"),
    ];
    let growth =
        counts.map(|(name, pointer)| (name, number(after, pointer) - number(before, pointer)));
    growth.into_iter().filter(|(_, growth)| *growth > 0).collect()
}

struct Stage {
    candor: Candor,
    client: Client,
}

impl Stage {
    fn key(&self) -> &str {
        match self.client.source {
            "web" => &self.candor.site_key,
            _ => &self.candor.server_key,
        }
    }

    /// Runs the client and compares how the counts grew.
    async fn send(&self, url: &str, mode: &str, user: &str) -> Result<(Vec<Sent>, Growth)> {
        let source = self.client.source;
        let before = self.candor.counts(source).await?;
        let sent = self.client.run(url, self.key(), mode, user).await?;
        let after = self.candor.counts(source).await?;
        Ok((sent, grown(&before, &after)))
    }

    /// Everything that each purpose shows now, by event.
    async fn shown(&self, purpose: &str, sent: &[Sent]) -> Result<BTreeMap<String, u64>> {
        let mut shown = BTreeMap::new();
        let names: BTreeSet<&str> = sent.iter().map(|sent| sent.event.as_str()).collect();
        for name in names {
            let total = match self.candor.total(purpose, Some(name)).await {
                // A refusal leaves nothing behind, so the name was never heard of.
                Err(error) if error.to_string().contains("unknown-event") => 0,
                total => total?,
            };
            if total > 0 {
                shown.insert(name.to_owned(), total);
            }
        }
        Ok(shown)
    }

    /// The products of the product views, by the breakdown of a trend.
    async fn products(&self, view: &Sent) -> Result<BTreeMap<String, u64>> {
        let series = json!([{ "event": view.event, "count": "events" }]);
        let answer = self.candor.trend("analyse", &series, Some(&view.property)).await?;
        let lines = answer["series"].as_array().context("a trend has series")?;
        let line = |line: &Value| {
            let value = line["breakdown"].as_str().context("a line has its value")?.to_owned();
            Ok((value, line["total"].as_f64().context("a line has its total")? as u64))
        };
        lines.iter().map(line).filter(|line| !matches!(line, Ok((_, 0)))).collect()
    }

    async fn listed(&self) -> Result<BTreeMap<String, u64>> {
        let events = self.candor.get("/api/events?purpose=analyse&limit=100").await?;
        let events = events.as_array().context("the events are a list")?;
        Ok(tally(events.iter().filter_map(|event| event["event"].as_str())))
    }

    async fn demand_nothing_is_shown(&self, sent: &[Sent]) -> Result<()> {
        for purpose in ["measure", "analyse", "operate"] {
            let shown = self.shown(purpose, sent).await?;
            ensure!(shown.is_empty(), "`{purpose}` shows {shown:?}");
        }
        let listed = self.listed().await?;
        ensure!(listed.is_empty(), "the list of events shows {listed:?}");
        Ok(())
    }
}

type Growth = BTreeMap<&'static str, u64>;

async fn three_times(client: Client) -> Result<()> {
    let stage = Stage { candor: Candor::start(program::SOURCES).await?, client };
    let url = stage.candor.url.clone();

    let (sent, growth) = stage.send(&url, "without", "silent").await?;
    let all = sent.len() as u64;
    assert_eq!(growth, BTreeMap::from([("received", all), ("consent-absent", all)]));
    stage.demand_nothing_is_shown(&sent).await?;

    let proxy = Proxy::before(&url, stage.client.keys).await?;
    let (sent, growth) = stage.send(&proxy.url, "with", "willing").await?;
    let keys: BTreeSet<String> = sent.iter().map(|sent| sent.message.clone()).collect();
    let (lost, unanswered) = (proxy.keys(Fate::LostOnTheWay), proxy.keys(Fate::AnswerLost));
    assert!(!lost.is_empty() && !unanswered.is_empty(), "the network failed twice");
    assert_eq!(proxy.keys(Fate::Passed), keys, "every event passed under the key it began with");
    let twice = unanswered.len() as u64;
    let expected = [("received", all + twice), ("accepted", all), ("duplicate", twice)];
    assert_eq!(growth, BTreeMap::from(expected));
    let expected = tally(sent.iter().map(|sent| sent.event.as_str()));
    eventually(VISIBLE_MAX, async || {
        let shown = stage.shown("analyse", &sent).await?;
        ensure!(shown == expected, "{shown:?} is shown, {expected:?} was sent");
        Ok(())
    })
    .await?;
    assert_eq!(stage.shown("measure", &sent).await?, expected);
    assert_eq!(stage.listed().await?, expected);
    let view = sent.iter().find(|sent| sent.product.is_some()).context("a product was seen")?;
    let views = sent.iter().filter(|sent| sent.event == view.event);
    let products = tally(views.filter_map(|sent| sent.product.as_deref()));
    assert_eq!(stage.products(view).await?, products);

    let (later, growth) = stage.send(&url, "withdrawn", "willing").await?;
    assert_eq!(growth, BTreeMap::from([("received", all), ("consent-withdrawn", all)]));
    stage.demand_nothing_is_shown(&later).await
}
