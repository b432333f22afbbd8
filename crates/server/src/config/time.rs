//! `[time]`: the zone and the week in which days are counted unless a question says otherwise.

use serde::Deserialize;

/// The installation's zone and week.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRules {
    /// An IANA name such as `Europe/Berlin`.
    pub zone: String,
    pub week_start: WeekStart,
}

impl TimeRules {
    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        match life::know::period::zone(&self.zone) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!(
                "`zone = \"{}\"` is no time zone: write an IANA name such as `Europe/Berlin`",
                self.zone
            )),
        }
    }
}

/// The day on which weeks start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeekStart {
    Monday,
    Sunday,
}

impl WeekStart {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            WeekStart::Monday => "monday",
            WeekStart::Sunday => "sunday",
        }
    }
}
