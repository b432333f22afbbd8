//! `candor keys`: the keys of callers. A key is shown once and stored hashed.

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Call, text};
use super::{Ending, Environment, Place};

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key and show it once.
    Create {
        #[command(flatten)]
        place: Place,
        /// `site` (public, write only), `server` (write, names users), `token` (asks questions).
        #[arg(long)]
        kind: String,
        /// The source that the key writes to; tokens have none.
        #[arg(long)]
        source: Option<String>,
        /// What the key is for, in your words.
        #[arg(long, default_value = "")]
        name: String,
        /// The purposes that a token may ask for; repeat it.
        #[arg(long = "purpose")]
        purposes: Vec<String>,
    },
    /// List the keys: never the keys themselves.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key at once.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// The key's id, as `list` shows it.
        id: String,
    },
}

impl Keys {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        match self {
            Keys::Create { place, kind, source, name, purposes } => {
                let request =
                    json!({ "kind": kind, "source": source, "name": name, "purposes": purposes });
                let call = Call::post("/api/keys", request);
                place.ask(environment, &call, |made| text(made, "key")).await
            }
            Keys::List { place } => {
                let show = |keys: &Value| {
                    let fields = ["id", "kind", "source", "name"];
                    let line = |key| fields.map(|name| text(key, name)).join("  ");
                    keys.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
                };
                place.ask(environment, &Call::get("/api/keys"), show).await
            }
            Keys::Revoke { place, id } => {
                let call = Call::delete(format!("/api/keys/{id}"));
                place.ask(environment, &call, |_| "revoked".to_owned()).await
            }
        }
    }
}
