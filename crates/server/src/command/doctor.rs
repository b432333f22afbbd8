//! `candor doctor`: why no event arrives, and what to do.

use clap::Args;
use serde_json::Value;

use super::client::{Call, list};
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
    /// Look at one source alone.
    #[arg(long)]
    source: Option<String>,
}

impl Doctor {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let path = match &self.source {
            Some(source) => format!("/api/doctor?source={source}"),
            None => "/api/doctor".to_owned(),
        };
        let show = |report: &Value| {
            let lines = list(report, "findings").map(|finding| {
                let text = |key: &str| finding.get(key).and_then(Value::as_str).unwrap_or_default();
                format!(
                    "{:8} {}: {}. {}",
                    text("state"),
                    text("title"),
                    text("detail"),
                    text("remedy")
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        self.place.ask(environment, &Call::get(path), show).await
    }
}
