//! `candor query paths`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, plain, text};

#[derive(Debug, Args)]
pub struct Paths {
    /// Ways begin at the first of these events.
    #[arg(long, value_name = "EVENT")]
    starts: Option<String>,
    /// Ways end at the first of these events.
    #[arg(long, value_name = "EVENT")]
    ends: Option<String>,
    /// A property whose values are the steps; without it the events.
    #[arg(long, value_name = "PROPERTY")]
    by: Option<String>,
    /// How many steps a way has at most.
    #[arg(long, default_value_t = 3)]
    length: usize,
    /// How many ways are shown.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// A longer silence begins a new path.
    #[arg(long, default_value = "30m")]
    gap: String,
    /// An event that is passed over; repeat it.
    #[arg(long, value_name = "EVENT")]
    exclude: Vec<String>,
}

impl Question for Paths {
    const KIND: &'static str = "paths";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let spot = |event: &Option<String>| event.as_deref().map(|event| rows.with(Some(event)));
        Ok(json!({
            "starts": spot(&self.starts),
            "ends": spot(&self.ends),
            "by": self.by,
            "length": self.length,
            "limit": self.limit,
            "gap": self.gap,
            "exclude": self.exclude,
        }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |way| {
            let steps = list(way, "path").map(|step| plain(Some(step))).collect::<Vec<_>>();
            format!("{:>8}  {}", text(way, "count"), steps.join(" → "))
        };
        list(answer, "top").map(line).collect()
    }
}
