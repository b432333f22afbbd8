//! `candor query`: questions about people's behaviour, each for a purpose. One file for each kind.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Call, put, text};
use super::{Ending, Environment, Place};

mod cohort;
mod funnel;
mod retention;
mod trend;

use cohort::Cohort;
use funnel::Funnel;
use retention::Retention;
use trend::Trend;

#[derive(Debug, Subcommand)]
pub enum Query {
    /// How often events happen, or how many people do them, over time.
    Trend(Asked<Trend>),
    /// How many people go through some steps in order, and how long they take.
    Funnel(Asked<Funnel>),
    /// How many of the people who began in a period come back in later ones.
    Retention(Asked<Retention>),
    /// How many people did something so often, and did not do something else.
    Cohort(Asked<Cohort>),
}

impl Query {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        match self {
            Query::Trend(asked) => asked.run(environment).await,
            Query::Funnel(asked) => asked.run(environment).await,
            Query::Retention(asked) => asked.run(environment).await,
            Query::Cohort(asked) => asked.run(environment).await,
        }
    }
}

/// A kind of question: its flags, what they ask, and how its answer looks on a terminal.
pub trait Question: Args {
    /// Its name in the address of the API.
    const KIND: &'static str;

    /// What it asks beside its purpose and its time, of the rows that it is about.
    fn plan(&self, rows: &Rows) -> anyhow::Result<Value>;

    /// The answer as lines of a table.
    fn lines(answer: &Value) -> Vec<String>;
}

/// A question with what every question takes.
#[derive(Debug, Args)]
pub struct Asked<Q: Args> {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    question: Q,
}

/// What every question takes.
#[derive(Debug, Args)]
pub struct About {
    #[command(flatten)]
    place: Place,
    /// The purpose that the question serves.
    #[arg(long, default_value = "measure")]
    purpose: String,
    /// The first instant, such as 2026-01-01T00:00:00Z.
    #[arg(long)]
    from: String,
    /// The instant after the last, such as 2026-02-01T00:00:00Z.
    #[arg(long)]
    to: String,
    /// An IANA time zone in which days are counted; without it the installation's.
    #[arg(long)]
    zone: Option<String>,
    /// Only rows whose property is one of these values: `PROPERTY=a,b`; repeat it, all must hold.
    #[arg(long = "where", value_name = "PROPERTY=VALUE")]
    filters: Vec<String>,
}

impl<Q: Question> Asked<Q> {
    async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let about = &self.about;
        let mut question = self.question.plan(&Rows::read(&about.filters)?)?;
        put(&mut question, "purpose", json!(about.purpose));
        put(&mut question, "from", json!(about.from));
        put(&mut question, "to", json!(about.to));
        put(&mut question, "zone", json!(about.zone));
        let call = Call::post(format!("/api/query/{}", Q::KIND), question);
        about.place.ask(environment, &call, show::<Q>).await
    }
}

/// The rows that a question is about: those on which every filter holds.
#[derive(Debug)]
pub struct Rows(Vec<Value>);

impl Rows {
    fn read(filters: &[String]) -> anyhow::Result<Self> {
        let parse = |text: &String| {
            let (property, values) = text
                .split_once('=')
                .ok_or_else(|| anyhow::anyhow!("--where `{text}`: write it as PROPERTY=VALUE"))?;
            Ok(json!({ "property": property, "is": values.split(',').collect::<Vec<_>>() }))
        };
        Ok(Self(filters.iter().map(parse).collect::<anyhow::Result<_>>()?))
    }

    /// The condition that a row is one of these and this event happened; without one, any event.
    fn with(&self, event: Option<&str>) -> Value {
        json!({ "event": event, "where": self.0 })
    }
}

/// An answer as a sentence, a table, and what it cost.
fn show<Q: Question>(answer: &Value) -> String {
    let scanned = |name: &str| text(answer.get("scanned").unwrap_or(&Value::Null), name);
    let cost = format!(
        "\n{} rows, {} bytes, {} files, {} s, for {}",
        scanned("rows"),
        scanned("bytes"),
        scanned("files"),
        scanned("seconds"),
        text(answer, "purpose")
    );
    let head = [text(answer, "sentence"), String::new()];
    head.into_iter().chain(Q::lines(answer)).chain([cost]).collect::<Vec<_>>().join("\n")
}
