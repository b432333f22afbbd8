//! `candor query funnel`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, text};

#[derive(Debug, Args)]
pub struct Funnel {
    /// A step's event; repeat it in order.
    #[arg(long = "step", value_name = "EVENT", required = true)]
    steps: Vec<String>,
    /// From the first step to the last, such as `7d` or `30m`.
    #[arg(long, default_value = "7d")]
    window: String,
    /// A property to split by.
    #[arg(long, value_name = "PROPERTY")]
    breakdown: Option<String>,
    /// `in-order`, `strict` (nothing between two steps) or `any-order`.
    #[arg(long, default_value = "in-order")]
    order: String,
    /// An event that ends an attempt when it happens between two steps; repeat it.
    #[arg(long, value_name = "EVENT")]
    exclude: Vec<String>,
    /// Also how many entered in each `hour`, `day`, `week` or `month`, and went through.
    #[arg(long, value_name = "INTERVAL")]
    over: Option<String>,
}

impl Question for Funnel {
    const KIND: &'static str = "funnel";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let steps: Vec<Value> = self.steps.iter().map(|event| rows.with(Some(event))).collect();
        let exclude = self.exclude.iter().map(|event| json!({ "event": event }));
        Ok(json!({
            "steps": steps,
            "window": self.window,
            "breakdown": self.breakdown,
            "order": self.order,
            "exclude": exclude.collect::<Vec<_>>(),
            "over": self.over,
        }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |step| {
            let (event, people) = (text(step, "event"), text(step, "people"));
            let (share, median) = (text(step, "of_first"), text(step, "median_seconds"));
            format!("{people:>10}  {share:>8.8}  {median:>10} s  {event}")
        };
        let over = list(answer, "over").map(|interval| {
            let (entered, converted) = (text(interval, "entered"), text(interval, "converted"));
            format!("{}  {entered:>8}  {converted:>8}", text(interval, "start"))
        });
        list(answer, "steps").map(line).chain(over).collect()
    }
}
