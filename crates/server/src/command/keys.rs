//! `candor keys`: the keys of callers. A key is shown once and stored hashed.

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::Client;
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
                let client = Client::open(&place, environment).await?;
                let request =
                    json!({ "kind": kind, "source": source, "name": name, "purposes": purposes });
                let answer = client.post("/api/keys", &request).await?;
                let shown = answer.print(place.json, |key| {
                    key.get("key").and_then(Value::as_str).unwrap_or_default().to_owned()
                });
                client.close().await;
                shown
            }
            Keys::List { place } => {
                let client = Client::open(&place, environment).await?;
                let answer = client.get("/api/keys").await?;
                let shown = answer.print(place.json, |keys| {
                    let lines = keys.as_array().into_iter().flatten().map(|key| {
                        let text = |name: &str| {
                            key.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
                        };
                        format!(
                            "{}  {}  {}  {}",
                            text("id"),
                            text("kind"),
                            text("source"),
                            text("name")
                        )
                    });
                    lines.collect::<Vec<_>>().join("\n")
                });
                client.close().await;
                shown
            }
            Keys::Revoke { place, id } => {
                let client = Client::open(&place, environment).await?;
                let answer = client
                    .send(
                        "DELETE",
                        &format!("/api/keys/{id}"),
                        "application/json",
                        Default::default(),
                    )
                    .await?;
                let shown = answer.print(place.json, |_| "revoked".to_owned());
                client.close().await;
                shown
            }
        }
    }
}
