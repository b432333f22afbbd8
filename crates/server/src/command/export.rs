//! `candor export`: everything that a purpose may see of one person, as JSON lines.

use clap::Args;

use super::client::Client;
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
        let client = Client::open(&self.place, environment).await?;
        let mut request = self.whose.request();
        if let Some(fields) = request.as_object_mut() {
            fields.insert("purpose".into(), self.purpose.into());
        }
        let answer = client.post("/api/people/export", &request).await?;
        let ending = Ending::of(answer.status);
        let said = if ending == Ending::Done {
            say::write(&String::from_utf8_lossy(&answer.body)).map(|()| ending)
        } else {
            answer.print(self.place.json, |_| String::new())
        };
        client.close().await;
        said
    }
}
