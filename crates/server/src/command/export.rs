//! `candor export`: everything that a purpose may see of one person, or of a span of time, as a
//! file for other programs.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::client::{Call, put};
use super::erase::Whose;
use super::say;
use super::{Ending, Environment, Place};
use crate::app::export::Form;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    whose: Option<Whose>,
    /// The purpose that the export serves.
    #[arg(long, default_value = "analyse")]
    purpose: String,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hand out all events of a span that a purpose may see, as JSON lines, CSV or Parquet.
    Events(Events),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  candor export events --from 2026-01-01 --to 2026-02-01 --purpose measure --form csv > january.csv
  candor export events --from 2026-01-01 --to 2026-02-01 --form parquet --into january.parquet")]
struct Events {
    #[command(flatten)]
    place: Place,
    /// The first day or instant.
    #[arg(long, value_name = "DAY")]
    from: String,
    /// The day or instant before which it ends.
    #[arg(long, value_name = "DAY")]
    to: String,
    /// Only this event; may be given more than once.
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
    /// The form in which the events leave.
    #[arg(long, value_enum, default_value = "lines")]
    form: Wanted,
    /// The file to write; without it the events are printed.
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// The purpose that the export serves.
    #[arg(long, default_value = "analyse")]
    purpose: String,
}

/// The form in which events leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// A line of JSON for each event.
    Lines,
    /// A table with commas.
    Csv,
    /// Columns.
    Parquet,
}

impl Wanted {
    const fn form(self) -> Form {
        match self {
            Wanted::Lines => Form::Lines,
            Wanted::Csv => Form::Csv,
            Wanted::Parquet => Form::Parquet,
        }
    }
}

impl Export {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        if let Some(What::Events(events)) = self.what {
            return events.run(environment).await;
        }
        let mut request = self.whose.context("say whose events")?.request();
        put(&mut request, "purpose", json!(self.purpose));
        hand_out(&self.place, environment, Call::post("/api/people/export", request), None).await
    }
}

impl Events {
    async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let request = json!({
            "purpose": self.purpose, "from": self.from, "to": self.to, "events": self.event,
        });
        let call = Call::post("/api/events/export", request);
        let call = call.accepting(self.form.form().content_type());
        hand_out(&self.place, environment, call, self.into).await
    }
}

/// Makes the call and writes what it answers.
async fn hand_out(
    place: &Place,
    environment: &Environment,
    call: Call,
    into: Option<PathBuf>,
) -> anyhow::Result<Ending> {
    let answer = place.call(environment, &call).await?;
    if Ending::of(answer.status) != Ending::Done {
        return answer.print(place.json, |_| String::new());
    }
    match &into {
        Some(file) => std::fs::write(file, &answer.body)
            .with_context(|| format!("cannot write `{}`", file.display()))?,
        None => say::bytes(&answer.body)?,
    }
    Ok(Ending::Done)
}
