//! `candor query trend`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, plain, put};

#[derive(Debug, Args)]
pub struct Trend {
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
}

impl Question for Trend {
    const KIND: &'static str = "trend";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let line = |event: Option<&str>| {
            let mut line = rows.with(event);
            put(&mut line, "count", json!(self.count));
            line
        };
        let series: Vec<Value> = match self.events.as_slice() {
            [] => vec![line(None)],
            events => events.iter().map(|event| line(Some(event))).collect(),
        };
        let (interval, breakdown) = (&self.interval, &self.breakdown);
        Ok(json!({ "interval": interval, "series": series, "breakdown": breakdown }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |(place, interval): (usize, &Value)| {
            let values =
                list(answer, "series").map(|line| plain(line.pointer(&format!("/values/{place}"))));
            format!("{}  {}", plain(Some(interval)), values.collect::<Vec<_>>().join("  "))
        };
        list(answer, "intervals").enumerate().map(line).collect()
    }
}
