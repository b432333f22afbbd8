//! `candor query`: questions about people's behaviour, each for a purpose. One file for each kind.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Call, list, plain, put, text};
use super::{Ending, Environment, Place};

mod cohort;
mod funnel;
mod lifecycle;
mod paths;
mod retention;
mod sessions;
mod sql;
mod stickiness;
mod trend;
mod values;

use cohort::Cohort;
use funnel::Funnel;
use lifecycle::Lifecycle;
use paths::Paths;
use retention::Retention;
use sessions::Sessions;
use sql::Sql;
use stickiness::Stickiness;
use trend::Trend;
use values::Values;

#[derive(Debug, Subcommand)]
pub enum Query {
    /// How often events happen, or how many people do them, over time.
    Trend(Asked<Trend>),
    /// How many people go through some steps in order, and how long they take.
    Funnel(Asked<Funnel>),
    /// How many of the people who began in a period come back in later ones.
    Retention(Asked<Retention>),
    /// Which ways people take from one thing to the next.
    Paths(Asked<Paths>),
    /// How many people did something so often, and did not do something else.
    Cohort(Asked<Cohort>),
    /// How often and how long people visit, where they come in and where they leave.
    Sessions(Asked<Sessions>),
    /// How many people are new in an interval, go on, are back, or stay away.
    Lifecycle(Asked<Lifecycle>),
    /// In how many intervals people do something.
    Stickiness(Asked<Stickiness>),
    /// What a property says, how often, and of how many people.
    Values(Asked<Values>),
    /// The rows and values of one select over what the purpose may see.
    Sql(Sql),
}

impl Query {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        match self {
            Query::Trend(asked) => asked.run(environment).await,
            Query::Funnel(asked) => asked.run(environment).await,
            Query::Retention(asked) => asked.run(environment).await,
            Query::Paths(asked) => asked.run(environment).await,
            Query::Cohort(asked) => asked.run(environment).await,
            Query::Sessions(asked) => asked.run(environment).await,
            Query::Lifecycle(asked) => asked.run(environment).await,
            Query::Stickiness(asked) => asked.run(environment).await,
            Query::Values(asked) => asked.run(environment).await,
            Query::Sql(asked) => asked.run(environment).await,
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
    /// The first instant, such as 2026-01-01, 2026-01-01T00:00:00Z or -30d.
    #[arg(long, default_value = "-30d", allow_hyphen_values = true)]
    from: String,
    /// The instant after the last, such as 2026-02-01, today or now.
    #[arg(long, default_value = "now", allow_hyphen_values = true)]
    to: String,
    /// An IANA time zone in which days are counted; without it the installation's.
    #[arg(long)]
    zone: Option<String>,
    /// Only rows whose property is one of these values: `PROPERTY=a,b`; or none of them:
    /// `PROPERTY!=a`; or holds a part: `PROPERTY~part`; or is a number beyond another:
    /// `PROPERTY>5`, `PROPERTY<5`. Repeat it, all must hold.
    #[arg(long = "where", value_name = "PROPERTY=VALUE")]
    filters: Vec<String>,
    /// A property, such as that of a company: whoever shares its value counts as one.
    #[arg(long, value_name = "PROPERTY")]
    per: Option<String>,
    /// Only the people of this saved cohort; repeat it, they must be in all.
    #[arg(long = "in", value_name = "COHORT")]
    within: Vec<String>,
    /// Only people who are not in this saved cohort; repeat it.
    #[arg(long = "not-in", value_name = "COHORT")]
    not_in: Vec<String>,
    /// Lists the people behind a number of the answer instead, named as in the API: for the second
    /// step of a funnel `{"step":2}`.
    #[arg(long, value_name = "JSON")]
    people: Option<String>,
}

impl<Q: Question> Asked<Q> {
    async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let about = &self.about;
        let mut question = self.question.plan(&Rows::read(&about.filters)?)?;
        put(&mut question, "purpose", json!(about.purpose));
        put(&mut question, "from", json!(about.from));
        put(&mut question, "to", json!(about.to));
        put(&mut question, "zone", json!(about.zone));
        put(&mut question, "per", json!(about.per));
        if !(about.within.is_empty() && about.not_in.is_empty()) {
            put(&mut question, "people", json!({ "in": about.within, "not_in": about.not_in }));
        }
        let path = format!("/api/query/{}", Q::KIND);
        let Some(pick) = &about.people else {
            return about.place.ask(environment, &Call::post(path, question), show::<Q>).await;
        };
        let pick: Value = serde_json::from_str(pick).map_err(|error| {
            anyhow::anyhow!("--people `{pick}` is no JSON: {error}; write it as {{\"step\":2}}")
        })?;
        let picked = json!({ "question": question, "pick": pick });
        about.place.ask(environment, &Call::post(format!("{path}/people"), picked), listed).await
    }
}

