//! `[law]`: what the operator confirms about the rules that the program ships with.

use serde::Deserialize;

/// What the operator confirms.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawRules {
    /// Ids of unverified rules on which a permission may rest all the same, because somebody who
    /// may say so has read the law. `candor law list --waiting` shows those that wait.
    pub confirmed: Vec<String>,
}
