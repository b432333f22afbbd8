//! `candor query`: questions about people's behaviour, each for a purpose.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, put};
use super::{Ending, Environment, Place};

#[derive(Debug, Subcommand)]
pub enum Query {
    /// How often events happen, or how many people do them, over time.
    Trend {
        #[command(flatten)]
        about: About,
        /// An event to count; repeat it for several lines. Without it: every event.
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
        /// `events` or `people`.
        #[arg(long, default_value = "events")]
        count: String,
        /// `hour`, `day`, `week` or `month`.
        #[arg(long, default_value = "day")]
        interval: String,
        /// A property to split by.
        #[arg(long, value_name = "PROPERTY")]
        breakdown: Option<String>,
    },
    /// How many people go through some steps in order, and how long they take.
    Funnel {
        #[command(flatten)]
        about: About,
        /// A step's event; repeat it in order.
        #[arg(long = "step", value_name = "EVENT", required = true)]
        steps: Vec<String>,
        /// From the first step to the last, such as `7d` or `30m`.
        #[arg(long, default_value = "7d")]
        window: String,
        /// A property to split by.
        #[arg(long, value_name = "PROPERTY")]
        breakdown: Option<String>,
    },
    /// How many of the people who began in a period come back in later ones.
    Retention {
        #[command(flatten)]
        about: About,
        /// What counts as beginning; without it: any event.
        #[arg(long, value_name = "EVENT")]
        start: Option<String>,
        /// What counts as coming back; without it: any event.
        #[arg(long = "return", value_name = "EVENT")]
        again: Option<String>,
        /// `day`, `week` or `month`.
        #[arg(long, default_value = "week")]
        interval: String,
    },
    /// How many people did something so often, and did not do something else.
    Cohort {
        #[command(flatten)]
        about: About,
        /// `EVENT` or `EVENT>=3`; repeat it, all must hold.
        #[arg(long = "did", value_name = "EVENT>=N", required = true)]
        did: Vec<String>,
        /// An event that they must not have done; repeat it.
        #[arg(long = "not", value_name = "EVENT")]
        not: Vec<String>,
    },
}

/// What every question takes.
#[derive(Debug, Args)]
pub struct About {
    #[command(flatten)]
    place: Place,
    /// The purpose that the question serves.
    #[arg(long, default_value = "measure")]
    purpose: String,
    /// The first instant, such as 2026-01-01T00:00:00Z.
    #[arg(long)]
    from: String,
    /// The instant after the last, such as 2026-02-01T00:00:00Z.
    #[arg(long)]
    to: String,
    /// An IANA time zone in which days are counted; without it the installation's.
    #[arg(long)]
    zone: Option<String>,
    /// Only rows whose property is one of these values: `PROPERTY=a,b`; repeat it, all must hold.
    #[arg(long = "where", value_name = "PROPERTY=VALUE")]
    filters: Vec<String>,
}

impl Query {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let (kind, about, mut question) = self.question()?;
        let fields = [("purpose", &about.purpose), ("from", &about.from), ("to", &about.to)];
        for (name, text) in fields {
            put(&mut question, name, json!(text));
        }
        if let Some(zone) = &about.zone {
            put(&mut question, "zone", json!(zone));
        }
        let client = Client::open(&about.place, environment).await?;
        let answer = client.post(&format!("/api/query/{kind}"), &question).await?;
        let ending = answer.print(about.place.json, show);
        client.close().await;
        ending
    }

    fn question(self) -> anyhow::Result<(&'static str, About, Value)> {
        Ok(match self {
            Query::Trend { about, events, count, interval, breakdown } => {
                let filters = filters(&about.filters)?;
                let line =
                    |event: Value| json!({ "event": event, "count": count, "where": filters });
                let series: Vec<Value> = if events.is_empty() {
                    vec![line(Value::Null)]
                } else {
                    events.iter().map(|event| line(json!(event))).collect()
                };
                let mut question = json!({ "interval": interval, "series": series });
                if let Some(property) = breakdown {
                    put(&mut question, "breakdown", json!(property));
                }
                ("trend", about, question)
            }
            Query::Funnel { about, steps, window, breakdown } => {
                let filters = filters(&about.filters)?;
                let steps: Vec<Value> =
                    steps.iter().map(|event| json!({ "event": event, "where": filters })).collect();
                let mut question = json!({ "steps": steps, "window": window });
                if let Some(property) = breakdown {
                    put(&mut question, "breakdown", json!(property));
                }
                ("funnel", about, question)
            }
            Query::Retention { about, start, again, interval } => {
                let question = json!({
                    "start": { "event": start }, "return": { "event": again }, "interval": interval,
                });
                ("retention", about, question)
            }
            Query::Cohort { about, did, not } => {
                let filters = filters(&about.filters)?;
                let all = did.iter().map(|text| {
                    let (event, least) = text.split_once(">=").unwrap_or((text, "1"));
                    let least: u32 = least.trim().parse().map_err(|_| {
                        anyhow::anyhow!(
                            "--did `{text}`: write the count as a number, such as `{event}>=3`"
                        )
                    })?;
                    Ok(json!({ "event": event.trim(), "at_least": least, "where": filters }))
                });
                let all = all.collect::<anyhow::Result<Vec<Value>>>()?;
                let none: Vec<Value> = not.iter().map(|event| json!({ "event": event })).collect();
                ("cohort", about, json!({ "all": all, "none": none }))
            }
        })
    }
}

fn filters(texts: &[String]) -> anyhow::Result<Vec<Value>> {
    let parse = |text: &String| {
        let (property, values) = text
            .split_once('=')
            .ok_or_else(|| anyhow::anyhow!("--where `{text}`: write it as PROPERTY=VALUE"))?;
        Ok(json!({ "property": property, "is": values.split(',').collect::<Vec<_>>() }))
    };
    texts.iter().map(parse).collect()
}

/// An answer as a sentence and a table for a terminal.
fn show(answer: &Value) -> String {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut lines = vec![text(answer.get("sentence")), String::new()];
    for (place, interval) in list("intervals").iter().enumerate() {
        let values = list("series");
        let values =
            values.iter().map(|line| text(line.get("values").and_then(|all| all.get(place))));
        lines.push(format!("{}  {}", text(Some(interval)), values.collect::<Vec<_>>().join("  ")));
    }
    for step in list("steps") {
        let (event, people) = (text(step.get("event")), text(step.get("people")));
        let (share, median) = (text(step.get("of_first")), text(step.get("median_seconds")));
        lines.push(format!("{people:>10}  {share:>8.8}  {median:>10} s  {event}"));
    }
    for cohort in list("cohorts") {
        let values = cohort.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
        let values: Vec<String> =
            values.iter().map(|value| format!("{:>8}", text(Some(value)))).collect();
        lines.push(format!(
            "{}  {:>8}  {}",
            text(cohort.get("start")),
            text(cohort.get("people")),
            values.join("")
        ));
    }
    if let Some(people) = answer.get("people") {
        lines.push(format!("{people} people"));
    }
    let scanned = |name: &str| text(answer.get("scanned").and_then(|scanned| scanned.get(name)));
    lines.push(format!(
        "\n{} rows, {} bytes, {} files, {} s, for {}",
        scanned("rows"),
        scanned("bytes"),
        scanned("files"),
        scanned("seconds"),
        text(answer.get("purpose"))
    ));
    lines.join("\n")
}
