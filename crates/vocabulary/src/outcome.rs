//! What became of a received event. Each ends in exactly one outcome; the outcomes sum to what was
//! received.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why the gate said no. A refusal carries no payload: only its stable code. The journal writes the
/// place in this list, so a new one goes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No purpose is open: consent is needed and none is known.
    ConsentAbsent,
    /// No purpose is open: the person said no, or took back a yes.
    ConsentWithdrawn,
    /// No purpose is open: the signal of the browser (Sec-GPC) closes what was left.
    SignalObjected,
    /// Every purpose of this source is closed: no basis is declared for it.
    PurposeClosed,
    /// The source speaks to children or to a mixed audience, and the age is unknown.
    AgeUnknown,
    /// The person was forgotten, and this was collected before that.
    Forgotten,
    /// The actor holds no authority for this purpose.
    ActorNotAllowed,
    /// The grant or the authority behind it has run out.
    Expired,
    /// A law, or a rule of this program, forbids every purpose that the source declares.
    LawForbids,
}

impl Refusal {
    pub const EVERY: [Refusal; 9] = [
        Refusal::ConsentAbsent,
        Refusal::ConsentWithdrawn,
        Refusal::SignalObjected,
        Refusal::PurposeClosed,
        Refusal::AgeUnknown,
        Refusal::Forgotten,
        Refusal::ActorNotAllowed,
        Refusal::Expired,
        Refusal::LawForbids,
    ];

    /// The stable code that answers, logs and documents use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Refusal::ConsentAbsent => "consent-absent",
            Refusal::ConsentWithdrawn => "consent-withdrawn",
            Refusal::SignalObjected => "signal-objected",
            Refusal::PurposeClosed => "purpose-closed",
            Refusal::LawForbids => "law-forbids",
            Refusal::AgeUnknown => "age-unknown",
            Refusal::Forgotten => "forgotten",
            Refusal::ActorNotAllowed => "actor-not-allowed",
            Refusal::Expired => "expired",
        }
    }

    /// How to put it right, for the person who reads the code.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Refusal::ConsentAbsent => {
                "send the person's choice: with the event (Segment `context.consent`, PostHog \
                 `$consent`), or `POST /v1/consent`"
            }
            Refusal::ConsentWithdrawn => {
                "nothing to do: the person said no; ask again only where the law allows it"
            }
            Refusal::SignalObjected => "nothing to do: the browser sent `Sec-GPC: 1`",
            Refusal::PurposeClosed => {
                "declare a basis for a purpose of this source in the configuration"
            }
            Refusal::LawForbids => {
                "see `candor law list` for the rules that hold in the markets of this source"
            }
            Refusal::AgeUnknown => {
                "send the person's age band, or declare the source's audience as general"
            }
            Refusal::Forgotten => {
                "nothing to do for what is older than the erasure; send a later act with its time or an id"
            }
            Refusal::ActorNotAllowed => {
                "use a token whose purposes hold the purpose of the question"
            }
            Refusal::Expired => "ask again with a token that is still valid",
        }
    }
}

/// What became of one received event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Kept, durable.
    Accepted,
    /// Its client key was seen before.
    Duplicate,
    /// A declared filter of the source dropped it before it was judged.
    Filtered,
    /// The gate said no.
    Refused(Refusal),
    /// It broke the protocol.
    Invalid,
    /// A limit of the source was reached.
    Limited,
    /// Admitted, but its storage failed; kept aside, sealed.
    Quarantined,
}

/// How many events of a source ended how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub received: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub filtered: u64,
    pub refused: BTreeMap<Refusal, u64>,
    pub invalid: u64,
    pub limited: u64,
    pub quarantined: u64,
}

impl Counts {
    /// Counts one event and its end.
    pub fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    /// Counts several events that ended alike.
    pub fn add_many(&mut self, outcome: Outcome, count: u64) {
        self.received += count;
        match outcome {
            Outcome::Accepted => self.accepted += count,
            Outcome::Duplicate => self.duplicate += count,
            Outcome::Filtered => self.filtered += count,
            Outcome::Refused(why) => *self.refused.entry(why).or_default() += count,
            Outcome::Invalid => self.invalid += count,
            Outcome::Limited => self.limited += count,
            Outcome::Quarantined => self.quarantined += count,
        }
        debug_assert!(
            self.is_balanced(),
            "INVARIANT(outcomes): the outcomes sum to what was received"
        );
    }

    /// INVARIANT(outcomes): every received event ended in exactly one outcome.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let refused: u64 = self.refused.values().sum();
        let ended =
            self.accepted + self.duplicate + self.filtered + refused + self.invalid + self.limited;
        ended + self.quarantined == self.received
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Counts) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.duplicate += other.duplicate;
        self.filtered += other.filtered;
        self.invalid += other.invalid;
        self.limited += other.limited;
        self.quarantined += other.quarantined;
        for (why, count) in &other.refused {
            *self.refused.entry(*why).or_default() += count;
        }
    }
}
