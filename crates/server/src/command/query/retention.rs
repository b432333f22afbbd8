//! `candor query retention`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, plain, text};

#[derive(Debug, Args)]
pub struct Retention {
    /// What counts as beginning; without it: any event.
    #[arg(long, value_name = "EVENT")]
    start: Option<String>,
    /// What counts as coming back; without it: any event.
    #[arg(long = "return", value_name = "EVENT")]
    again: Option<String>,
    /// `day`, `week` or `month`.
    #[arg(long, default_value = "week")]
    interval: String,
    /// Who is in a cohort: by their first start `first-in-range` or `first-ever`, or `recurring`.
    #[arg(long, default_value = "first-in-range")]
    entry: String,
    /// Who is back in an interval: `exact`, or `unbounded` for this one or a later.
    #[arg(long, default_value = "exact")]
    back: String,
    /// How many intervals after the first are shown.
    #[arg(long)]
    periods: Option<usize>,
}

impl Question for Retention {
    const KIND: &'static str = "retention";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let (start, again) = (rows.with(self.start.as_deref()), rows.with(self.again.as_deref()));
        Ok(json!({
            "start": start,
            "return": again,
            "interval": self.interval,
            "entry": self.entry,
            "back": self.back,
            "periods": self.periods,
        }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |cohort| {
            let values = list(cohort, "values").map(|value| format!("{:>8}", plain(Some(value))));
            let (start, people) = (text(cohort, "start"), text(cohort, "people"));
            format!("{start}  {people:>8}  {}", values.collect::<String>())
        };
        list(answer, "cohorts").map(line).collect()
    }
}
