//! `candor erase`: forget a person.

use clap::Args;
use serde_json::{Value, json};

use super::client::{Call, text};
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Erase {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    whose: Whose,
}

/// Whose data a verb is about.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Whose {
    /// The person whom the client knows by this user id.
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// The person behind this device or anonymous id.
    #[arg(long, value_name = "ID")]
    device_id: Option<String>,
    /// The person with this number, such as p123.
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
}

impl Whose {
    /// The part of a request that says whose data it is about.
    pub fn request(&self) -> Value {
        let fields =
            [("user_id", &self.user_id), ("device_id", &self.device_id), ("person", &self.person)];
        fields
            .into_iter()
            .filter_map(|(name, id)| Some((name.to_owned(), json!(id.as_ref()?))))
            .collect()
    }
}

/// Every erasure and how far it has come.
#[derive(Debug, Args)]
pub struct Erasures {
    #[command(flatten)]
    place: Place,
}

impl Erasures {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let show = |erasures: &Value| {
            let lines = erasures.as_array().into_iter().flatten().map(|erasure| {
                let text = |name: &str| text(erasure, name);
                format!("{}  {:14}  {}", text("erasure"), text("state"), text("asked"))
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        self.place.ask(environment, &Call::get("/api/erasures"), show).await
    }
}

impl Erase {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let call = Call::post("/api/people/erase", self.whose.request());
        let show = |erasure: &Value| {
            format!(
                "erasure {}: {}; no question sees the person any more. Keys destroyed: {}. Files are \
                 written anew while the server runs: `candor erasures` says when that is done.",
                text(erasure, "erasure"),
                text(erasure, "state"),
                text(erasure, "keys_destroyed"),
            )
        };
        self.place.ask(environment, &call, show).await
    }
}
