//! What the gate makes: `Raw` becomes `Identified` becomes `Admitted`, or is refused without a
//! payload.
//!
//! Nothing else can make an `Admitted`. What has come out of the gate can be looked at:
//!
//! ```
//! fn purposes(admitted: &life::admit::Admitted) -> vocabulary::Purposes { admitted.purposes() }
//! ```
//! It cannot be put together from parts, nor changed, nor copied, nor read back from storage:
//!
//! ```compile_fail,E0451
//! fn forge(admitted: life::admit::Admitted) -> life::admit::Admitted {
//!     life::admit::Admitted { purposes: vocabulary::Purposes::ALL, ..admitted }
//! }
//! ```
//! ```compile_fail,E0616
//! fn widen(admitted: &mut life::admit::Admitted) {
//!     admitted.purposes = vocabulary::Purposes::ALL;
//! }
//! ```
//! ```compile_fail,E0599
//! fn twice(admitted: life::admit::Admitted) -> [life::admit::Admitted; 2] {
//!     [admitted.clone(), admitted]
//! }
//! ```
//! ```compile_fail,E0277
//! fn read(text: &str) -> life::admit::Admitted { serde_json::from_str(text).unwrap() }
//! ```

use std::fmt;
use std::sync::Arc;

use vocabulary::{Class, Code, Limits, Purpose, Purposes, Refusal, SourceId, Time, Value};

use super::consent::{Act, Statement};
use super::fields::Taken;
use super::identifier::{Index, Sealable, Subject};
use super::plan::AdmissionPlan;
use crate::arrive::{Dated, Invalid, Raw};

/// An external id after blinding: the index that finds its leaf, and the clear id bound for
/// sealing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blinded {
    pub index: Index,
    pub subject: Subject,
    pub clear: Sealable,
}

/// A raw event whose ids have been blinded; its standing can now be looked up.
pub struct Identified<'a> {
    pub(super) raw: Raw<'a>,
    /// The id that the row will hold as its leaf.
    pub(super) whose: Blinded,
    /// The second id of an event that links two.
    pub(super) other: Option<Blinded>,
    /// Every further id that it names, whether or not it links.
    pub(super) others: Vec<Index>,
    /// The act of consent that the event itself carries, already narrowed to what its key may say.
    pub(super) act: Option<Act>,
    /// What was stated, where a choice is told for itself.
    pub(super) statement: Option<Box<Statement>>,
}

impl Identified<'_> {
    /// The id that the row will hold as its leaf.
    #[must_use]
    pub fn whose(&self) -> &Blinded {
        &self.whose
    }

    /// The second id of an event that links two.
    #[must_use]
    pub fn other(&self) -> Option<&Blinded> {
        self.other.as_ref()
    }

    /// Every id that the event names: one that was erased takes the whole event with it.
    pub fn named(&self) -> impl Iterator<Item = &Index> {
        std::iter::once(&self.whose.index).chain(&self.others)
    }

    /// What the event says about consent, narrowed to what its key may say.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        self.act
    }

    /// What was stated, where a choice is told for itself, whatever it opens.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_deref()
    }

    #[must_use]
    pub fn time(&self) -> Time {
        self.raw.time
    }

    /// The instant whose law and consents count beside those of now.
    #[must_use]
    pub fn happened(&self) -> Time {
        self.raw.happened()
    }

    /// Whether the client said a time that cannot be.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.raw.dated == Dated::Doubted
    }

    /// The earliest instant at which it may have happened.
    #[must_use]
    pub fn earliest(&self, limits: &Limits) -> Time {
        self.raw.earliest(limits)
    }

    #[must_use]
    pub fn received(&self) -> Time {
        self.raw.received
    }
}

/// An event that the gate let through, with exactly the fields that may be kept.
///
/// INVARIANT(gate): private fields; `Gate::judge` is the only maker.
pub struct Admitted {
    pub(super) event: Box<str>,
    pub(super) whose: Blinded,
    /// The id to link with `whose`, under a linking purpose only.
    pub(super) link: Option<Blinded>,
    /// Every further id that it names, whether or not it links.
    pub(super) others: Vec<Index>,
    pub(super) act: Option<Act>,
    pub(super) time: Time,
    pub(super) happened: Time,
    pub(super) earliest: Time,
    pub(super) received: Time,
    pub(super) sequence: u32,
    pub(super) source: SourceId,
    pub(super) session: u64,
    pub(super) purposes: Purposes,
    pub(super) plan: Arc<AdmissionPlan>,
    pub(super) duplicate: Option<[u8; 16]>,
    /// Values of promoted properties, and values to seal under the person's key of a class.
    pub(super) taken: Vec<Taken>,
}

