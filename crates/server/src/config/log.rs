//! `[log]`: the form in which the program tells of its own work.

use serde::Deserialize;

/// The form in which the program tells of its own work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub form: Form,
    /// The collector of OpenTelemetry to which traces go; empty for none.
    pub traces: String,
}

impl Log {
    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        if self.traces.is_empty() || self.traces.starts_with("http://") {
            return Ok(());
        }
        Err("`traces` is the address of a collector near by, such as `http://127.0.0.1:4318`: \
             it passes them on encrypted"
            .to_owned())
    }

    /// Where traces go, if they do.
    #[must_use]
    pub fn collector(&self) -> Option<&str> {
        Some(self.traces.as_str()).filter(|address| !address.is_empty())
    }
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// For people.
    Text,
    /// For machines: an object in each line.
    Json,
}
