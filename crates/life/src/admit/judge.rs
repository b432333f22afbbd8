//! The gate: `Raw` becomes `Identified` becomes `Admitted`, or is refused without leaving a payload.
//!
//! Nothing else can make an `Admitted`:
//!
//! ```compile_fail
//! let forged = life::admit::Admitted { ..todo!() };
//! ```

use std::fmt;

use vocabulary::{Class, Code, Purposes, Refusal, SourceId, Time, Value};

use super::consent::Act;
use super::identifier::{Index, Sealable, Subject};
use super::plan::AdmissionPlan;
use crate::arrive::{Invalid, Raw};

/// An external id after blinding: the index that finds its leaf, and the clear id bound for sealing.
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
    /// The act of consent that the event itself carries, already narrowed to what its key may say.
    pub(super) act: Option<Act>,
}

/// An event that the gate let through, with exactly the fields that may be kept.
///
/// INVARIANT(gate): private fields; `Gate::judge` is the only maker.
pub struct Admitted {
    pub(super) event: Box<str>,
    pub(super) whose: Blinded,
    /// The id to link with `whose`, under a linking purpose only.
    pub(super) link: Option<Blinded>,
    pub(super) act: Option<Act>,
    pub(super) time: Time,
    pub(super) received: Time,
    pub(super) sequence: u32,
    pub(super) source: SourceId,
    pub(super) session: u64,
    pub(super) purposes: Purposes,
    pub(super) plan: std::sync::Arc<AdmissionPlan>,
    pub(super) duplicate: Option<[u8; 16]>,
    /// Values of promoted properties.
    pub(super) columns: Vec<(Code, Value)>,
    /// Values to seal under the person's key of this class.
    pub(super) sealed: Vec<(Class, Code, Value)>,
}

/// What the gate decided about one event.
#[derive(Debug)]
pub enum Judged {
    Admitted(Box<Admitted>),
    /// Refused; an act of consent that it carried still counts, above all a `no`.
    Refused { why: Refusal, whose: Blinded, act: Option<Act> },
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
