//! A rule: what it says, where it stands, when it holds, and the cases that show it.

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Regime, Time};

use super::AsOf;
use super::circumstance::Circumstances;
use super::predicate::{Predicate, Truth};
use crate::admit::plan::Basis;

/// How far a law has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In force from its first day on, whether or not that has come.
    InForce,
    /// Passed, but a court or an office keeps it from being applied.
    Stayed,
    /// Not passed: never applied, only shown.
    Proposed,
}

impl Status {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Status::InForce => "in-force",
            Status::Stayed => "stayed",
            Status::Proposed => "proposed",
        }
    }
}

/// The form in which data of a category must be held at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Not whole: coarse, or masked.
    Reduced,
    /// Not at all.
    Dropped,
}

/// What a rule does where it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing may be done.
    Forbid,
    /// It may rest on these bases only.
    NeedBasis(Vec<Basis>),
    /// Where nobody has said anything it may rest on this basis.
    PermitOnSilence(Basis),
    /// Data of these categories may be held in this form at most.
    Hold(Form, Categories),
}

impl Effect {
    /// The stable word of this effect.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Effect::Forbid => "forbid",
            Effect::NeedBasis(_) => "need-basis",
            Effect::PermitOnSilence(_) => "permit-on-silence",
            Effect::Hold(Form::Reduced, _) => "reduce",
            Effect::Hold(Form::Dropped, _) => "drop",
        }
    }
}

/// What a rule is expected to say in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    Applies,
    DoesNotApply,
    /// It would need to know something that the case does not say.
    Unknown,
}

impl Expected {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Expected::Applies => "applies",
            Expected::DoesNotApply => "does-not-apply",
            Expected::Unknown => "unknown",
        }
    }
}

/// A case beside a rule: on this day, under these circumstances, it says this, as a source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub day: jiff::civil::Date,
    pub at: Time,
    pub given: Vec<(super::Circumstance, Held)>,
    pub expected: Expected,
    pub source: String,
}

/// A value that a case gives a circumstance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Word(String),
    Words(Vec<String>),
    Number(i64),
    Flag(bool),
}

impl Case {
    /// The circumstances of the case.
    #[must_use]
    pub fn circumstances(&self) -> Circumstances<'_> {
        self.given.iter().fold(Circumstances::default(), |all, (circumstance, held)| {
            all.with(*circumstance, held.given())
        })
    }
}

impl Held {
    fn given(&self) -> super::Given<'_> {
        match self {
            Held::Word(word) => super::Given::Word(word),
            Held::Words(words) => super::Given::Words(words.iter().map(String::as_str).collect()),
            Held::Number(number) => super::Given::Number(*number),
            Held::Flag(flag) => super::Given::Flag(*flag),
        }
    }
}

/// One version of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case, the same in all its versions.
    pub id: String,
    /// The file that it stands in, below `law/`.
    pub file: String,
    pub regime: Regime,
    pub law: String,
    pub cite: String,
    /// What it says, in a plain sentence.
    pub words: String,
    pub status: Status,
    /// Whether somebody held it against its source. An unverified rule may forbid, never permit.
    pub is_verified: bool,
    /// Whether the operator has confirmed it by name.
    pub is_confirmed: bool,
    /// The legal day from which it holds, and that from which it does not hold any more.
    pub from: jiff::civil::Date,
    pub until: Option<jiff::civil::Date>,
    /// The day from which this version was known, and that from which another is known instead.
    pub known: jiff::civil::Date,
    pub replaced: Option<jiff::civil::Date>,
    pub valid_instants: Interval,
    pub known_instants: Interval,
    pub when: Predicate,
    pub effect: Effect,
    pub sources: Vec<String>,
    pub cases: Vec<Case>,
}

/// From an instant up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub from: Time,
    pub until: Option<Time>,
}

impl Interval {
    #[must_use]
    pub fn has(self, time: Time) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

impl Rule {
    /// Whether it is in force, and known.
    #[must_use]
    pub fn holds(&self, as_of: AsOf) -> bool {
        self.status == Status::InForce
            && self.valid_instants.has(as_of.valid)
            && self.known_instants.has(as_of.known)
    }

    /// Whether it is in force on a legal day of its regime, as far as it was known on another.
    #[must_use]
    pub fn holds_on(&self, valid: jiff::civil::Date, known: jiff::civil::Date) -> bool {
        let has = |from: jiff::civil::Date, until: Option<jiff::civil::Date>, day| {
            from <= day && until.is_none_or(|until| day < until)
        };
        self.status == Status::InForce
            && has(self.from, self.until, valid)
            && has(self.known, self.replaced, known)
    }

    /// Whether it would permit something, and waits for the operator to confirm it.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.effect, Effect::PermitOnSilence(_)) && !self.may_permit()
    }

    /// Whether it applies under these circumstances, as far as they are known.
    #[must_use]
    pub fn applies(&self, circumstances: &Circumstances<'_>) -> Truth {
        self.when.truth(circumstances)
    }

    /// Whether a permission may rest on it.
    #[must_use]
    pub fn may_permit(&self) -> bool {
        self.is_verified || self.is_confirmed
    }

    /// What it says in one of its cases.
    #[must_use]
    pub fn says(&self, case: &Case) -> Expected {
        if self.status != Status::InForce || !self.valid_instants.has(case.at) {
            return Expected::DoesNotApply;
        }
        match self.applies(&case.circumstances()) {
            Truth::Yes => Expected::Applies,
            Truth::No => Expected::DoesNotApply,
            Truth::Unknown => Expected::Unknown,
        }
    }
}
