//! Admission plans: what the gate decides once for each combination and then only looks up.

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Purpose, Purposes, SourceId};

/// Why a purpose is open. The list is closed; exactly one holds for a purpose of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    Consent,
    ExplicitConsent,
    Contract,
    LegalDuty,
    Vital,
    PublicTask,
    LegitimateInterest,
    ExemptMeasurement,
    OptOutRegime,
}

impl Basis {
    /// Whether a recorded yes is needed.
    #[must_use]
    pub const fn needs_consent(self) -> bool {
        match self {
            Basis::Consent | Basis::ExplicitConsent => true,
            Basis::Contract
            | Basis::LegalDuty
            | Basis::Vital
            | Basis::PublicTask
            | Basis::LegitimateInterest
            | Basis::ExemptMeasurement
            | Basis::OptOutRegime => false,
        }
    }
}

/// A band of ages with its own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeBand {
    Unknown,
    Under13,
    Thirteen,
    Fourteen,
    Fifteen,
    SixteenToSeventeen,
    Adult,
}

/// What happens to the fields of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Keep,
    Coarsen,
    Mask,
    Drop,
}

/// What was known when a row was admitted: the key of its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VerdictKey {
    pub source: SourceId,
    /// The interned set of legal regimes; zero = none is known, all that is open stays consent.
    pub regimes: u16,
    pub age: AgeBand,
    pub yes: Purposes,
    pub no: Purposes,
    pub global_privacy_control: bool,
    /// Which version of catalogue and law decided; a digest's first bits.
    pub version: u32,
}

/// The compiled decision for one `VerdictKey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionPlan {
    pub key: VerdictKey,
    /// The purposes that are open.
    pub purposes: Purposes,
    /// Those of them that rest on consent and end with it.
    pub consented: Purposes,
    /// By category number: what happens to its fields.
    pub actions: Vec<Action>,
    /// By purpose number: the categories that a reader for it may see.
    pub readable: Vec<Categories>,
}

impl AdmissionPlan {
    /// The categories that a reader for this purpose may see.
    #[must_use]
    pub fn readable_for(&self, purpose: Purpose) -> Categories {
        self.readable.get(usize::from(purpose.number())).copied().unwrap_or(Categories::NONE)
    }
}
