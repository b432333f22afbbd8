//! admit: the gate. `Raw` becomes `Admitted` or is refused, and every later use needs a `Grant`
//! from here.
//!
//! INVARIANT(gate): only this module makes an `Admitted` or a `Grant`; their fields are private.

#[cfg(test)]
mod algebra;
pub mod catalogue;
pub mod consent;
mod fields;
pub mod footing;
pub mod gate;
pub mod grant;
pub mod identifier;
pub mod judge;
pub mod law;
pub mod looks;
pub mod plan;
pub mod scrub;
pub mod seen;
pub mod source;
pub mod attempts;
mod typed;

pub use attempts::Attempts;
pub use catalogue::{Catalogue, CatalogueError, DeclaredProperty, PropertyType};
pub use consent::{Act, Acts, Standing, Statement};
pub use footing::Footing;
pub use gate::{Gate, KeyKind};
pub use grant::{Actor, Authority, Grant, Verb};
pub use identifier::{Blinder, Index, Sealable, Subject};
pub use judge::{Admitted, Blinded, Identified, Judged, Parts};
pub use law::Law;
pub use plan::{Action, AdmissionPlan, AgeBand, Basis, Terms, VerdictKey};
pub use seen::{Seen, SeenProperty};
pub use source::{Audience, Source, SourceKind};