/// What an admitted event consists of, for the keeper who writes it down.
pub struct Parts {
    pub event: Box<str>,
    pub whose: Blinded,
    pub link: Option<Blinded>,
    pub act: Option<Act>,
    pub time: Time,
    pub received: Time,
    pub sequence: u32,
    pub source: SourceId,
    pub session: u64,
    pub purposes: Purposes,
    pub plan: Arc<AdmissionPlan>,
    pub duplicate: Option<[u8; 16]>,
    pub columns: Vec<(Code, Value)>,
    pub sealed: Vec<(Class, Code, Value)>,
}

impl Admitted {
    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The id that the row holds as its leaf.
    #[must_use]
    pub fn whose(&self) -> &Blinded {
        &self.whose
    }

    /// The id to link with `whose`: only there when linking is open.
    #[must_use]
    pub fn link(&self) -> Option<&Blinded> {
        self.link.as_ref()
    }

    /// Every id that the event names: one that was erased takes the whole event with it.
    pub fn named(&self) -> impl Iterator<Item = &Index> {
        std::iter::once(&self.whose.index).chain(&self.others)
    }

    /// The act of consent that the event carried.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        self.act
    }

    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// The instant whose law and consents count beside those of now.
    #[must_use]
    pub fn happened(&self) -> Time {
        self.happened
    }

    /// The earliest instant at which it may have happened.
    #[must_use]
    pub fn earliest(&self) -> Time {
        self.earliest
    }

    #[must_use]
    pub fn received(&self) -> Time {
        self.received
    }

    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The client's session as a keyed number; zero = none was sent.
    #[must_use]
    pub fn session(&self) -> u64 {
        self.session
    }

    /// INVARIANT(ceiling): the purposes that are open for this event; never more than the plan's.
    #[must_use]
    pub fn purposes(&self) -> Purposes {
        self.purposes
    }

    #[must_use]
    pub fn plan(&self) -> &Arc<AdmissionPlan> {
        &self.plan
    }

    /// The key by which a repetition is known.
    #[must_use]
    pub fn duplicate(&self) -> Option<[u8; 16]> {
        self.duplicate
    }

    /// Values of promoted properties.
    pub fn columns(&self) -> impl Iterator<Item = (Code, &Value)> {
        let columns = self.taken.iter().filter(|taken| taken.class.is_none());
        columns.map(|taken| (taken.code, &taken.value))
    }

    /// Values to seal under the person's key of a class.
    pub fn sealed(&self) -> impl Iterator<Item = (Class, Code, &Value)> {
        self.taken.iter().filter_map(|taken| Some((taken.class?, taken.code, &taken.value)))
    }

    /// Closes purposes that a no ends: what somebody took back or objected to since it was judged.
    ///
    /// Values that only those purposes could keep go too. Answers false when no purpose is left;
    /// then the event may not be kept.
    pub fn narrow(&mut self, closed: Purposes) -> bool {
        self.purposes = self.purposes.without(closed & self.plan.yielding());
        let open = self.purposes;
        self.taken.retain(|taken| !(taken.kept_for & open).is_empty());
        if !open.has(Purpose::LINK_DEVICES) {
            self.link = None;
        }
        !open.is_empty()
    }

    /// The event taken apart, for the keeper.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        let mut columns = Vec::with_capacity(self.taken.len());
        let mut sealed = Vec::with_capacity(self.taken.len());
        for taken in self.taken {
            match taken.class {
                None => columns.push((taken.code, taken.value)),
                Some(class) => sealed.push((class, taken.code, taken.value)),
            }
        }
        Parts {
            event: self.event,
            whose: self.whose,
            link: self.link,
            act: self.act,
            time: self.time,
            received: self.received,
            sequence: self.sequence,
            source: self.source,
            session: self.session,
            purposes: self.purposes,
            plan: self.plan,
            duplicate: self.duplicate,
            columns,
            sealed,
        }
    }
}

/// What the gate decided about one event.
#[derive(Debug)]
pub enum Judged {
    Admitted(Box<Admitted>),
    /// Refused; an act of consent that it carried still counts, above all a `no`.
    Refused {
        why: Refusal,
        whose: Blinded,
        act: Option<Act>,
    },
    Filtered,
    /// A limit of the source was reached before it was judged.
    Limited,
    Invalid(Invalid),
}

impl fmt::Debug for Identified<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identified").field("whose", &self.whose).finish_non_exhaustive()
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Admitted").field("purposes", &self.purposes).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts").field("purposes", &self.purposes).finish_non_exhaustive()
    }
}
