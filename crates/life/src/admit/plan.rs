//! Admission plans: what the gate decides once for each combination and then only looks up.
//!
//! INVARIANT(protective): another no, one yes less, a signal or an unknown age never opens a
//! purpose.

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Category, Purpose, Purposes, Refusal, Regimes, SourceId, Time};

use super::catalogue::{Catalogue, DeclaredCategory, DeclaredPurpose};
use super::footing::{Footing, Views};
use super::law::{AsOf, Law};
use super::source::{Audience, Source};

mod reason;
#[cfg(test)]
mod tests;

pub use reason::{Reason, reason};

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

    /// What it is, within a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Basis::Consent => "consent",
            Basis::ExplicitConsent => "explicit consent",
            Basis::Contract => "a contract with the person",
            Basis::LegalDuty => "a legal duty",
            Basis::Vital => "somebody's vital interest",
            Basis::PublicTask => "a public task",
            Basis::LegitimateInterest => "a legitimate interest",
            Basis::ExemptMeasurement => "a law that lets an audience be counted",
            Basis::OptOutRegime => "a law by which people opt out",
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

    /// Whether a law has to permit it, because nobody was asked and nobody is owed anything.
    #[must_use]
    pub const fn needs_permission(self) -> bool {
        matches!(self, Basis::ExemptMeasurement | Basis::OptOutRegime)
    }

    /// How much it asks of the operator: of two that hold at once the greater counts.
    #[must_use]
    pub const fn asks(self) -> u8 {
        match self {
            Basis::OptOutRegime => 0,
            Basis::ExemptMeasurement => 1,
            Basis::LegitimateInterest
            | Basis::PublicTask
            | Basis::Contract
            | Basis::LegalDuty
            | Basis::Vital => 2,
            Basis::Consent => 3,
            Basis::ExplicitConsent => 4,
        }
    }

    /// Whether a no is an objection, which can be taken back, and not the end of what it rests on.
    #[must_use]
    pub const fn is_objectable(self) -> bool {
        matches!(self, Basis::LegitimateInterest | Basis::PublicTask)
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
    /// The legal regimes that hold, all at once.
    pub regimes: Regimes,
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

    /// Whether it is such a key; no other has the same purpose among yes and no.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        self.yes == Purposes::ALL && self.no == Purposes::ALL
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
    /// Those of them that rest on explicit consent.
    pub explicit: Purposes,
    /// By purpose number: the one basis that it rests on, open or not; `None` = it is closed for
    /// good.
    pub bases: Vec<Option<Basis>>,
    /// By category number: what happens to its fields.
    pub actions: Vec<Action>,
    /// By purpose number: the categories that a reader for it may see.
    pub readable: Vec<Categories>,
    /// By category number: the open purposes that may see its fields in the form they are kept in.
    pub readers: Vec<Purposes>,
}

impl AdmissionPlan {
    /// The open purposes that a recorded no ends: those that rest on consent, and those to which a
    /// person may object.
    #[must_use]
    pub fn yielding(&self) -> Purposes {
        let yields = |purpose: &Purpose| self.basis(*purpose).is_some_and(Basis::yields_to_no);
        self.purposes.iter().filter(yields).collect()
    }

    /// The categories that a reader for this purpose may see.
    #[must_use]
    pub fn readable_for(&self, purpose: Purpose) -> Categories {
        self.readable.get(usize::from(purpose.number())).copied().unwrap_or(Categories::NONE)
    }

    /// The open purposes that may see fields of a category in the form they are kept in.
    #[must_use]
    pub fn readers_of(&self, category: Category) -> Purposes {
        self.readers.get(usize::from(category.number())).copied().unwrap_or(Purposes::NONE)
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

/// What a plan is compiled from, whoever the person is: what the words mean, the law, a source, and
/// the instants whose law an event has to satisfy.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub catalogue: &'a Catalogue,
    pub law: &'a Law,
    pub source: &'a Source,
    pub views: Views,
}

impl<'a> Terms<'a> {
    /// For an event that happened at `time` and is judged at `now`: the law of its time and of now.
    #[must_use]
    pub fn at(
        catalogue: &'a Catalogue,
        law: &'a Law,
        source: &'a Source,
        (time, now): (Time, Time),
    ) -> Self {
        let of = |valid: Time| AsOf { valid, known: now };
        Self { catalogue, law, source, views: [of(now), of(time)] }
    }

