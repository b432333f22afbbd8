//! `candor query lifecycle`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows, by_interval};
use crate::command::client::put;

#[derive(Debug, Args)]
pub struct Lifecycle {
    /// The event that makes somebody active; without it: any event.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// `hour`, `day`, `week` or `month`.
    #[arg(long, default_value = "week")]
    interval: String,
}

impl Question for Lifecycle {
    const KIND: &'static str = "lifecycle";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let mut question = rows.with(self.event.as_deref());
        put(&mut question, "interval", json!(self.interval));
        Ok(question)
    }

    fn lines(answer: &Value) -> Vec<String> {
        by_interval(answer, &["new", "returning", "resurrecting", "dormant"])
    }
}
