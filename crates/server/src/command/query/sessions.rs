//! `candor query sessions`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows, by_interval};
use crate::command::client::{list, put, text};

#[derive(Debug, Args)]
pub struct Sessions {
    /// Only this event's rows count; without it: any event.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// `hour`, `day`, `week` or `month`.
    #[arg(long, default_value = "day")]
    interval: String,
    /// `derived` (a long silence ends a session) or `client` (the client's own sessions).
    #[arg(long, default_value = "derived")]
    by: String,
    /// The silence that ends a derived session; 30m when absent.
    #[arg(long)]
    gap: Option<String>,
    /// The property that names the page; without it whichever the catalogue says names one.
    #[arg(long, value_name = "PROPERTY")]
    page: Option<String>,
}

impl Question for Sessions {
    const KIND: &'static str = "sessions";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let mut question = rows.with(self.event.as_deref());
        put(&mut question, "interval", json!(self.interval));
        put(&mut question, "by", json!(self.by));
        put(&mut question, "gap", json!(self.gap));
        put(&mut question, "page", json!(self.page));
        Ok(question)
    }

    fn lines(answer: &Value) -> Vec<String> {
        let mut lines = by_interval(answer, &["sessions", "people", "bounces", "median_seconds"]);
        let pages = list(answer, "entry").map(|one| {
            let (sessions, bounces) = (text(one, "sessions"), text(one, "bounces"));
            format!("{sessions:>10}  {bounces:>10}  {}", text(one, "page"))
        });
        let head = format!("{:>10}  {:>10}  entry page", "sessions", "bounces");
        lines.extend([String::new(), head].into_iter().chain(pages));
        lines
    }
}
