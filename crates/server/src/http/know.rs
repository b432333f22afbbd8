//! know: questions, what was saved of them, the catalogue of what arrived, and one person's
//! timeline; each use under a grant.

pub mod alerts;
pub mod catalogue;
pub mod cohorts;
pub mod dashboard;
pub mod file;
pub mod export;
pub mod person;
pub mod running;
pub mod query;
pub mod saved;
pub mod sql;
