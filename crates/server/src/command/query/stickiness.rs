//! `candor query stickiness`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, plain};

#[derive(Debug, Args)]
pub struct Stickiness {
    /// What people do; repeat it for several lines. Without it: any event.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// `hour`, `day`, `week` or `month`.
    #[arg(long, default_value = "day")]
    interval: String,
}

impl Question for Stickiness {
    const KIND: &'static str = "stickiness";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let series: Vec<Value> = match self.events.as_slice() {
            [] => vec![rows.with(None)],
            events => events.iter().map(|event| rows.with(Some(event))).collect(),
        };
        Ok(json!({ "series": series, "interval": self.interval }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |one| {
            let people = list(one, "people").map(|count| plain(Some(count)));
            format!("{}  {}", plain(one.get("event")), people.collect::<Vec<_>>().join("  "))
        };
        list(answer, "series").map(line).collect()
    }
}
