//! admit: the gate. `Raw` becomes `Admitted` or is refused, and every later use needs a `Grant` from here.
//!
//! INVARIANT(gate): only this module makes an `Admitted` or a `Grant`; their fields are private.

pub mod catalogue;
pub mod consent;
pub mod grant;
pub mod identifier;
pub mod judge;
pub mod plan;
pub mod scrub;
pub mod source;

pub use catalogue::Catalogue;
pub use consent::{Act, Acts, Standing};
pub use grant::{Actor, Authority, Grant, Verb};
pub use identifier::{Blinder, Index, Sealable, Subject};
pub use judge::{Admitted, Blinded, Identified, Judged};
pub use plan::{Action, AdmissionPlan, AgeBand, Basis, VerdictKey};
pub use source::{Audience, Source, SourceKind};
