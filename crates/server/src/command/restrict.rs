//! `candor restrict`: what is known of somebody is kept, and serves a legal duty alone.

use clap::Args;
use serde_json::{Value, json};

use super::client::{Call, text};
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Restrict {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    whose: Whose,
    /// Lift the restriction again.
    #[arg(long)]
    lift: bool,
}

/// Whose data it is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// A user id.
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// A device or anonymous id.
    #[arg(long, value_name = "ID")]
    device_id: Option<String>,
    /// A person's number, such as p123.
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
}

impl Restrict {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let Whose { user_id, device_id, person } = self.whose;
        let request = json!({
            "user_id": user_id, "device_id": device_id, "person": person, "lift": self.lift,
        });
        let call = Call::post("/api/people/restrict", request);
        let show = |answer: &Value| match answer["restricted_since"].as_str() {
            Some(since) => format!("{} is restricted since {since}", text(answer, "person")),
            None => format!("{} is not restricted", text(answer, "person")),
        };
        self.place.ask(environment, &call, show).await
    }
}
