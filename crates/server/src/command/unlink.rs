//! `candor unlink`: an id becomes a person of its own again.

use clap::Args;
use serde_json::{Value, json};

use super::client::{Call, text};
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
        let Which { user_id, device_id } = self.which;
        let request = json!({ "user_id": user_id, "device_id": device_id });
        let call = Call::post("/api/people/unlink", request);
        let show = |answer: &Value| {
            let text = |name: &str| text(answer, name);
            format!("{} and {} are two persons now", text("person"), text("others"))
        };
        self.place.ask(environment, &call, show).await
    }
}
