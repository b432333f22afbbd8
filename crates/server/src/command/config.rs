//! `candor config`: the configuration as it holds, with the origin of each value.

use clap::Subcommand;

use super::say::say;
use super::{Ending, Environment, Place};

#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print every value.
    Print {
        #[command(flatten)]
        place: Place,
        /// Say where each value comes from: default, file, environment or flag.
        #[arg(long)]
        origin: bool,
    },
}

impl ConfigVerb {
    pub fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let ConfigVerb::Print { place, origin } = self;
        let layers = place.layers(environment)?;
        layers.read()?;
        if place.json {
            let values: serde_json::Map<String, serde_json::Value> = layers
                .lines()
                .map(|(key, value, from)| {
                    (
                        key.to_owned(),
                        serde_json::json!({ "value": value, "origin": from.to_string() }),
                    )
                })
                .collect();
            say(serde_json::Value::Object(values))?;
            return Ok(Ending::Done);
        }
        for (key, value, from) in layers.lines() {
            if origin {
                say(format!("{key} = {value}    # {from}"))?;
            } else {
                say(format!("{key} = {value}"))?;
            }
        }
        Ok(Ending::Done)
    }
}
