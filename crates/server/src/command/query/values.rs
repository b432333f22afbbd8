//! `candor query values`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{list, put, text};

#[derive(Debug, Args)]
pub struct Values {
    /// The property.
    #[arg(long)]
    property: String,
    /// Only this event's rows; without it: any event.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// How many values are shown.
    #[arg(long)]
    limit: Option<usize>,
}

impl Question for Values {
    const KIND: &'static str = "values";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let mut question = rows.with(self.event.as_deref());
        put(&mut question, "property", json!(self.property));
        put(&mut question, "limit", json!(self.limit));
        Ok(question)
    }

    fn lines(answer: &Value) -> Vec<String> {
        let line = |one| {
            let (events, people) = (text(one, "events"), text(one, "people"));
            format!("{events:>10}  {people:>10}  {}", text(one, "value"))
        };
        list(answer, "values").map(line).collect()
    }
}
