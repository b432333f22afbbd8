//! admit: the purposes that data may be used for.

pub mod purposes;