    /// The key of a verdict with these answers.
    #[must_use]
    pub fn key(&self, (yes, no): (Purposes, Purposes), global_privacy_control: bool) -> VerdictKey {
        let Self { catalogue, law, source, views } = self;
        let edition = |view: AsOf| (law.edition(view.valid), law.edition(view.known));
        VerdictKey {
            source: source.id,
            regimes: source.regimes,
            age: AgeBand::Unknown,
            yes: yes.without(no),
            no,
            global_privacy_control,
            version: source.version(catalogue.version(), law.version(), views.map(edition)),
        }
    }
}

/// Compiles the plan for one combination.
#[must_use]
pub fn compile(terms: Terms<'_>, footing: &Footing, key: VerdictKey) -> AdmissionPlan {
    let Terms { catalogue, source, .. } = terms;
    let mut plan = AdmissionPlan {
        key,
        purposes: Purposes::NONE,
        consented: Purposes::NONE,
        explicit: Purposes::NONE,
        bases: footing.bases(),
        actions: vec![Action::Drop; usize::from(Category::COUNT_MAX)],
        readable: vec![Categories::NONE; usize::from(Purpose::COUNT_MAX)],
        readers: vec![Purposes::NONE; usize::from(Category::COUNT_MAX)],
    };
    for declared in catalogue.purposes() {
        let Some(basis) = footing.of(declared.purpose).basis else { continue };
        if is_open(source, declared, basis, &key) {
            plan.purposes = plan.purposes.with(declared.purpose);
            if basis.needs_consent() {
                plan.consented = plan.consented.with(declared.purpose);
            }
            if basis == Basis::ExplicitConsent {
                plan.explicit = plan.explicit.with(declared.purpose);
            }
        }
    }
    for declared in catalogue.categories() {
        let (whole, reduced) = readers_of(declared, footing);
        let action = action(declared, whole & plan.purposes, reduced & plan.purposes);
        if let Some(slot) = plan.actions.get_mut(usize::from(declared.category.number())) {
            *slot = action;
        }
        let readers = match action {
            Action::Keep => whole & plan.purposes,
            Action::Coarsen | Action::Mask => reduced & plan.purposes,
            Action::Drop => Purposes::NONE,
        };
        if let Some(slot) = plan.readers.get_mut(usize::from(declared.category.number())) {
            *slot = readers;
        }
        for purpose in readers.iter() {
            if let Some(slot) = plan.readable.get_mut(usize::from(purpose.number())) {
                *slot = slot.with(declared.category);
            }
        }
    }
    plan
}

/// Why a plan without an open purpose has none; the first reason that alone would do.
#[must_use]
pub fn refusal(terms: Terms<'_>, footing: &Footing, plan: &AdmissionPlan) -> Refusal {
    let key = plan.key;
    if is_kept_small(terms.source.audience, key.age) {
        return Refusal::AgeUnknown;
    }
    let could = |key: VerdictKey| !compile(terms, footing, key).purposes.is_empty();
    let declared = terms.catalogue.purposes();
    let bases = || declared.iter().filter_map(|d| Some((d.purpose, plan.basis(d.purpose)?)));
    if bases().any(|(purpose, basis)| basis.yields_to_no() && key.no.has(purpose)) {
        Refusal::ConsentWithdrawn
    } else if key.global_privacy_control
        && could(VerdictKey { global_privacy_control: false, ..key })
    {
        Refusal::SignalObjected
    } else if bases().any(|(purpose, basis)| basis.needs_consent() && !key.yes.has(purpose)) {
        Refusal::ConsentAbsent
    } else if !footing.forbidden().is_empty() {
        Refusal::LawForbids
    } else {
        Refusal::PurposeClosed
    }
}

/// The purposes that may see a category whole, and those that may see it coarse or masked.
fn readers_of(declared: &DeclaredCategory, footing: &Footing) -> (Purposes, Purposes) {
    let barred = |is_barred: &dyn Fn(Purpose) -> bool| -> Purposes {
        Purposes::ALL.iter().filter(|purpose| is_barred(*purpose)).collect()
    };
    let dropped = barred(&|purpose| footing.of(purpose).dropped.has(declared.category));
    let reduced = barred(&|purpose| footing.of(purpose).reduced.has(declared.category));
    let whole = declared.kept_for.without(dropped | reduced);
    (whole, declared.coarse_for.without(dropped))
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

fn action(declared: &DeclaredCategory, whole: Purposes, reduced: Purposes) -> Action {
    if !whole.is_empty() {
        Action::Keep
    } else if !reduced.is_empty() {
        declared.otherwise
    } else {
        Action::Drop
    }
}
