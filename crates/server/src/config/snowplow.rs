//! `[snowplow]`: where the schemas come from that the program does not ship with.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the schemas come from that the program does not ship with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnowplowRules {
    /// A folder that holds `vendor/name/jsonschema/version`, read at the start; empty = none.
    pub schemas: PathBuf,
    /// The address of an Iglu registry, asked when a schema is first seen; empty = none.
    pub iglu: String,
}

impl SnowplowRules {
    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        let is_address = self.iglu.starts_with("http://") || self.iglu.starts_with("https://");
        if !self.iglu.is_empty() && (!is_address || self.iglu.contains(['?', '#', '@', ' '])) {
            return Err("`iglu` is the address of a registry, such as `https://iglu.example`: \
                        write it without a query or credentials"
                .to_owned());
        }
        Ok(())
    }
}
