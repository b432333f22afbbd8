//! know: questions, the catalogue of what arrived, and one person's timeline; each under a grant.

pub mod catalogue;
pub mod export;
pub mod person;
pub mod query;
