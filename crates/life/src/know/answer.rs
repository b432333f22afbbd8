//! What a question is answered with, and what reading it took.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::kind::{Answer, Plan};

/// What was read for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Scanned {
    /// Rows that the purpose may see: how many there are beside them is nobody's to know.
    pub rows: u64,
    pub bytes: u64,
    pub files: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reply {
    #[serde(flatten)]
    pub answer: Answer,
    /// The answer in one sentence.
    pub sentence: String,
    pub scanned: Scanned,
    /// The instant up to which rows were seen.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Time,
    /// The purpose that the question was asked for.
    pub purpose: String,
}

impl Reply {
    /// Puts an answer and what it took together.
    #[must_use]
    pub fn new(plan: &Plan, answer: Answer, scanned: Scanned, as_of: Time, purpose: &str) -> Self {
        let sentence = plan.sentence(&answer);
        Self { answer, sentence, scanned, as_of, purpose: purpose.to_owned() }
    }
}
