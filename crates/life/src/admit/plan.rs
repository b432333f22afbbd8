//! Admission plans: what the gate decides once for each combination and then only looks up.
//!
//! INVARIANT(protective): another no, one yes less, a signal or an unknown age never opens a
//! purpose.

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Category, Purpose, Purposes, Refusal, SourceId};

use super::catalogue::{Catalogue, DeclaredCategory, DeclaredPurpose};
use super::source::{Audience, Source};

#[cfg(test)]
mod tests;

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
    /// The stable word of this basis.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Basis::Consent => "consent",
            Basis::ExplicitConsent => "explicit-consent",
            Basis::Contract => "contract",
            Basis::LegalDuty => "legal-duty",
            Basis::Vital => "vital",
            Basis::PublicTask => "public-task",
            Basis::LegitimateInterest => "legitimate-interest",
            Basis::ExemptMeasurement => "exempt-measurement",
            Basis::OptOutRegime => "opt-out-regime",
        }
    }

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

    /// Whether a recorded no ends it: consent is withdrawn, an interest is objected to, a regime
    /// opted out of.
    #[must_use]
    pub const fn yields_to_no(self) -> bool {
        match self {
            Basis::Contract | Basis::LegalDuty | Basis::Vital => false,
            Basis::Consent
            | Basis::ExplicitConsent
            | Basis::PublicTask
            | Basis::LegitimateInterest
            | Basis::ExemptMeasurement
            | Basis::OptOutRegime => true,
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

impl VerdictKey {
    /// The key of all verdicts of the same source and rules, whatever was said. No plan with other
    /// answers opens a purpose that has no basis, and bases do not hang on answers.
    #[must_use]
    pub fn anything_said(self) -> Self {
        Self { yes: Purposes::ALL, no: Purposes::ALL, global_privacy_control: false, ..self }
    }
}

/// The compiled decision for one `VerdictKey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionPlan {
    pub key: VerdictKey,
    /// The purposes that are open.
    pub purposes: Purposes,
    /// Those of them that rest on consent and end with it.
    pub consented: Purposes,
    /// By purpose number: the one basis that it rests on, open or not; `None` = it is closed for
    /// good.
    pub bases: Vec<Option<Basis>>,
    /// By category number: what happens to its fields.
    pub actions: Vec<Action>,
    /// By purpose number: the categories that a reader for it may see.
    pub readable: Vec<Categories>,
}

impl AdmissionPlan {
    /// The open purposes that a recorded no ends: those that rest on consent, and those to which a
    /// person may object.
    #[must_use]
    pub fn yielding(&self) -> Purposes {
        self.purposes & self.based_yielding()
    }

    /// Every purpose that has a basis, open or not.
    #[must_use]
    pub fn based(&self) -> Purposes {
        Purposes::ALL.iter().filter(|purpose| self.basis(*purpose).is_some()).collect()
    }

    /// Those of them that a recorded no ends, or would end.
    #[must_use]
    pub fn based_yielding(&self) -> Purposes {
        let yields = |purpose: &Purpose| self.basis(*purpose).is_some_and(Basis::yields_to_no);
        Purposes::ALL.iter().filter(yields).collect()
    }

    /// The categories that a reader for this purpose may see.
    #[must_use]
    pub fn readable_for(&self, purpose: Purpose) -> Categories {
        self.readable.get(usize::from(purpose.number())).copied().unwrap_or(Categories::NONE)
    }

    /// What happens to the fields of a category; an undeclared one is dropped.
    #[must_use]
    pub fn action(&self, category: Category) -> Action {
        self.actions.get(usize::from(category.number())).copied().unwrap_or(Action::Drop)
    }

    /// The basis that a purpose rests on.
    #[must_use]
    pub fn basis(&self, purpose: Purpose) -> Option<Basis> {
        self.bases.get(usize::from(purpose.number())).copied().flatten()
    }
}

/// The key of a verdict about this source with these answers.
#[must_use]
pub fn key(
    catalogue: &Catalogue,
    source: &Source,
    (yes, no): (Purposes, Purposes),
    global_privacy_control: bool,
) -> VerdictKey {
    VerdictKey {
        source: source.id,
        regimes: 0,
        age: AgeBand::Unknown,
        yes: yes.without(no),
        no,
        global_privacy_control,
        version: source.version(catalogue.version()),
    }
}

/// Compiles the plan for one combination.
#[must_use]
pub fn compile(catalogue: &Catalogue, source: &Source, key: VerdictKey) -> AdmissionPlan {
    let mut plan = AdmissionPlan {
        key,
        purposes: Purposes::NONE,
        consented: Purposes::NONE,
        bases: vec![None; usize::from(Purpose::COUNT_MAX)],
        actions: vec![Action::Drop; usize::from(Category::COUNT_MAX)],
        readable: vec![Categories::NONE; usize::from(Purpose::COUNT_MAX)],
    };
    for declared in catalogue.purposes() {
        let Some(basis) = basis(catalogue, source, declared, key.regimes) else { continue };
        if let Some(slot) = plan.bases.get_mut(usize::from(declared.purpose.number())) {
            *slot = Some(basis);
        }
        if is_open(source, declared, basis, &key) {
            plan.purposes = plan.purposes.with(declared.purpose);
            if basis.needs_consent() {
                plan.consented = plan.consented.with(declared.purpose);
            }
        }
    }
    for declared in catalogue.categories() {
        let action = action(declared, plan.purposes);
        if let Some(slot) = plan.actions.get_mut(usize::from(declared.category.number())) {
            *slot = action;
        }
        for purpose in (readers(declared, action) & plan.purposes).iter() {
            if let Some(slot) = plan.readable.get_mut(usize::from(purpose.number())) {
                *slot = slot.with(declared.category);
            }
        }
    }
    plan
}

/// Why a plan without an open purpose has none; the first reason that alone would do.
#[must_use]
pub fn refusal(catalogue: &Catalogue, source: &Source, plan: &AdmissionPlan) -> Refusal {
    let key = plan.key;
    if is_kept_small(source.audience, key.age) {
        return Refusal::AgeUnknown;
    }
    let could = |key: VerdictKey| !compile(catalogue, source, key).purposes.is_empty();
    let bases =
        || catalogue.purposes().iter().filter_map(|d| Some((d.purpose, plan.basis(d.purpose)?)));
    if bases().any(|(purpose, basis)| basis.yields_to_no() && key.no.has(purpose)) {
        Refusal::ConsentWithdrawn
    } else if key.global_privacy_control
        && could(VerdictKey { global_privacy_control: false, ..key })
    {
        Refusal::SignalObjected
    } else if bases().any(|(purpose, basis)| basis.needs_consent() && !key.yes.has(purpose)) {
        Refusal::ConsentAbsent
    } else {
        Refusal::PurposeClosed
    }
}

/// The purposes any of which lets a field of this category stay in the form that the action leaves
/// it in.
pub(super) fn readers(declared: &DeclaredCategory, action: Action) -> Purposes {
    match action {
        Action::Keep => declared.kept_for,
        Action::Coarsen | Action::Mask => declared.coarse_for,
        Action::Drop => Purposes::NONE,
    }
}

/// The one basis of a purpose here; `None` when none that is allowed is declared.
fn basis(
    catalogue: &Catalogue,
    source: &Source,
    declared: &DeclaredPurpose,
    regimes: u16,
) -> Option<Basis> {
    let named = source.bases.get(&declared.purpose).copied();
    if named.is_some_and(|named| !declared.bases.contains(&named)) {
        return None;
    }
    let named = named.unwrap_or(Basis::Consent);
    let holds = match named {
        Basis::ExemptMeasurement => source.is_exempt(catalogue),
        // Whether opting out is the rule somewhere is a law's word, and no law is known yet.
        Basis::OptOutRegime => regimes != 0,
        Basis::LegitimateInterest
        | Basis::PublicTask
        | Basis::Contract
        | Basis::LegalDuty
        | Basis::Vital => !(source.kind.reads_device() && declared.on_device),
        Basis::Consent | Basis::ExplicitConsent => true,
    };
    let basis = if holds { named } else { Basis::Consent };
    if declared.bases.contains(&basis) {
        return Some(basis);
    }
    let is_explicit = basis == Basis::Consent && declared.bases.contains(&Basis::ExplicitConsent);
    is_explicit.then_some(Basis::ExplicitConsent)
}

fn is_open(source: &Source, declared: &DeclaredPurpose, basis: Basis, key: &VerdictKey) -> bool {
    let purpose = declared.purpose;
    let is_small = purpose == Purpose::OPERATE || purpose == Purpose::SECURE;
    if is_kept_small(source.audience, key.age) && !is_small {
        return false;
    }
    if declared.closed_by_signal && key.global_privacy_control {
        return false;
    }
    let is_denied = basis.yields_to_no() && key.no.has(purpose);
    !is_denied && (key.yes.has(purpose) || !basis.needs_consent())
}

/// Whether only what runs and guards the service is open, because the person is a child or may be
/// one.
fn is_kept_small(audience: Audience, age: AgeBand) -> bool {
    match (audience, age) {
        (Audience::General, AgeBand::Unknown | AgeBand::Adult)
        | (Audience::Mixed, AgeBand::Adult) => false,
        (Audience::Child, _) | (Audience::Mixed, AgeBand::Unknown) => true,
        (
            Audience::General | Audience::Mixed,
            AgeBand::Under13
            | AgeBand::Thirteen
            | AgeBand::Fourteen
            | AgeBand::Fifteen
            | AgeBand::SixteenToSeventeen,
        ) => true,
    }
}

fn action(declared: &DeclaredCategory, open: Purposes) -> Action {
    if !(declared.kept_for & open).is_empty() {
        Action::Keep
    } else if !(declared.coarse_for & open).is_empty() {
        declared.otherwise
    } else {
        Action::Drop
    }
}
