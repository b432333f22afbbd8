//! `candor query sql`.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::cost;
use crate::command::client::{Call, list, plain, text};
use crate::command::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Sql {
    #[command(flatten)]
    place: Place,
    /// One `SELECT` over `events` and `people`; `-` reads it from the standard input.
    #[arg(value_name = "SELECT", required_unless_present = "schema")]
    text: Option<String>,
    /// The purpose that the question serves.
    #[arg(long, default_value = "measure")]
    purpose: String,
    /// Only events from this instant or day on, such as 2026-01-01 or -30d.
    #[arg(long, allow_hyphen_values = true)]
    from: Option<String>,
    /// Only events before this instant or day.
    #[arg(long, allow_hyphen_values = true)]
    to: Option<String>,
    /// An IANA time zone in which those days begin; without it the installation's.
    #[arg(long)]
    zone: Option<String>,
    /// How many rows are shown at most.
    #[arg(long)]
    limit: Option<usize>,
    /// Lists the tables and columns that there are instead.
    #[arg(long)]
    schema: bool,
}

impl Sql {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        if self.schema {
            let call = Call::get(format!("/api/query/sql/schema?purpose={}", self.purpose));
            return self.place.ask(environment, &call, tables).await;
        }
        let mut sql = self.text.unwrap_or_default();
        if sql == "-" {
            sql.clear();
            std::io::stdin().read_to_string(&mut sql).context("the text could not be read")?;
        }
        let question = json!({
            "purpose": self.purpose, "sql": sql, "limit": self.limit,
            "from": self.from, "to": self.to, "zone": self.zone,
        });
        self.place.ask(environment, &Call::post("/api/query/sql", question), rows).await
    }
}

/// Tables, and their columns with types.
fn tables(schema: &Value) -> String {
    let lines = list(schema, "tables").flat_map(|table| {
        let head = format!("{}: {}", text(table, "name"), text(table, "about"));
        let column = |column| {
            format!(
                "  {:<24} {:<8} {}",
                text(column, "name"),
                text(column, "type"),
                text(column, "about")
            )
        };
        std::iter::once(head).chain(list(table, "columns").map(column))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Rows as a table whose columns are as wide as their widest value.
fn rows(answer: &Value) -> String {
    let heads: Vec<String> = list(answer, "columns").map(|column| text(column, "name")).collect();
    let cells = |row: &Value| -> Vec<String> {
        row.as_array().into_iter().flatten().map(|cell| plain(Some(cell))).collect()
    };
    let mut lines = vec![heads];
    lines.extend(list(answer, "rows").map(cells));
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut table: Vec<String> = lines.iter().map(line).collect();
    if answer.get("truncated") == Some(&Value::Bool(true)) {
        table.push("… there are more: set --limit".to_owned());
    }
    table.push(cost(answer));
    table.join("\n")
}
