//! What is wrong with a question: where, what, and how to put it right. Never what people did.

use std::fmt;

use super::sql::SqlFlaw;

/// One thing that is wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands, as a JSON pointer into the question.
    pub pointer: String,
    pub flaw: Flaw,
}

/// What can be wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("`{name}` is no purpose: use one of {}", list(known))]
    UnknownPurpose { name: String, known: Vec<String> },
    #[error("no event `{name}` has arrived yet{}", near_names(near))]
    UnknownEvent { name: String, near: Vec<String> },
    #[error("`{name}` is no declared property{}", near_names(near))]
    UnknownProperty { name: String, near: Vec<String> },
    #[error("`{text}` is no time: write it as 2026-01-31, 2026-01-31T12:00:00Z, -30d or now")]
    InvalidTime { text: String },
    #[error("`{from}` is not before `{to}`: `to` is the first moment that is left out")]
    EmptyRange { from: String, to: String },
    #[error("`{name}` is no time zone: write it as Europe/Berlin or UTC")]
    UnknownZone { name: String },
    #[error("`{text}` is no length of time: write it as 30m, 12h, 7d or 2w")]
    InvalidWindow { text: String },
    #[error("`{name}` is no day of the week: write it as monday")]
    UnknownWeekday { name: String },
    #[error("more than {max} intervals: ask for a shorter time or a longer interval")]
    TooManyIntervals { max: usize },
    #[error("it is empty: give at least {least}")]
    TooFew { least: usize },
    #[error("there are {count}: give at most {max}")]
    TooMany { count: usize, max: usize },
    #[error("zero is always reached: give at least 1")]
    Zero,
    #[error("`{name}` is no kind of question: use one of {}", list_of(super::Plan::KINDS))]
    UnknownKind { name: String },
    #[error("no cohort `{name}` is saved: the list of cohorts has those that there are")]
    UnknownCohort { name: String },
    #[error("cohort `{name}` leads back to itself, or through more than eight others: undo that")]
    NestedCohort { name: String },
    #[error("the question cannot be read: {why}")]
    Unreadable { why: String },
    #[error("the answer has no such number: pick one that it has")]
    UnknownPick,
    #[error(
        "`{text}` is no formula from sign {at} on: reckon with `+ - * / ( )`, numbers, and the \
         series `A` to `{last}`"
    )]
    InvalidFormula { text: String, at: usize, last: char },
    #[error("`{count}` needs a property: name it in `of`")]
    NeedsProperty { count: &'static str },
    #[error(
        "`{property}` is declared as {kind}, and `{count}` reckons with numbers: name a property of \
         the type integer or number, or count `different`"
    )]
    NotNumbers { property: String, kind: &'static str, count: &'static str },
    #[error("`{count}` takes none: leave it out")]
    Needless { count: &'static str },
    #[error("{at} is no share in percent: give a whole number from 1 to 99")]
    InvalidPercentile { at: u8 },
    #[error("it is less than `at_least`: give at least {least}")]
    TooFewAtMost { least: u32 },
    #[error("`after` and `before` are numbers of two steps, from 1 to {last}, in this order")]
    NotBetween { last: usize },
    #[error("`{text}` is no earlier period: write `previous`, -7d, -1w, -1m or -1y")]
    InvalidCompare { text: String },
    #[error(transparent)]
    Sql(#[from] SqlFlaw),
}

impl Flaw {
    /// The stable word for this flaw.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Flaw::UnknownPurpose { .. } => "unknown-purpose",
            Flaw::UnknownEvent { .. } => "unknown-event",
            Flaw::UnknownProperty { .. } => "unknown-property",
            Flaw::InvalidTime { .. } => "invalid-time",
            Flaw::EmptyRange { .. } => "empty-range",
            Flaw::UnknownZone { .. } => "unknown-zone",
            Flaw::InvalidWindow { .. } => "invalid-window",
            Flaw::UnknownWeekday { .. } => "unknown-weekday",
            Flaw::TooManyIntervals { .. } => "too-many-intervals",
            Flaw::TooFew { .. } => "too-few",
            Flaw::TooMany { .. } => "too-many",
            Flaw::Zero => "zero",
            Flaw::UnknownKind { .. } => "unknown-kind",
            Flaw::UnknownCohort { .. } => "unknown-cohort",
            Flaw::NestedCohort { .. } => "nested-cohort",
            Flaw::Unreadable { .. } => "question-unreadable",
            Flaw::UnknownPick => "unknown-pick",
            Flaw::InvalidFormula { .. } => "invalid-formula",
            Flaw::NeedsProperty { .. } => "needs-property",
            Flaw::NotNumbers { .. } => "not-numbers",
            Flaw::Needless { .. } => "needless-field",
            Flaw::InvalidPercentile { .. } => "invalid-percentile",
            Flaw::TooFewAtMost { .. } => "too-few-at-most",
            Flaw::NotBetween { .. } => "not-between",
            Flaw::InvalidCompare { .. } => "invalid-compare",
            Flaw::Sql(flaw) => flaw.code(),
        }
    }
}

/// Everything that is wrong with a question; never empty when it is returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The only one.
    #[must_use]
    pub fn one(pointer: impl Into<String>, flaw: Flaw) -> Self {
        let mut faults = Self::default();
        faults.add(pointer, flaw);
        faults
    }

    /// Notes one more.
    pub fn add(&mut self, pointer: impl Into<String>, flaw: Flaw) {
        self.0.push(Fault { pointer: pointer.into(), flaw });
    }

    /// Keeps a good value, notes a flaw.
    pub fn keep<T>(&mut self, pointer: &str, result: Result<T, Flaw>) -> Option<T> {
        result.map_err(|flaw| self.add(pointer, flaw)).ok()
    }

    /// The stable word of the first one.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.first().map_or("invalid-question", |fault| fault.flaw.code())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(out, "{between}{}: {}", fault.pointer, fault.flaw)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn list_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn near_names(near: &[String]) -> String {
    if near.is_empty() {
        ": the catalogue lists those that there are".to_owned()
    } else {
        format!(": did you mean {}?", list(near))
    }
}
