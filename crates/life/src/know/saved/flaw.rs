//! What is wrong with something that shall be saved: where, what, and how to put it right.

use super::dashboard::COLUMNS;
use super::reach::Barred;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Amiss {
    #[error("it says nothing: write a few words")]
    Blank,
    #[error("it is longer than {max}: shorten it")]
    TooLong { max: usize },
    #[error("it has a line break or another control character: write it on one line")]
    Control,
    #[error("there are {count}: give at most {max}")]
    TooMany { count: usize, max: usize },
    #[error("there is none: give at least one")]
    None,
    #[error("`{id}` is no id: use 1 to 64 letters, digits and hyphens")]
    NotAnId { id: String },
    #[error("the id `{id}` stands twice: give each tile its own")]
    Twice { id: String },
    #[error("the tile does not lie in the grid of {COLUMNS} columns: move it, or make it smaller")]
    OutsideGrid,
    #[error("it lies over the tile `{id}`: move one of them")]
    Overlap { id: String },
    #[error("questions of the kind `{kind}` have no rows to filter: leave `where` out")]
    NotFiltered { kind: String },
    #[error("an alert watches a line of a trend: ask one of the kind `trend`")]
    NotATrend,
    #[error("an alert watches one number, not one for each value: leave `breakdown` out")]
    BrokenDown,
    #[error("the number is none that can be reached: write a finite one, above zero for a change")]
    Unreachable,
    #[error("`{text}` is no mail address: write it as name@example.com")]
    MailAddress { text: String },
    #[error("`{text}` is no address of a webhook: write https://, a host, and no user or password")]
    WebhookAddress { text: String },
    #[error(transparent)]
    Barred(#[from] Barred),
}

impl Amiss {
    /// The stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Amiss::Blank => "saved-blank",
            Amiss::TooLong { .. } => "saved-too-long",
            Amiss::Control => "saved-control",
            Amiss::TooMany { .. } => "saved-too-many",
            Amiss::None => "saved-none",
            Amiss::NotAnId { .. } => "tile-id",
            Amiss::Twice { .. } => "tile-twice",
            Amiss::OutsideGrid => "tile-outside",
            Amiss::Overlap { .. } => "tiles-overlap",
            Amiss::NotFiltered { .. } => "filter-impossible",
            Amiss::NotATrend => "alert-not-a-trend",
            Amiss::BrokenDown => "alert-broken-down",
            Amiss::Unreachable => "alert-unreachable",
            Amiss::MailAddress { .. } => "mail-address",
            Amiss::WebhookAddress { .. } => "webhook-address",
            Amiss::Barred(barred) => barred.code(),
        }
    }
}

/// Everything that is wrong, each with its place as a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Complaints(pub Vec<(String, Amiss)>);

impl Complaints {
    /// Notes one more.
    pub fn add(&mut self, pointer: impl Into<String>, amiss: Amiss) {
        self.0.push((pointer.into(), amiss));
    }
}
