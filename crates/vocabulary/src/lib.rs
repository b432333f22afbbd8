//! The words that every floor shares: ids, time, purposes, categories, consent, limits, outcomes,
//! facts.
//!
//! This crate touches nothing: no clock, no chance, no disk, no network. What an SDK shares with
//! the server lives here.

pub mod category;
pub mod chance;
pub mod consent;
pub mod fact;
pub mod id;
pub mod limits;
pub mod outcome;
pub mod purpose;
pub mod regime;
pub mod seal;
pub mod time;
pub mod value;

pub use category::{Categories, Category};
pub use chance::Chance;
pub use consent::{Answer, Manner, NoticeShown};
pub use fact::{Digest, Fact};
pub use id::{Code, Leaf, Person, Region, SourceId, VerdictId};
pub use limits::Limits;
pub use outcome::{Counts, Outcome, Refusal};
pub use purpose::{Purpose, Purposes};
pub use regime::{Regime, Regimes};
pub use seal::{Class, FileKey, PersonSealer, SealError, Sealer};
pub use time::{Span, Time};
pub use value::Value;
