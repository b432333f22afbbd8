//! keep: what an admitted event becomes when it is written down, and the state that the journal's
//! order builds.

pub mod draft;
pub mod frame;
pub mod identity;
pub mod manifest;
pub mod mask;
pub mod names;
pub mod recovery;
pub mod row;
pub mod truth;

pub use draft::Draft;
pub use frame::{Kept, Record};
pub use identity::Identity;
pub use mask::{Cut, Mask};
pub use names::Names;
pub use recovery::Recovery;
pub use row::Row;
pub use truth::Truth;
