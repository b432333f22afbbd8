//! What somebody stated about consent, as it was heard: the record that proves a choice, or shows
//! that there was none.

use serde::{Deserialize, Serialize};
use vocabulary::{Manner, NoticeShown, Purposes, SourceId, Time};

/// One statement. What it opens or closes is an act of its own; it says how express that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// When it was made, by corrected time.
    pub time: Time,
    /// When it was heard.
    pub heard: Time,
    pub source: SourceId,
    /// What it said, whether or not a yes of this manner opens anything.
    pub yes: Purposes,
    pub no: Purposes,
    pub manner: Manner,
    pub notice: Option<NoticeShown>,
}

impl Statement {
    /// Statements of one id that are kept.
    pub const COUNT_MAX: usize = 64;

    /// Whether it proves that somebody chose a yes.
    #[must_use]
    pub fn proves(&self) -> bool {
        !self.yes.is_empty() && self.manner.opens()
    }

    /// Whether its yes is express enough for what needs explicit consent: by a clear act, and with
    /// what the person was shown.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.proves() && self.notice.is_some()
    }
}