/// The rows that a question is about: those on which every filter holds.
#[derive(Debug)]
pub struct Rows(Vec<Value>);

impl Rows {
    fn read(filters: &[String]) -> anyhow::Result<Self> {
        Ok(Self(filters.iter().map(|text| demand(text)).collect::<anyhow::Result<_>>()?))
    }

    /// The condition that a row is one of these and this event happened; without one, any event.
    fn with(&self, event: Option<&str>) -> Value {
        json!({ "event": event, "where": self.0 })
    }
}

/// A filter as the API takes it. The sign that comes first says what it tests.
fn demand(text: &str) -> anyhow::Result<Value> {
    let signs = ["!=", "=", "~", ">", "<"].into_iter();
    let found = signs.filter_map(|sign| Some((text.find(sign)?, sign))).min_by_key(|(at, _)| *at);
    let parts = found.and_then(|(_, sign)| Some((text.split_once(sign)?, sign)));
    let Some(((property, value), sign)) = parts else {
        anyhow::bail!("--where `{text}`: write it as PROPERTY=VALUE")
    };
    let several = || value.split(',').collect::<Vec<_>>();
    let number = || {
        value.trim().parse::<f64>().map_err(|_| {
            anyhow::anyhow!(
                "--where `{text}`: `{value}` is no number: write it as {property}{sign}5"
            )
        })
    };
    Ok(match sign {
        "=" => json!({ "property": property, "is": several() }),
        "!=" => json!({ "property": property, "is_not": several() }),
        "~" => json!({ "property": property, "contains": value }),
        ">" => json!({ "property": property, "above": number()? }),
        _ => json!({ "property": property, "below": number()? }),
    })
}

/// The people behind a number, a line each.
fn listed(answer: &Value) -> String {
    let line = |person| {
        let (who, events) = (text(person, "person"), text(person, "events"));
        format!("{who:<12}  {events:>8}  {}  {}", text(person, "first"), text(person, "last"))
    };
    let head = format!("{} people, for {}\n", text(answer, "total"), text(answer, "purpose"));
    std::iter::once(head).chain(list(answer, "people").map(line)).collect::<Vec<_>>().join("\n")
}

/// An answer as a sentence, a table, and what it cost.
fn show<Q: Question>(answer: &Value) -> String {
    let head = [text(answer, "sentence"), String::new()];
    head.into_iter().chain(Q::lines(answer)).chain([cost(answer)]).collect::<Vec<_>>().join("\n")
}

/// What an answer cost, after an empty line.
/// A line for each interval of an answer, with the numbers that it has under these names.
fn by_interval(answer: &Value, names: &[&str]) -> Vec<String> {
    let cell = |text: &str| format!("{text:>14}");
    let head = names.iter().map(|name| cell(name)).collect::<Vec<_>>().join("  ");
    let line = |(place, interval): (usize, &Value)| {
        let number = |name: &&str| cell(&plain(answer.pointer(&format!("/{name}/{place}"))));
        let numbers = names.iter().map(number).collect::<Vec<_>>().join("  ");
        format!("{:<20}  {numbers}", plain(Some(interval)))
    };
    let head = format!("{:<20}  {head}", "interval");
    std::iter::once(head).chain(list(answer, "intervals").enumerate().map(line)).collect()
}

fn cost(answer: &Value) -> String {
    let scanned = |name: &str| text(answer.get("scanned").unwrap_or(&Value::Null), name);
    format!(
        "\n{} rows, {} bytes, {} files, {} s, for {}",
        scanned("rows"),
        scanned("bytes"),
        scanned("files"),
        scanned("seconds"),
        text(answer, "purpose")
    )
}
