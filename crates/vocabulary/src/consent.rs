//! What a person has said about a purpose.

use serde::{Deserialize, Serialize};

/// Permission for one purpose. An unknown is a no whenever permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    #[default]
    Unknown,
    No,
    Yes,
}
