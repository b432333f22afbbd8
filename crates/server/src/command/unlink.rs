//! `candor unlink`: an id becomes a person of its own again.

use clap::Args;
use serde_json::{Value, json};

use super::client::Client;
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Unlink {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    which: Which,
}

/// Which id is taken out of its person.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The user id that becomes a person of its own.
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// The device or anonymous id that becomes a person of its own.
    #[arg(long, value_name = "ID")]
    device_id: Option<String>,
}

impl Unlink {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let client = Client::open(&self.place, environment).await?;
        let Which { user_id, device_id } = self.which;
        let request = json!({ "user_id": user_id, "device_id": device_id });
        let answer = client.post("/api/people/unlink", &request).await?;
        let ending = answer.print(self.place.json, |answer| {
            let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{} and {} are two persons now", text("person"), text("others"))
        });
        client.close().await;
        ending
    }
}
