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
    /// `events`, `people`, `per-person`; or of a property: `sum`, `average`, `minimum`, `maximum`,
    /// `median`, `percentile`, `different`.
    #[arg(long, default_value = "events")]
    count: String,
    /// The property that is summed, averaged and so on.
    #[arg(long, value_name = "PROPERTY")]
    of: Option<String>,
    /// How many percent, for a percentile.
    #[arg(long, value_name = "PERCENT")]
    at: Option<u8>,
    /// `hour`, `day`, `week` or `month`.
    #[arg(long, default_value = "day")]
    interval: String,
    /// A property to split by.
    #[arg(long, value_name = "PROPERTY")]
    breakdown: Option<String>,
    /// Reckons with the lines, such as `A / B * 100`.
    #[arg(long, allow_hyphen_values = true)]
    formula: Option<String>,
    /// The same of an earlier time: `previous`, `-1w`, `-1m`, `-1y`.
    #[arg(long, allow_hyphen_values = true)]
    compare: Option<String>,
    /// A moving average over so many intervals.
    #[arg(long, value_name = "INTERVALS")]
    smooth: Option<usize>,
}

impl Question for Trend {
    const KIND: &'static str = "trend";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let line = |event: Option<&str>| {
            let mut line = rows.with(event);
            put(&mut line, "count", json!(self.count));
            put(&mut line, "of", json!(self.of));
            put(&mut line, "at", json!(self.at));
            line
        };
        let series: Vec<Value> = match self.events.as_slice() {
            [] => vec![line(None)],
            events => events.iter().map(|event| line(Some(event))).collect(),
        };
        Ok(json!({
            "interval": self.interval,
            "series": series,
            "breakdown": self.breakdown,
            "formula": self.formula,
            "compare": self.compare,
            "smooth": self.smooth,
        }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let lines: Vec<&Value> = list(answer, "series").chain(list(answer, "formula")).collect();
        let at =
            |line: &Value, field: &str, place| plain(line.pointer(&format!("/{field}/{place}")));
        let cell = |line: &Value, place| {
            let beside = |field: &str| match line.pointer(&format!("/{field}")) {
                Some(_) => format!(" ({})", at(line, field, place)),
                None => String::new(),
            };
            let now = at(line, "values", place);
            format!("{now}{}{}", beside("smooth"), beside("earlier/values"))
        };
        let row = |(place, interval): (usize, &Value)| {
            let cells = lines.iter().map(|line| cell(line, place));
            format!("{}  {}", plain(Some(interval)), cells.collect::<Vec<_>>().join("  "))
        };
        list(answer, "intervals").enumerate().map(row).collect()
    }
}
