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

/// By which act a yes was given. Only a clear act of the person themselves opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// The person chose, with yes and no as easy as each other and nothing chosen beforehand.
    #[default]
    Choice,
    /// Brought over from elsewhere with the record that proves the choice.
    Proved,
    /// A box was ticked beforehand.
    PreSet,
    /// It was part of accepting terms, or of something else.
    Bundled,
    /// The person went on using the service.
    Implied,
    /// It was given, and then not used for as long as the law lets it live.
    Inactive,
    /// Brought over from elsewhere without proof.
    Unproved,
}

impl Manner {
    pub const EVERY: [Manner; 7] = [
        Manner::Choice,
        Manner::Proved,
        Manner::PreSet,
        Manner::Bundled,
        Manner::Implied,
        Manner::Inactive,
        Manner::Unproved,
    ];

    /// The stable word of this manner.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Manner::Choice => "choice",
            Manner::Proved => "proved",
            Manner::PreSet => "pre-set",
            Manner::Bundled => "bundled",
            Manner::Implied => "implied",
            Manner::Inactive => "inactive",
            Manner::Unproved => "unproved",
        }
    }

    /// The manner with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|manner| manner.code() == word)
    }

    /// Whether a yes that was given so opens what needs consent.
    #[must_use]
    pub const fn opens(self) -> bool {
        match self {
            Manner::Choice | Manner::Proved => true,
            Manner::PreSet
            | Manner::Bundled
            | Manner::Implied
            | Manner::Inactive
            | Manner::Unproved => false,
        }
    }
}

/// The text that a person was shown when they chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeShown {
    pub version: Box<str>,
    /// A tag such as `de-AT`.
    pub language: Box<str>,
    /// The SHA-256 of the text, in hex.
    pub sha256: Box<str>,
}
