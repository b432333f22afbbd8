//! Why a purpose is open or closed, for whoever asks.

use vocabulary::Purpose;

use super::{AdmissionPlan, Basis, Terms, is_kept_small};
use crate::admit::footing::Footing;

/// Why a purpose is open, or the first thing that closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It rests on this basis.
    Open(Basis),
    /// The source declares no basis that the purpose may have.
    NoBasis,
    /// A rule of a law, or of this program, closes it.
    Law,
    /// The person is a child, or may be one.
    Young,
    /// The browser's signal closes it.
    Signal,
    /// The person said no.
    SaidNo,
    /// It needs a yes, and nobody has said it.
    NeedsYes(Basis),
}

impl Reason {
    /// The stable word of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Reason::Open(_) => "open",
            Reason::NoBasis => "no-basis",
            Reason::Law => "law",
            Reason::Young => "young",
            Reason::Signal => "signal",
            Reason::SaidNo => "said-no",
            Reason::NeedsYes(_) => "needs-yes",
        }
    }

    /// What decided, and what would change it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Reason::Open(basis) if basis.needs_consent() => {
                "The person said yes, and may take it back at any time.".to_owned()
            }
            Reason::Open(basis) if basis.yields_to_no() => {
                format!("It rests on {}; a no of the person would close it.", basis.words())
            }
            Reason::Open(basis) => {
                format!("It rests on {}; a no of the person does not touch it.", basis.words())
            }
            Reason::NoBasis => {
                "The source declares no basis for it: declare one that the purpose may have."
                    .to_owned()
            }
            Reason::Law => {
                "A rule closes it here whatever the person says: see the rules beside it."
                    .to_owned()
            }
            Reason::Young => "The person is a child, or may be one: only running the service and \
                              keeping it safe are open. A known age would change that."
                .to_owned(),
            Reason::Signal => "The browser asks not to be sold or shared; that beats a yes. \
                               Switching the signal off would change it."
                .to_owned(),
            Reason::SaidNo => "The person said no; only a later yes of theirs opens it.".to_owned(),
            Reason::NeedsYes(Basis::ExplicitConsent) => {
                "It needs the person's explicit yes: told for itself, with the notice that they \
                 were shown."
                    .to_owned()
            }
            Reason::NeedsYes(_) => "It needs the person's yes, and none is known.".to_owned(),
        }
    }
}

/// Why a purpose of a plan is open or closed.
#[must_use]
pub fn reason(
    terms: Terms<'_>,
    footing: &Footing,
    plan: &AdmissionPlan,
    purpose: Purpose,
) -> Reason {
    let ground = footing.of(purpose);
    let Some(basis) = ground.basis else {
        return if ground.rules.is_empty() { Reason::NoBasis } else { Reason::Law };
    };
    if plan.purposes.has(purpose) {
        return Reason::Open(basis);
    }
    let (source, key) = (terms.source, plan.key);
    let is_small = purpose == Purpose::OPERATE || purpose == Purpose::SECURE;
    let closed_by_signal =
        terms.catalogue.declared(purpose).is_some_and(|declared| declared.closed_by_signal);
    if is_kept_small(source.audience, key.age) && !is_small {
        Reason::Young
    } else if key.global_privacy_control && closed_by_signal {
        Reason::Signal
    } else if key.no.has(purpose) {
        Reason::SaidNo
    } else {
        Reason::NeedsYes(basis)
    }
}
