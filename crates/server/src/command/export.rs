//! `candor export`: everything that a purpose may see of one person, as JSON lines.

use clap::Args;
use serde_json::json;

use super::client::{Call, put};
use super::erase::Whose;
use super::say;
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    whose: Whose,
    /// The purpose that the export serves.
    #[arg(long, default_value = "analyse")]
    purpose: String,
}

impl Export {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let mut request = self.whose.request();
        put(&mut request, "purpose", json!(self.purpose));
        let answer =
            self.place.call(environment, &Call::post("/api/people/export", request)).await?;
        if Ending::of(answer.status) != Ending::Done {
            return answer.print(self.place.json, |_| String::new());
        }
        say::write(&String::from_utf8_lossy(&answer.body)).map(|()| Ending::Done)
    }
}
